"""What is not there at all: sources without rows, columns that nobody ever filled in."""

from collections.abc import Iterator

from ...domain.diagnosis import ColumnFigures, EntityFigures, Gap, Severity
from .scene import Scene, gap
from .shape import CUSTOMER_ENTITIES

_ENOUGH_ROWS = 100


def lost(scene: Scene) -> Iterator[Gap]:
    """What no customer has, and what that costs."""
    if not scene.all.customers:
        entity = "persons" if scene.customers.unit == "person" else "accounts"
        yield gap("no_customers", "broken", entity, scene.all)
        return
    for figures in scene.entities.values():
        if not figures.rows and figures.entity not in CUSTOMER_ENTITIES:
            yield from _no_source(scene, figures)
        for column in figures.columns:
            if column.unknown == figures.rows and figures.rows:
                yield from _never_filled(scene, figures, column)


def _no_source(scene: Scene, figures: EntityFigures) -> Iterator[Gap]:
    """The company may not have such a thing: only an action or segment that needs it makes it a gap."""
    cost = scene.costs.of_loss(figures.entity)
    severity: Severity = "costly" if cost.actions or cost.segment else "note"
    if cost.actions or cost.segment or cost.weakened or cost.signals:
        yield gap("no_source", severity, figures.entity, scene.all, cost=cost)


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
