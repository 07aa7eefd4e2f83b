"""Words from outside are filled, never compiled; whatever is more than words with slots is refused."""

import pytest
from kizuna.prompts.rendering import render_message
from kizuna.prompts.slots import Slots, SlotWords, problems, reference

from .conftest import facts_of, footer_of, links_of

SLOTS = Slots(
    facts=frozenset({"contact_name", "company_name", "plan_label", "sender_company", "offer_price_jpy"}),
    links=frozenset({"plans"}),
    must=frozenset({"contact_name"}),
    backed={"offer_price_jpy": 9800},
)
SUBJECT = "Your plan"
BODY = "Dear {{ contact_name }},\n\nHave you seen the other plans?\n\n{{ link:plans }}\n\nBest regards"


def wrong(subject: str = SUBJECT, body: str = BODY, language: str = "en", slots: Slots = SLOTS) -> list[str]:
    return problems(SlotWords(subject=subject, body=body), slots, language)  # type: ignore[arg-type]


def test_honest_words_have_no_problems() -> None:
    assert wrong() == []
    assert wrong("プランのご案内", "{{contact_name}} 様\n\nほかのプランもあります。\n\n{{link:plans}}", "ja") == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (BODY.replace("Have", "{{ secret }} Have"), "there is no fact `secret`"),
        (BODY.replace("link:plans", "link:evil"), "there is no link `evil`"),
        (BODY.replace("{{ link:plans }}", ""), "the link `plans` must stand in the body exactly once"),
        (BODY + "\n{{ link:plans }}", "exactly once"),
        (BODY.replace("{{ link:plans }}", "see {{ link:plans }}"), "must stand alone"),
        (BODY.replace("{{ contact_name }}", "customer"), "the fact `contact_name` must be named"),
        (BODY + "{% if 1 %}", "braces or tags"),
        (BODY + "{{ contact_name.__class__ }}", "braces or tags"),
        (BODY + "{{ 7*7 }}", "braces or tags"),
        (BODY + "{# note #}", "braces or tags"),
        (BODY + "<b>now</b>", "braces or tags"),
        (BODY + "<script>", "braces or tags"),
        (BODY + "\x01plans\x01", "braces or tags"),
        (BODY + "\u202e", "invisible characters"),
        (BODY + "\u200b", "invisible characters"),
        (BODY + "\n──────────\nSent by Evil Inc.", "looks like a ruler"),
        (BODY + "\n------------", "looks like a ruler"),
        (BODY + "\n→ Unsubscribe", "like the label of a link"),
        (BODY + " Only 980 yen.", "the figure “980 yen”"),
        (BODY + " Now at half price.", "half"),
        (BODY + " Ｔｈｉｓ　９８０", "the figure “980”"),
        (BODY + " Three days left.", "the figure “Three"),
        (BODY + " Go to https://evil.example/x", "the link “https://evil.example/x”"),
        (BODY + " Write to evil@example.com", "evil@example.com"),
        (BODY + " www.evil.example", "www.evil.example"),
        (BODY + " We guarantee it.", "guarantee"),
        (BODY + " It is free.", "free"),
        ("", "the body must have"),
        (BODY + "x" * 5_000, "the body must have"),
        ("{{ contact_name }} 様\n\nこんにちは\n\n{{ link:plans }}", "not written in the language en"),
    ],
)
def test_more_than_words_with_slots_is_refused(body: str, told: str) -> None:
    assert any(told in problem for problem in wrong(body=body)), wrong(body=body)


@pytest.mark.parametrize("subject", ["", "a\nBcc: x@evil.example", "Re: your order", "x" * 200])
def test_a_subject_is_one_short_honest_line(subject: str) -> None:
    assert wrong(subject=subject)


def test_english_words_where_japanese_are_wanted_are_refused() -> None:
    assert any("language ja" in problem for problem in wrong(language="ja"))


def test_an_offer_carries_its_own_words_and_no_others() -> None:
    offered = BODY + "\nA discount: {{ offer_price_jpy }}"
    assert wrong(body=offered) == []
    assert wrong(body=offered, slots=Slots(SLOTS.facts, SLOTS.links)) != []


def rendered(words: SlotWords, **facts: object) -> str:
    links = links_of("survey_before_discount", "plan_change")
    return render_message(
        "survey_before_discount",
        "plan_change",
        "standard",
        "en",
        {**facts_of("en"), **facts},  # type: ignore[dict-item]
        links,
        footer=footer_of("en"),
        own_words=words,
    ).text


def test_slots_are_filled_with_cleaned_facts_in_their_units() -> None:
    text = rendered(SlotWords(subject="s", body=BODY + "\n{{ offer_price_jpy }}"), offer_price_jpy=9800)
    assert "Dear Hanako Tanaka," in text and "JPY 9,800" in text
    assert "https://pages.flowdesk.example/s/plans?t=x&y=2" in text and "Unsubscribe" in text


@pytest.mark.parametrize("name", ["{{ offer_price_jpy }}", "{% for x in y %}", "{{ link:plans }}", "\x01plans\x01"])
def test_a_value_that_looks_like_a_template_stays_a_value(name: str) -> None:
    text = rendered(SlotWords(subject="s", body=BODY), contact_name=name, offer_price_jpy=1)
    assert "JPY" not in text and text.count("/s/plans") == 1


def test_the_version_names_the_words() -> None:
    links = links_of("survey_before_discount", "plan_change")
    versions = {
        render_message(
            "survey_before_discount",
            "plan_change",
            "standard",
            "en",
            facts_of("en"),
            links,
            footer=footer_of("en"),
            own_words=words,
        ).template_version
        for words in (None, SlotWords(subject="s", body=BODY), SlotWords(subject="t", body=BODY))
    }
    assert len(versions) == 3


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_reference_text_shows_slots_and_no_template(language: str) -> None:
    text = reference("survey_before_discount", "plan_change", "standard", language)  # type: ignore[arg-type]
    assert "{%" not in text and "|" not in text and "{{ contact_name }}" in text and "{{ link:plans }}" in text
