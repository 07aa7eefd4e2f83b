"""What is not there at all: sources without rows, columns that nobody ever filled in."""

from collections.abc import Iterator

from ...domain.diagnosis import ColumnFigures, Cost, EntityFigures, Gap, Severity
from ..visitors import IDENTIFIERS
from .scene import Scene, gap
from .shape import CUSTOMER_ENTITIES

_ENOUGH_ROWS = 100
_MOST = 0.5


def lost(scene: Scene) -> Iterator[Gap]:
    """What no customer has, and what that costs."""
    if not scene.all.customers:
        entity = "persons" if scene.customers.unit == "person" else "accounts"
        yield gap("no_customers", "broken", entity, scene.all)
        return
    for figures in scene.entities.values():
        if not figures.rows and figures.entity not in CUSTOMER_ENTITIES:
            yield from _no_source(scene, figures)
        yield from _anonymous(scene, figures)
        for column in figures.columns:
            if column.unknown == figures.rows and figures.rows and not _has_a_stand_in(scene, figures, column):
                yield from _never_filled(scene, figures, column)


def _no_source(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    """The company may not have such a thing: only an action or segment that needs it makes it a gap."""
    cost = scene.costs.of_loss(figures.entity)
    severity: Severity = "costly" if cost.actions or cost.segment else "note"
    if cost.actions or cost.segment or cost.weakened or cost.signals:
        yield gap("no_source", severity, figures.entity, scene.all, cost=cost)


def _anonymous(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    """Most visits of a site are anonymous, which is no fault; without any identifiers they all stay so.

    Where no visit at all is a customer's, an action that needs visits reaches nobody.
    """
    identifiers = scene.entities.get(IDENTIFIERS)
    if figures.anonymous <= _MOST * figures.total or (identifiers is not None and identifiers.rows):
        return
    cost = scene.costs.of_loss(figures.entity) if figures.anonymous == figures.rows else Cost()
    severity: Severity = "costly" if cost.actions or cost.segment else "note"
    rows, of = figures.anonymous, figures.total
    yield gap("anonymous", severity, figures.entity, scene.all, rows=rows, of=of, is_estimate=True, cost=cost)


def _has_a_stand_in(scene: Scene, figures: EntityFigures, column: ColumnFigures) -> bool:
    """Whether rows may name somebody in another column instead."""
    source = scene.sources[figures.entity]
    return any(each.header == column.name and each.name in source.one_of for each in source.columns)


def _never_filled(scene: Scene, figures: EntityFigures, column: ColumnFigures) -> Iterator[Gap]:
    source = scene.sources[figures.entity]
    name = next(each.name for each in source.columns if each.header == column.name)
    cost = scene.costs.of_loss(figures.entity, name)
    is_felt = cost.actions or cost.segment or (not column.is_optional and _is_looked_at(scene, figures.entity, name))
    if is_felt and (cost.actions or cost.segment or figures.rows >= _ENOUGH_ROWS):
        cost = cost if cost.actions or cost.weakened else scene.costs.of_damage(figures.entity, name)
        stake = scene.stake_in(figures.entity)
        yield gap(
            "never_filled",
            "costly",
            figures.entity,
            stake,
            column=column.name,
            rows=figures.rows,
            of=figures.rows,
            cost=cost,
        )


def _is_looked_at(scene: Scene, entity: str, column: str) -> bool:
    return bool(scene.costs.of_damage(entity, column).features)
