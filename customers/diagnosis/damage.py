"""What is there and wrong: rows set aside, rows that stopped coming, rows told twice, links that lead nowhere."""

from collections.abc import Iterator

from ...domain.diagnosis import EntityFigures, Gap, GapKind, Link, Refused, Severity
from ...domain.refusals import about_of
from ..contract.limit import STRANGERS
from ..contract.model import Source
from .links import is_to_customer
from .refusals import customers_of, is_about_customers
from .scene import Scene, gap
from .shape import own_columns, rows_with_account
from .worth import Stake

#: Shares below these are everyday noise.
_REPEATS_NOTICED = 0.005
_LINKS_NOTICED = 0.01
_FEW = 5
_MOST = 0.5


def damaged(scene: Scene) -> Iterator[Gap]:
    """What makes figures wrong without anybody noticing."""
    for figures in scene.entities.values():
        yield from _refused(scene, figures)
        yield from _future(scene, figures)
        yield from _repeats(scene, figures)
    yield from _silent(scene)
    for link in scene.links:
        yield from _dangling(scene, link)


def _refused(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    """One gap for each kind of rule, and of what is pointed to; all that were set aside decide whether a run stops."""
    groups: dict[tuple[GapKind, str], list[Refused]] = {}
    source = scene.sources[figures.entity]
    for refused in figures.rules:
        groups.setdefault(_kind_of(source, refused), []).append(refused)
    stopping = {key: _stopping(scene, figures, group) for key, group in groups.items()}
    most = scene.allowed * figures.total
    alone = {key for key, rows in stopping.items() if rows > most}
    for key, group in groups.items():
        stops = sum(stopping.values()) > most and stopping[key] > 0 and (key in alone or not alone)
        severity: Severity = "broken" if stops else "costly"
        yield _of_refused(scene, figures, *key, group, severity)


def _stopping(scene: Scene, figures: EntityFigures, group: list[Refused]) -> int:
    """How many of the rows count toward the limit. Those that only came before what they name do once they have waited
    too long, or where not one row names anything known."""
    waiting = sum(refused.rows for refused in group if refused.kind == "no_such")
    rows = sum(refused.rows for refused in group) - waiting
    source = scene.sources[figures.entity]
    parents = {column.references.partition(".")[0] for column in source.columns if column.references}
    is_alien = not figures.rows and waiting >= STRANGERS and all(scene.entities[parent].rows for parent in parents)
    return rows + (waiting if is_alien else min(waiting, scene.overdue.get(figures.entity, 0)))


def _kind_of(source: Source, refused: Refused) -> tuple[GapKind, str]:
    if is_about_customers(source, refused):
        return "no_customer", ""
    if refused.kind == "no_such":
        return "no_such", about_of(refused.rule).partition(".")[0]
    return ("repeated_key" if refused.kind == "repeated" else "refused"), ""


def _of_refused(
    scene: Scene, figures: EntityFigures, kind: GapKind, to: str, group: list[Refused], severity: Severity
) -> Gap:
    """Where a row does not tell whose it is, its customers are told in proportion."""
    rows = sum(refused.rows for refused in group)
    whose = customers_of(scene.sources[figures.entity], tuple(group))
    about = scene.stake_in(figures.entity).times(rows / figures.total) if whose is None else scene.stake_where(whose)
    details: dict[str, str | int | float] = {
        "strangers": figures.strangers,
        "tied": figures.strangers_tied,
        "to": to,
        "allowed": scene.allowed,
        "entity_rows": figures.refused,
        "waiting": sum(refused.rows for refused in group if refused.kind == "no_such"),
        "overdue": scene.overdue.get(figures.entity, 0),
    }
    return gap(
        kind,
        severity,
        figures.entity,
        about,
        column=group[0].column,
        rows=rows,
        of=figures.total,
        is_estimate=whose is None,
        cost=scene.costs.of_damage(figures.entity),
        details=details,
        examples=tuple(example for refused in group for example in refused.examples)[:_FEW],
    )


def _future(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    if figures.future:
        about = scene.stake_in(figures.entity).times(figures.future / figures.rows)
        cost = scene.costs.of_damage(figures.entity)
        yield gap(
            "future", "costly", figures.entity, about, rows=figures.future, of=figures.rows, is_estimate=True, cost=cost
        )


def _repeats(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    if figures.repeats < max(_FEW, _REPEATS_NOTICED * figures.rows):
        return
    source = scene.sources[figures.entity]
    content = ", ".join(column.name for column in own_columns(source))
    rows = rows_with_account(source)
    twice = f"SELECT account_id FROM {rows} GROUP BY account_id, {content} HAVING count(*) > 1"  # noqa: S608
    yield gap(
        "repeats",
        "costly",
        figures.entity,
        scene.stake_where(f"SELECT account_id FROM ({twice})"),  # noqa: S608
        rows=figures.repeats,
        of=figures.rows,
        cost=scene.costs.of_damage(figures.entity),
    )


def _silent(scene: Scene) -> Iterator[Gap]:
    """Entities that fell silent, and those with days missing; where most are silent, the export itself is old."""
    judged = [f for f in scene.entities.values() if f.freshness is not None and f.freshness.usual_gap_days is not None]
    stale = [figures for figures in judged if figures.freshness and figures.freshness.is_stale]
    if len(stale) > max(1, _MOST * len(judged)):
        last = max(figures.freshness.last for figures in stale if figures.freshness)
        days = (scene.as_of - last).days
        yield gap("stale", "costly", "", scene.all, details={"days": days, "last": last.isoformat(), "usual": 0})
        stale = []
    for figures in stale:
        fresh = figures.freshness
        assert fresh is not None
        details: dict[str, str | int | float] = {
            "days": fresh.days_since, "last": fresh.last.isoformat(), "usual": fresh.usual_gap_days or 0
        }  # fmt: skip
        cost = scene.costs.of_damage(figures.entity)
        yield gap("stale", "costly", figures.entity, scene.stake_in(figures.entity), details=details, cost=cost)
    for figures in judged:
        if figures.freshness and figures.freshness.hole:
            yield _hole(scene, figures, *figures.freshness.hole)


def _hole(scene: Scene, figures: EntityFigures, before: object, after: object) -> Gap:
    days = (after - before).days - 1  # type: ignore[operator]
    details: dict[str, str | int | float] = {"days": days, "before": str(before), "after": str(after)}
    cost = scene.costs.of_damage(figures.entity)
    return gap("hole", "costly", figures.entity, scene.stake_in(figures.entity), details=details, cost=cost)


def _dangling(scene: Scene, link: Link) -> Iterator[Gap]:
    """Those that the contract demands are told as rows set aside."""
    source = scene.sources[link.entity]
    is_demanded = any(column.header == link.column and column.references for column in source.columns)
    if is_demanded or is_to_customer(source, link) or link.share < _LINKS_NOTICED or link.broken < _FEW:
        return
    name = next(column.name for column in source.columns if column.header == link.column)
    whose, about = rows_with_account(source), Stake()
    if whose:
        known = f"SELECT {link.key} FROM {link.to} WHERE {link.key} IS NOT NULL"  # noqa: S608 - names of the contract
        about = scene.stake_where(f"SELECT account_id FROM {whose} WHERE {name} NOT IN ({known})")  # noqa: S608
    yield gap(
        "dangling",
        "costly",
        link.entity,
        about,
        column=link.column,
        rows=link.broken,
        of=link.rows,
        cost=scene.costs.of_damage(link.entity, name),
        details={"to": link.to, "examples": ", ".join(link.examples)},
    )
