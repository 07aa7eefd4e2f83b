"""Wordings tried against one another: drawn by known probabilities, approved like any other words, learned from."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kizuna.agents.composing import open_desk
from kizuna.agents.scoring import load_snapshot
from kizuna.agents.variants import COMES_BACK_WITHIN, counted, draw_variants
from kizuna.service.receipts import build_receipt
from kizuna.service.reporting import build_report
from kizuna.store.tables import CycleRow, DecisionRow, DeliveryRow, DraftRow, OutcomeRow, ReviewRow, VariantRow

from .world import CAMPAIGN, Stages, World, own_action, write_brief

ACTION = "usage_digest"
NAMES = ["standard", "short"]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drafts are written; one action tries two wordings."""
    folder = tmp_path_factory.mktemp("tried") / "company"
    with stages.copy("founded", folder) as made:
        own_action(made.folder / "own", ACTION, {"variants": NAMES})
        write_brief(made.folder, {"playbook_folder": "own"})
        made.reopen()
        made.start()
        made.tick()
        made.approve_all("plan")
        made.tick()
    return folder


@pytest.fixture
def world(written: Path, tmp_path: Path) -> Iterator[World]:
    with World(Path(shutil.copytree(written, tmp_path / "company"))) as made:
        yield made


def drawn(world: World) -> dict[str, str]:
    return {row.id: row.variant for row in world.rows(DecisionRow, action=ACTION)}


def test_each_unit_draws_a_wording_evenly_at_first_and_it_is_on_record(world: World) -> None:
    rows = world.rows(DecisionRow, action=ACTION)
    assert {row.variant for row in rows} == set(NAMES)
    assert {row.variant_probability for row in rows} == {0.5}
    assert {row.variant for row in world.rows(DecisionRow) if row.action != ACTION} == {None}
    bodies = {row.decision_id: row.body for row in world.rows(DraftRow) if row.body["action"] == ACTION}
    assert {ident: body["variant"] for ident, body in bodies.items()} == drawn(world)
    by_language = Counter(body["language"] for body in bodies.values())
    kept = world.rows(VariantRow)
    assert {(row.language, row.variant, row.share) for row in kept} == {
        (language, name, 0.5) for language in by_language for name in NAMES
    }
    told = build_receipt(world.workspace, rows[0].unit_id)["decisions"][0]
    assert (told["variant"], told["variant_probability"]) == (rows[0].variant, 0.5)


def test_wordings_are_approved_in_the_same_review_which_shows_each(world: World) -> None:
    reviews = [row for row in world.rows(ReviewRow, kind="batch") if row.subject == ACTION]
    assert len(reviews) == 1
    summary = reviews[0].summary
    assert summary["variants"] == dict(Counter(drawn(world).values()))
    bodies = {row.id: row.body for row in world.rows(DraftRow, review_id=reviews[0].id)}
    shown = {(bodies[ident]["variant"], bodies[ident]["language"]) for ident in summary["samples"]["random"]}
    assert shown == {(body["variant"], body["language"]) for body in bodies.values()}
    others = [row.summary["variants"] for row in world.rows(ReviewRow, kind="batch") if row.subject != ACTION]
    assert others and all(found == {} for found in others)


def test_a_reviewer_who_wants_other_words_ends_the_trial_of_these(world: World) -> None:
    review = next(row for row in world.open("batch") if row.subject == ACTION)
    world.decide(review.id, "sato", type="reject", reason="too long", wish="shorter")
    world.tick()
    assert set(drawn(world).values()) == {None}
    again = next(row for row in world.open("batch") if row.subject == ACTION)
    assert again.summary["variants"] == {"short": len(drawn(world))}


def test_what_came_back_shifts_the_next_draw_within_its_language_alone(world: World) -> None:
    world.approve_all()
    world.tick()
    world.live(days=1)
    world.tick()
    sent = [row for row in world.rows(DeliveryRow, action=ACTION) if row.state == "sent"]
    wording = drawn(world)
    language = {row.decision_id: row.body["language"] for row in world.rows(DraftRow)}
    liked = [row for row in sent if wording[row.decision_id] == "short" and language[row.decision_id] == "ja"]
    assert len(liked) >= 2
    world.write(lambda session: session.add_all([_click(row, hours=5) for row in liked]))
    late = next(row for row in sent if row not in liked)
    world.write(lambda session: session.add(_click(late, hours=24 * 15)))
    action = world.workspace.actions[ACTION]

    def count() -> dict[str, tuple[int, int]]:
        with world.workspace.store.read() as session:
            found = counted(session, world.workspace, action, "ja", NAMES, world.clock.now())
        return {name: (standing.reached, standing.succeeded) for name, standing in found.items()}

    assert count() == {"standard": (0, 0), "short": (0, 0)}, "their time to react is not over"
    world.live(days=COMES_BACK_WITHIN.days)
    others = sum(wording[row.decision_id] == "standard" and language[row.decision_id] == "ja" for row in sent)
    assert count() == {"standard": (others, 0), "short": (len(liked), len(liked))}
    share = _next_draw(world)
    assert share["ja", "short"] > 0.8 and share["ja", "short"] + share["ja", "standard"] == pytest.approx(1.0)
    assert share["en", "short"] == pytest.approx(0.5, abs=0.2)
    report = {(row.language, row.variant): row for row in build_report(world.workspace).variants}
    assert report["ja", "short"].succeeded == len(liked)
    assert report["ja", "short"].rate.low > 0.1


def _click(row: DeliveryRow, hours: float) -> OutcomeRow:
    at = row.reached_at + timedelta(hours=hours) if row.reached_at else None
    return OutcomeRow(
        id=f"click-{row.key}",
        contact_id=row.contact_id,
        unit_id=row.unit_id,
        kind="mail_clicked",
        value=row.message_id,
        happened_at=at,
    )


def _next_draw(world: World) -> dict[tuple[str, str], float]:
    """The shares of the next cycle, drawn as its drafts would be."""
    rows = world.rows(DecisionRow, action=ACTION)
    now = world.clock.now()
    cycle = CycleRow(campaign=CAMPAIGN, number=2, starts_at=now, ends_at=now + timedelta(days=30))
    first: CycleRow = world.one(CycleRow, (CAMPAIGN, 1))
    desk = open_desk(world.workspace, cycle, load_snapshot(world.workspace, first.snapshot or ""), rows)
    action = world.workspace.actions[ACTION]
    with world.workspace.store.write() as session:
        draws = [draw_variants(session, desk, action, rows, by_model=False) for _ in range(2)]
    assert draws[0] == draws[1]
    return {(row.language, row.variant): row.share for row in world.rows(VariantRow, cycle=2)}
