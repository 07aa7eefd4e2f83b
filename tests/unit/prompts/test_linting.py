"""The lint: the packaged words pass it, and every fault it knows is found where somebody makes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kizuna.agents.sample import sample_facts
from kizuna.domain.playbook import Action, Channel, Offer
from kizuna.prompts.catalogue import LANGUAGES, channel_of, variants, wording, wordings
from kizuna.prompts.linting import lint_words

from .conftest import ACTIONS

SAMPLES = {language: sample_facts(language) for language in LANGUAGES}
FACTS = """note:
  facts: [company_name, contact_name, sender_company, points_balance]
  optional: [plan_label]
  links:
    points: {ja: ポイントを見る, en: See your points}
"""
JA = """{% block subject %}お知らせ{% endblock %}
{% block body %}
{{ contact_name }} 様

ポイントは{{ points_balance }}です。{% if plan_label is defined %}{{ plan_label }}{% endif %}


{{ link('points') }}

{{ sender_company }}
{% endblock %}
"""
EN = """{% block subject %}Your points{% endblock %}
{% block body %}
Dear {{ contact_name }},

You have {{ points_balance }} points.{% if plan_label is defined %} {{ plan_label }}{% endif %}


{{ link('points') }}

{{ sender_company }}
{% endblock %}
"""
Lint = Callable[..., list[str]]


@pytest.mark.parametrize("name", ACTIONS)
def test_the_packaged_words_are_whole_and_true_to_their_facts(name: str) -> None:
    assert lint_words(ACTIONS[name], SAMPLES) == []


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Lints an action of one's own, `thank_you`, with one message `note`, after changing its files."""

    def linted(
        ja: str | None = JA,
        en: str | None = EN,
        facts: str = FACTS,
        more: dict[str, str] | None = None,
        **action: Any,
    ) -> list[str]:
        folder = tmp_path / "messages" / "thank_you"
        files = {"ja/note.standard.j2": ja, "en/note.standard.j2": en, "facts.yaml": facts, **(more or {})}
        for name, text in files.items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")
        found = lint_words(thank_you(**action), SAMPLES, tmp_path)
        return [f"{fault.file.rsplit('/', 1)[-1]} {fault.field} {fault.problem}" for fault in found]

    return linted


def thank_you(**changes: Any) -> Action:
    raw = ACTIONS["loyalty_thanks"].model_dump(mode="json", by_alias=True, exclude_none=True)
    raw |= {"action": "thank_you", "channels": ["email"], "steps": [{"send": "note"}], **changes}
    return Action.model_validate(raw)


def test_an_action_of_ones_own_with_its_own_words_passes(lint: Lint) -> None:
    assert lint() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"en": None}, "no words in 'en'"),
        ({"ja": None}, "no words in 'ja'"),
        ({"facts": "other: {facts: []}\n"}, "declares no facts"),
        ({"facts": FACTS.replace("points_balance", "points_balanec")}, "nothing is known by the name `points_balanec`"),
        (
            {"facts": FACTS.replace("[plan_label]", "[plan_label, orders_365d]")},
            "`orders_365d` is declared, but no words",
        ),
        ({"facts": FACTS.replace(", en: See your points", "")}, "the link `points` has no label in 'en'"),
        ({"facts": FACTS.replace("optional: [plan_label]", "optional: []")}, "`plan_label` is not declared"),
        ({"facts": FACTS + "    page: {ja: ページ, en: Page}\n"}, "the link `page` is declared, but no words"),
        ({"en": EN.replace("{{ link('points') }}", "")}, "does not say the same in 'ja' and 'en': points"),
        ({"en": EN.replace("{{ points_balance }} ", "")}, "does not say the same in 'ja' and 'en': points_balance"),
        ({"en": EN.replace("points.{%", "points, and 300 more.{%")}, "the figure “300”"),
        ({"ja": JA.replace("ポイントは", "今だけ、ポイントは")}, "“今だけ” promises or presses"),
        ({"ja": JA.replace("ポイントは", "割引があります。ポイントは")}, "“割引” needs an offer"),
        ({"en": EN.replace("You have", "A gift: you have")}, "“gift” needs something to give"),
        ({"en": EN.replace("Your points", "Your points, " * 8)}, "the subject is too long"),
        ({"ja": JA.replace("お知らせ", "お知らせ" * 8)}, "the subject is too long: 64 of 60"),
        ({"en": EN.replace("{% if plan_label is defined %}", "").replace("{% endif %}", "")}, "plan_label"),
        ({"ja": JA.replace("{% endif %}", "")}, "Encountered unknown tag 'endblock'|Unexpected end"),
        ({"more": {"ja/note.short.j2": JA}}, "the words `short` are missing in 'en'"),
        ({"variants": ["standard", "soft"]}, "`variants` names 'soft', and there are no such words"),
        ({"channels": ["email", "letter"]}, "over `letter` it would be the words of a mail"),
        (
            {"facts": FACTS + "    answer_x: {ja: はい, en: Sure}\n"},
            "`answer_x` is an answer to a survey that is not named",
        ),
    ],
)
def test_a_fault_is_found(lint: Lint, change: dict[str, Any], problem: str) -> None:
    found = lint(**change)
    assert any(part in fault for fault in found for part in problem.split("|")), found


def test_wordings_to_try_are_those_that_are_written_and_a_models(lint: Lint) -> None:
    assert lint(more={"ja/note.short.j2": JA, "en/note.short.j2": EN}, variants=["standard", "short", "model"]) == []


@pytest.mark.parametrize("names", [["short"], ["short", "short"]])
def test_one_wording_is_nothing_to_compare(names: list[str]) -> None:
    with pytest.raises(ValueError, match="at least two different wordings"):
        thank_you(variants=names)


def test_an_offer_carries_its_words(lint: Lint) -> None:
    gift = {
        "en": EN.replace("You have", "A gift of {{ offer_points }} points. You have"),
        "ja": JA.replace("ポイントは", "{{ offer_points }}ポイントを進呈します。ポイントは"),
        "facts": FACTS.replace("points_balance]", "points_balance, offer_points]"),
    }
    assert any("offer_points" in fault for fault in lint(**gift)), "the action has no such offer"
    assert lint(**gift, offer=Offer(name="present", points=300).model_dump(mode="json", exclude_none=True)) == []


def test_a_label_that_yaml_reads_as_a_truth_value_is_told_where(lint: Lint) -> None:
    (fault,) = lint(facts=FACTS.replace("en: See your points", "en: yes"))
    assert "links.points.en" in fault


def test_branches_go_by_answers_that_the_survey_has(lint: Lint, tmp_path: Path) -> None:
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "mood.yaml").write_text("answers:\n  good: {}\n  bad: {}\n", encoding="utf-8")
    asks = FACTS.replace("  links:", "  survey: mood\n  links:") + "    answer_good: {ja: よい, en: Good}\n"
    words = {
        "ja": JA.replace("{{ sender", "{{ link('answer_good') }}\n\n{{ sender"),
        "en": EN.replace("{{ sender", "{{ link('answer_good') }}\n\n{{ sender"),
    }
    wait = {"wait": {"for": "survey_answered", "up_to": "5d"}}

    def branching(answer: str) -> list[dict[str, Any]]:
        return [{"send": "note"}, wait, {"branch": [{"if": f"answer = '{answer}'", "send": "note"}]}]

    assert lint(**words, facts=asks, steps=branching("bad")) == []
    assert any("no answer 'ugly'" in fault for fault in lint(**words, facts=asks, steps=branching("ugly")))
    assert any("no message asks a survey" in fault for fault in lint(steps=branching("bad")))
    wrong = asks.replace("answer_good", "answer_fair")
    assert any("no answer 'fair'" in fault for fault in lint(**words, facts=wrong))
    unknown = asks.replace("survey: mood", "survey: weather")
    assert any("there is no survey `weather`" in fault for fault in lint(**words, facts=unknown))


def test_words_of_a_channel_are_no_variant_and_are_taken_for_that_channel_only() -> None:
    names = wordings("silent_customer_survey", "survey", "ja")
    assert "letter" in names and "letter" not in variants("silent_customer_survey", "survey", "ja")
    assert channel_of("letter") is channel_of("letter-short") is Channel.LETTER and channel_of("soft") is None
    written = {channel: wording("silent_customer_survey", "survey", "short", "ja", channel) for channel in Channel}
    assert written[Channel.LETTER] == "letter" and written[Channel.EMAIL] == "short"


def test_a_short_letter_is_preferred_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "messages" / "loyalty_thanks" / "ja"
    folder.mkdir(parents=True)
    (folder / "thanks.letter-short.j2").write_text(JA, encoding="utf-8")
    assert wording("loyalty_thanks", "thanks", "short", "ja", Channel.LETTER, tmp_path) == "letter-short"
    assert wording("loyalty_thanks", "thanks", "standard", "ja", Channel.LETTER, tmp_path) == "letter"
