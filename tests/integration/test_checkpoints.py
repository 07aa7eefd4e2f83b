"""State is small: checkpoints hold ids and counts, the same few kilobytes whatever the company's size."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kizuna.service.threads import _config, open_threads
from kizuna.store.tables import ContactRow, DraftRow, RepRow, ReviewRow, UnitRow

from .world import CAMPAIGN, World, make_company

Company = Callable[..., World]
LARGEST = 8_000


def checkpoint_bytes(world: World) -> bytes:
    return b"".join(path.read_bytes() for path in world.workspace.private.glob("checkpoints.db*"))


def personal(world: World) -> Iterator[str]:
    """Everything about people that must not be there: names, addresses, the words of mails."""
    for contact in world.rows(ContactRow):
        yield contact.name
        yield from (contact.email,) if contact.email else ()
    yield from (unit.name for unit in world.rows(UnitRow))
    for rep in world.rows(RepRow):
        yield from (rep.name, rep.email)
    for row in world.rows(DraftRow):
        draft = world.draft(row.id)
        yield draft.subject
        yield from (line for line in draft.text.splitlines() if len(line) > 12)


def test_checkpoints_hold_no_name_address_or_mail_text(company: Company) -> None:
    world = company("written")
    row = world.open("batch")[0]
    world.decide(row.id, "sato", type="reject", reason="too long", wish="shorter")
    for other in world.open():
        world.decide(other.id, other.assignee or "sato")
    world.tick()
    held = checkpoint_bytes(world)
    assert CAMPAIGN.encode() in held and row.id.encode() in held
    texts = set(personal(world))
    assert len(texts) > 500
    found = sorted(text for text in texts if text.encode() in held)
    assert not found


def states(world: World) -> dict[str, int]:
    """Bytes of each thread's latest state, serialised as the checkpointer does it."""
    sizes = {}
    with open_threads(world.workspace) as threads:
        serde = threads.campaign.checkpointer.serde
        names = [f"campaign/{CAMPAIGN}", *(f"review/{row.id}" for row in world.rows(ReviewRow))]
        for name in names:
            graph = threads.campaign if name.startswith("campaign/") else threads.review
            for snapshot in graph.get_state_history(_config(name)):
                size = len(serde.dumps_typed(snapshot.values)[1])
                sizes[name] = max(size, sizes.get(name, 0))
    return sizes


@pytest.mark.slow
def test_state_stays_small_whatever_the_companys_size(company: Company, tmp_path: Path) -> None:
    small = company("queued")
    make_company(tmp_path / "large", units=1_200, seed=3)
    with World(tmp_path / "large") as large:
        large.start()
        large.tick()
        large.approve_all("plan")
        large.tick()
        large.approve_all("batch")
        large.tick()
        sizes, larger = states(small), states(large)
        assert len(large.rows(UnitRow)) > 5 * len(small.rows(UnitRow))
    assert sizes and max(sizes.values()) < LARGEST and max(larger.values()) < LARGEST
    thread = f"campaign/{CAMPAIGN}"
    assert larger[thread] - sizes[thread] < 200, "what grows is digits, not lists"


def test_state_holds_json_only(company: Company) -> None:
    """No pickles, no classes: what another version, or another language, could not read."""
    world = company("queued")
    with open_threads(world.workspace) as threads:
        values: Any = threads.campaign.get_state(_config(f"campaign/{CAMPAIGN}")).values
    assert_plain(values)
    assert set(values) <= {"campaign", "cycle", "revision", "snapshot", "review", "counts", "ask"}


def assert_plain(value: Any) -> None:
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for item in value.values():
            assert_plain(item)
    elif isinstance(value, list):
        for item in value:
            assert_plain(item)
    else:
        assert value is None or isinstance(value, (str, int, float, bool))


@pytest.mark.parametrize("stage", ["planned", "written"])
def test_campaign_waits_in_one_place(company: Company, stage: str) -> None:
    """One pending question per campaign thread, and no thread for a review that nobody decided."""
    world = company(stage)
    with open_threads(world.workspace) as threads:
        assert len(threads.campaign.get_state(_config(f"campaign/{CAMPAIGN}")).interrupts) == 1
        for row in world.open("batch") + world.open("each"):
            assert threads.review.get_state(_config(f"review/{row.id}")).created_at is None
