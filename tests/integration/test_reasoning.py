"""A campaign with a language model: it goes on whatever the model does, keeps to its limits, and says who reasoned."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from kizuna.cli.app import kizuna
from kizuna.store import campaigns
from kizuna.store.tables import CommentRow, CycleRow, DraftRow, ModelCallRow, PlanRow, ReviewRow
from kizuna.tools.language_model import forget_habits

from .misbehaving_server import Handler, completion, misbehaving, status
from .world import CAMPAIGN, Stages, World, write_brief

pytestmark = pytest.mark.slow

EN = "Hello {{ contact_name }},\n\nwe would like to hear from you.\n\n{links}\n\nThe team"
JA = "{{ contact_name }} 様\n\nお声をお聞かせください。\n\n{links}\n\nどうぞよろしくお願いいたします。"
DRAFT = {
    "en": "Dear {{ contact_name }},\n\nYou used {{ reports_used }} reports.\n\n{{ meeting_times }}\n\nBest",
    "ja": "{{ contact_name }} 様\n\n{{ reports_used }}件お使いです。\n\n{{ meeting_times }}\n\nどうぞ。",
}


@pytest.fixture
def found(stages: Stages, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """A company of one's own with this reasoner in its brief; with `stage="planned"` the marketer changes it later."""
    opened: list[World] = []

    def at(reasoner: dict[str, Any] | str, stage: str = "founded") -> World:
        opened.append(stages.copy(stage, tmp_path / f"company{len(opened)}"))
        if stage == "founded":
            write_brief(opened[-1].folder, {"reasoner": reasoner})
            opened[-1].reopen()
        else:
            opened[-1].change_brief({"reasoner": reasoner})
        return opened[-1]

    forget_habits()
    yield at
    for world in opened:
        world.close()


def to_content(world: World) -> World:
    if not world.open("plan"):
        world.start()
        world.tick()
    world.approve_all("plan")
    world.tick()
    return world


def script(world_folder: Path, *answers: dict[str, Any]) -> None:
    text = yaml.safe_dump({"answers": list(answers)}, allow_unicode=True)
    (world_folder / "answers.yaml").write_text(text, encoding="utf-8")


SCRIPTED = {"model": "any", "base_url": "script:answers.yaml"}


def chat(answer: Callable[[dict[str, Any]], Any]) -> Callable[[Handler], None]:
    """A server that answers each request by a function of it."""

    def behave(handler: Handler) -> None:
        said = answer(handler.server.requests[-1])
        handler.reply(200, completion(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)))

    return behave


def helpful(request: dict[str, Any]) -> Any:
    """A model that does its work well."""
    system, user = (message["content"] for message in request["messages"][:2])
    if "You are the analyst" in system:
        return {"observations": [{"cites": ["f1"], "en": "The segment holds value.", "ja": "価値があります。"}]}
    if "You are the strategist" in system:
        words = {"rationale_en": "The plan holds.", "rationale_ja": "妥当です。"}
        return {"leave_out": [], "levers": [], "explore": [], **words}
    language = "ja" if "in Japanese" in system else "en"
    if "You draft" in system:
        return {"subject": "Your reports" if language == "en" else "ご相談", "body": DRAFT[language]}
    data = json.loads(user.split("<data>")[1].split("</data>")[0])
    links = "\n".join(f"{{{{ link:{name} }}}}" for name in data["slots_for_links"])
    body = (JA if language == "ja" else EN).replace("{links}", links)
    return {"subject": "ご案内" if language == "ja" else "A word with you", "body": body}


def plain_drafts(world: World) -> dict[str, tuple[Any, ...]]:
    """What may not depend on who reasons: who gets what, from whom, with which offer and links."""
    return {
        row.id: (row.body["recipient"], row.body["sender"], row.body["offer"], sorted(row.body["links"]))
        for row in world.rows(DraftRow)
    }


def test_a_helpful_model_writes_and_the_rules_decide_who_gets_what(found: Callable[..., World]) -> None:
    by_rules = found("rules", "written")
    with misbehaving(chat(helpful)) as server:
        world = to_content(found({"model": "m", "base_url": server.url}))
    assert {row.body["variant"] for row in world.rows(DraftRow)} == {"model"}
    assert plain_drafts(world) == plain_drafts(by_rules)
    cycle: CycleRow = world.rows(CycleRow)[0]
    assert cycle.reasoning["analysis"]["observations"][0]["text"]["en"] == "The segment holds value."
    assert (cycle.reasoning["strategy"]["plan"], cycle.reasoning["strategy"]["compared"]) == ("model", "not_worse")
    assert world.rows(PlanRow)[0].summary["reasoner"]["rationale"]["ja"] == "妥当です。"
    assert all(row.summary["by_model"] == row.summary["drafts"] for row in world.rows(ReviewRow) if row.kind != "plan")
    calls = world.rows(ModelCallRow)
    assert {call.state for call in calls} == {"answered"} and {call.agent for call in calls} == {
        "analysis",
        "strategy",
        "content",
    }


def test_nobodys_name_address_or_mail_reaches_the_server(found: Callable[..., World]) -> None:
    with misbehaving(chat(helpful)) as server:
        world = to_content(found({"model": "m", "base_url": server.url}))
    sent = json.dumps(server.requests, ensure_ascii=False)
    recipients = [row.body["recipient"] for row in world.rows(DraftRow)]
    assert recipients
    for recipient in recipients:
        assert recipient["name"] not in sent and recipient["email"] not in sent
    assert not [row.unit_id for row in world.rows(DraftRow) if f'"{row.unit_id}"' in sent]


def test_every_draft_says_what_a_model_wrote_and_the_digest_covers_it(found: Callable[..., World]) -> None:
    with misbehaving(chat(helpful)) as server:
        world = to_content(found({"model": "m", "base_url": server.url, "agents": ["content"]}, "planned"))
    row: DraftRow = world.rows(DraftRow)[0]
    draft = world.draft(row.id)
    assert draft.variant == "model" and draft.digest == row.digest
    assert draft.model_copy(update={"text": draft.text + " "}).digest != row.digest
    reasoning = world.rows(CycleRow)[0].reasoning
    assert reasoning["analysis"] == {"by": "rules", "observations": []} and reasoning["strategy"]["by"] == "rules"
    assert reasoning["content"]["drafts"]


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (status(401, "bad key"), "key_refused"),
        (status(400, "no such thing"), "question_refused"),
        (chat(lambda request: "I would rather talk about tea."), "not_an_answer"),
        (lambda handler: handler.reply(200, completion(None, refusal="no")), "declined"),
    ],
)
def test_a_campaign_goes_on_by_rules_whatever_the_model_does(
    found: Callable[..., World], behaviour: Callable[[Handler], None], why: str
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    by_rules = found("rules", "written")
    with misbehaving(behaviour) as server:
        world = found({"model": "m", "base_url": server.url})
        world.workspace.progress = lambda key, values: told.append((key, values))
        to_content(world)
    assert plain_drafts(world) == plain_drafts(by_rules)
    assert {row.body["variant"] for row in world.rows(DraftRow)} == {"standard"}
    reasoning = world.rows(CycleRow)[0].reasoning
    assert (reasoning["analysis"]["by"], reasoning["analysis"]["why"]) == ("rules", why)
    assert world.rows(PlanRow)[0].summary["reasoner"]["why"] == why
    assert ("rules_stood_in", {"agent": "analysis", "model": "m", "model_failure": why}) in told


@pytest.mark.slow
def test_a_model_that_fails_three_times_is_left_alone_for_the_cycle(found: Callable[..., World]) -> None:
    with misbehaving(status(401)) as server:
        world = to_content(found({"model": "m", "base_url": server.url}))
    assert len(server.requests) == 3
    assert "resting" in world.rows(CycleRow)[0].reasoning["content"]["why"]


@pytest.mark.slow
def test_the_limit_of_tokens_holds_over_restarts(found: Callable[..., World]) -> None:
    with misbehaving(chat(helpful)) as server:
        limits = {"tokens_per_cycle": 9_000}
        world = found({"model": "m", "base_url": server.url, "limits": limits})
        world.start()
        world.tick()
        used = sum(call.prompt_tokens + call.completion_tokens for call in world.rows(ModelCallRow))
        world.write(
            lambda session: session.add(
                ModelCallRow(
                    campaign=CAMPAIGN,
                    cycle=1,
                    agent="content",
                    purpose="wording",
                    model="m",
                    state="begun",  # a process that died in the middle of a call
                    attempts=0,
                    prompt_tokens=8_990 - used,
                    completion_tokens=0,
                    cost_jpy=0.0,
                    called_at=world.clock.now(),
                )
            )
        )
        before = len(server.requests)
        world.reopen()
        world.approve_all("plan")
        world.tick()
        assert len(server.requests) == before
    assert set(world.rows(CycleRow)[0].reasoning["content"]["why"]) == {"limit_reached"}
    assert {row.body["variant"] for row in world.rows(DraftRow)} == {"standard"}


@pytest.mark.slow
def test_the_limit_of_money_is_counted_with_the_briefs_prices(found: Callable[..., World]) -> None:
    prices = {"input_per_million": "1000000 JPY", "output_per_million": "1000000 JPY"}  # a yen a token
    limits = {"cost_per_cycle": "4000 JPY"}
    with misbehaving(chat(helpful)) as server:
        world = to_content(found({"model": "m", "base_url": server.url, "prices": prices, "limits": limits}))
    calls = world.rows(ModelCallRow)
    assert calls and sum(call.cost_jpy for call in calls) <= 4_000
    assert calls[0].cost_jpy == calls[0].prompt_tokens + calls[0].completion_tokens == 18
    assert len(server.requests) == len(calls)


def test_words_for_many_are_asked_for_once_and_kept_when_a_node_runs_again(found: Callable[..., World]) -> None:
    from kizuna.agents import content
    from kizuna.agents.workspace import Context

    class Run:
        def __init__(self, world: World) -> None:
            self.context = Context(str(world.folder / "brief.yaml"), world.workspace)

    with misbehaving(chat(helpful)) as server:
        world = to_content(found({"model": "m", "base_url": server.url, "agents": ["content"]}, "planned"))
        wordings = [
            request for request in server.requests if "You write one message" in request["messages"][0]["content"]
        ]
        variants = {
            (d.body["action"], d.step, d.body["language"]) for d in world.rows(DraftRow) if d.body["channel"] == "email"
        }
        assert len(wordings) == len(variants)
        cycle = world.rows(CycleRow)[0]
        state: Any = {"campaign": CAMPAIGN, "cycle": 1, "snapshot": cycle.snapshot, "counts": {}}
        before = {row.id: row.digest for row in world.rows(DraftRow)}
        asked = len(server.requests)
        content.write(state, Run(world))  # type: ignore[arg-type]
    assert wordings_in(server.requests[asked:]) == 0
    assert {row.id: row.digest for row in world.rows(DraftRow)} == before


def wordings_in(requests: list[dict[str, Any]]) -> int:
    return sum("You write one message" in request["messages"][0]["content"] for request in requests)


def test_free_text_stays_here_unless_the_brief_allows_it(found: Callable[..., World]) -> None:
    for allowed in (False, True):
        with misbehaving(chat(helpful)) as server:
            world = found({"model": "m", "base_url": server.url, "sees_free_text": allowed}, "planned")
            unit, contact, name = _upsold(world)
            text = f"{name}です。canary-4711 と書きました。"
            row = CommentRow(
                id="c1", contact_id=contact, unit_id=unit, source="page", text=text, written_at=world.clock.now()
            )
            world.write(lambda session, row=row: session.add(row))
            world.approve_all("plan")
            world.tick()
        sent = json.dumps(server.requests, ensure_ascii=False)
        assert ("canary-4711" in sent) is allowed
        assert name not in sent


def _upsold(world: World) -> tuple[str, str, str]:
    from kizuna.store.tables import ContactRow, DecisionRow

    decision = next(row for row in world.rows(DecisionRow) if row.action == "upsell_draft")
    contact = world.one(ContactRow, decision.contact_id)
    return decision.unit_id, contact.contact_id, contact.name


def test_a_worse_plan_is_not_taken_and_the_summary_says_so(found: Callable[..., World]) -> None:
    by_rules = found("rules", "planned").rows(PlanRow)[0].summary
    short = [line for line in by_rules["actions"] if line["term"] == "short"]
    best = max(short, key=lambda line: line["expected_value_jpy"]["mean"])["action"]
    world = found(SCRIPTED)
    words = {"rationale_en": "Less is more.", "rationale_ja": "少数精鋭です。", "levers": [], "explore": []}
    script(world.folder, {"for": "strategy/proposal", "answer": {"leave_out": [best], **words}})
    world.start()
    world.tick()
    summary = world.rows(PlanRow)[0].summary
    reasoner = summary["reasoner"]
    assert (reasoner["plan"], reasoner["compared"]) == ("rules", "worse")
    assert reasoner["proposed_jpy"] < reasoner["rules_jpy"] == summary["expected_value_jpy"]["mean"]
    assert {k: v for k, v in summary.items() if k != "reasoner"} == {
        k: v for k, v in by_rules.items() if k != "reasoner"
    }


def test_a_plan_that_is_not_worse_is_taken_and_its_reasons_are_on_the_receipts(found: Callable[..., World]) -> None:
    """Leaving out what the engine hardly uses costs nothing; whom it would have reached reads why not."""
    from kizuna.agents import proposing

    world = found(SCRIPTED)
    words = {"rationale_en": "", "rationale_ja": "", "levers": [], "explore": []}
    script(world.folder, {"for": "strategy/proposal", "answer": {"leave_out": ["upsell_draft"], **words}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proposing, "ROUNDING_JPY", 1e9)  # as if the forecast were the same
        world.start()
        world.tick()
    summary = world.rows(PlanRow)[0].summary
    assert (summary["reasoner"]["plan"], summary["reasoner"]["leave_out"]) == ("model", ["upsell_draft"])
    line = next(line for line in summary["actions"] if line["action"] == "upsell_draft")
    assert line["units"] == 0 and "left_out_by_proposal" in line["why_not"]


def test_what_a_reviewer_left_out_no_proposal_brings_back(found: Callable[..., World]) -> None:
    world = found(SCRIPTED)
    words = {"rationale_en": "x", "rationale_ja": "はい", "levers": [], "explore": ["usage_digest"]}
    script(world.folder, {"for": "strategy/proposal", "answer": {"leave_out": [], **words}})
    world.start()
    world.tick()
    review = world.open("plan")[0]
    answer = {"type": "reject", "reason": "no", "wish": "without", "without": ["usage_digest"]}
    world.decide(review.id, "sato", **answer)
    world.tick()
    summary = max(world.rows(PlanRow), key=lambda row: row.revision).summary
    assert next(line for line in summary["actions"] if line["action"] == "usage_digest")["units"] == 0


def test_a_script_that_is_missing_stops_no_campaign(found: Callable[..., World]) -> None:
    world = to_content(found(SCRIPTED))
    assert world.rows(CycleRow)[0].reasoning["analysis"]["why"] == "question_refused"
    assert world.rows(DraftRow)


def test_the_command_says_what_works_and_what_it_cost(found: Callable[..., World]) -> None:
    with misbehaving(chat(lambda request: {"word": "ready", "number": 7})) as server:
        world = found({"model": "m", "base_url": server.url})
        brief = str(world.folder / "brief.yaml")
        shown = CliRunner().invoke(kizuna, ["model", "check", "--brief", brief])
        as_json = CliRunner().invoke(kizuna, ["model", "check", "--brief", brief, "--json"])
    assert shown.exit_code == 0 and "It works" in shown.output and "json_schema" in shown.output
    assert json.loads(as_json.output)["ok"] is True and json.loads(as_json.output)["cycle"]["calls"] == 2


def test_the_command_says_why_it_does_not_work_in_both_languages(found: Callable[..., World]) -> None:
    world = found({"model": "m", "base_url": "http://127.0.0.1:1/v1", "timeout_seconds": 2})
    brief = str(world.folder / "brief.yaml")
    english = CliRunner().invoke(kizuna, ["model", "check", "--brief", brief])
    japanese = CliRunner().invoke(kizuna, ["--lang", "ja", "model", "check", "--brief", brief])
    assert (english.exit_code, japanese.exit_code) == (1, 1)
    assert "It does not work: its server can't be reached" in english.output
    assert "使えません：サーバーに接続できない" in japanese.output


def test_a_brief_with_rules_has_nothing_to_check(found: Callable[..., World]) -> None:
    world = found("rules")
    shown = CliRunner().invoke(kizuna, ["model", "check", "--brief", str(world.folder / "brief.yaml")])
    assert shown.exit_code == 0 and "no model to check" in shown.output
    with world.workspace.store.read() as session:
        assert campaigns.campaign(session, CAMPAIGN) is None
