"""Gaps of the customers themselves: nobody to write to, no address, the same person twice, baskets unknown."""

from collections.abc import Iterator

from ...domain.diagnosis import Gap
from ...domain.playbook import Channel
from .costs import ADDRESSES
from .scene import Scene, gap

#: A share of customers below this is everyday noise.
_NOTICED = 0.02
_SAME_NOTICED = 0.005
_FEW = 5
#: More records than this with one mail address are a shared mailbox, not one person.
_SHARED_MAILBOX = 20
_ADDRESSED = (Channel.EMAIL, Channel.LETTER)


def about_people(scene: Scene) -> Iterator[Gap]:
    """What is missing of customers who are there."""
    if not scene.all.customers:
        return
    yield from _nobody_to_write_to(scene)
    for channel in _ADDRESSED:
        if channel in scene.costs.wishes.channels:
            yield from _unreachable(scene, channel)
    if not scene.identity_found:
        yield from _same_person(scene)
    yield from _no_lines(scene)


def _entity(scene: Scene) -> str:
    return "persons" if scene.customers.unit == "person" else "contacts"


def _nobody_to_write_to(scene: Scene) -> Iterator[Gap]:
    """Accounts of which no contact is known."""
    if scene.customers.unit == "person":
        return
    stake = scene.stake_where("SELECT account_id FROM accounts EXCEPT SELECT account_id FROM contacts")
    if stake.customers > _NOTICED * scene.all.customers:
        cost = scene.costs.of_damage("contacts")
        count = stake.customers
        yield gap("nobody_to_write_to", "costly", "contacts", stake, rows=count, of=scene.all.customers, cost=cost)


def _unreachable(scene: Scene, channel: Channel) -> Iterator[Gap]:
    column = ADDRESSES[channel][1]
    whose = f"SELECT account_id FROM contacts WHERE nullif(trim({column}), '') IS NOT NULL"  # noqa: S608
    stake = scene.stake_where(f"SELECT account_id FROM contacts EXCEPT {whose}")  # noqa: S608
    if stake.customers <= _NOTICED * scene.all.customers:
        return
    is_nobody = stake.customers == scene.all.customers
    loss = scene.costs.of_loss if is_nobody else scene.costs.of_damage
    yield gap(
        "unreachable",
        "costly",
        _entity(scene),
        stake,
        column=column,
        rows=stake.customers,
        of=scene.all.customers,
        cost=loss("contacts", column),
    )


def _same_person(scene: Scene) -> Iterator[Gap]:
    """Customers under several ids with one mail address: their history is torn apart, and they are written to twice."""
    shared = f"""SELECT lower(trim(email)) AS address FROM contacts WHERE nullif(trim(email), '') IS NOT NULL
        GROUP BY address HAVING count(DISTINCT account_id) BETWEEN 2 AND {_SHARED_MAILBOX}"""  # noqa: S608
    chosen = f"SELECT account_id FROM contacts WHERE lower(trim(email)) IN ({shared})"  # noqa: S608
    stake = scene.stake_where(chosen)
    if stake.customers < max(_FEW, _SAME_NOTICED * scene.all.customers):
        return
    people = scene.count(f"SELECT count(*) FROM ({shared})")  # noqa: S608
    yield gap(
        "same_person",
        "costly",
        _entity(scene),
        stake,
        column="email",
        rows=stake.customers - people,
        of=scene.all.customers,
        details={"people": people},
    )


def _no_lines(scene: Scene) -> Iterator[Gap]:
    """Orders whose basket is unknown, in a company that has baskets."""
    if not scene.customers.row_counts.get("order_lines"):
        return
    bought = "kind NOT IN ('refund', 'subscription')"
    empty = f"{bought} AND order_id NOT IN (SELECT order_id FROM order_lines)"  # noqa: S608
    rows = scene.count(f"SELECT count(*) FROM orders WHERE {empty}")  # noqa: S608
    of = scene.count(f"SELECT count(*) FROM orders WHERE {bought}")  # noqa: S608
    if rows > max(_FEW, _NOTICED * of):
        stake = scene.stake_where(f"SELECT account_id FROM orders WHERE {empty}")  # noqa: S608
        cost = scene.costs.of_damage("order_lines")
        yield gap("no_lines", "costly", "orders", stake, rows=rows, of=of, cost=cost)
