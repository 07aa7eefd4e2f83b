"""Every packaged template, in every variant and language, with and without an offer."""

import html
import re
from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.prompts.catalogue import LANGUAGES, known_messages, source, variants
from kizuna.prompts.grounding import check_words

EXPECTED = {
    ("feature_tutorial", "tutorial"),
    ("renewal_reminder", "reminder"),
    ("survey_before_discount", "survey"),
    ("survey_before_discount", "fit_offer"),
    ("survey_before_discount", "plan_change"),
    ("survey_before_discount", "onboarding_help"),
    ("upsell_draft", "proposal"),
    ("usage_digest", "digest"),
}
ALL = [(a, m, v, lang) for a, m in known_messages() for lang in LANGUAGES for v in variants(a, m, lang)]
OFFERS: list[dict[str, Any]] = [
    {},
    {"offer_price_jpy": 19800.0},
    {"offer_discount_percent": 10},
    {"offer_price_jpy": 19800.0, "offer_discount_percent": 10},
    {"feature_label": "", "quota_left": -20, "reports_used": 520, "days_to_renewal": 0},
]
each_template = pytest.mark.parametrize(("action", "message", "variant", "language"), ALL)


def test_every_message_of_the_playbook_exists_in_both_languages_with_two_variants() -> None:
    assert set(known_messages()) == EXPECTED
    for action, message in EXPECTED:
        have = {language: variants(action, message, language) for language in LANGUAGES}
        assert have["ja"] == have["en"]
        assert have["ja"][0] == "standard" and "short" in have["ja"]
        assert ("soft" in have["ja"]) == (message in {"survey", "tutorial", "proposal"})


@each_template
def test_a_template_says_only_what_its_facts_say(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    for offer in OFFERS:
        if message == "tutorial" and "feature_label" in offer:
            continue
        mail = write(action, message, variant, language, offer)
        assert check_words(mail.text, mail.subject, mail.facts, mail.links_used, language=language) == []


@each_template
def test_a_template_leaves_no_hole_and_no_trace_of_itself(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    for offer in OFFERS[:4]:
        mail = write(action, message, variant, language, offer)
        assert not re.search(r"[{}\x00-\x09\x0b-\x1f]|None|nan", mail.subject + mail.text)
        assert "\n\n\n" not in mail.text and " \n" not in mail.text
        assert not re.search(r"  |。。|、。|\.\.", mail.text.replace(", ", ","))


@each_template
def test_both_parts_hold_the_same_words_figures_and_links(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    mail = write(action, message, variant, language)
    hrefs = [html.unescape(url) for url in re.findall(r'href="([^"]*)"', mail.html)]
    in_text = re.findall(r"https://\S+", mail.text)
    assert hrefs == in_text == list(mail.links_used)
    seen = html.unescape(re.sub(r"<[^>]+>", "", mail.html.split("<body", 1)[1].split(">", 1)[1]))
    text = re.sub(r"https://\S+|^[▼→] |^- |─+", "", mail.text, flags=re.M)
    assert "".join(seen.split()) == "".join(text.split())


@each_template
def test_every_mail_says_who_sends_it_and_how_to_leave(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    mail = write(action, message, variant, language)
    end = mail.text.split("─" * 20)[1]
    for shown in ("flowdesk.example/u/", "flowdesk.example/p/", "support@flowdesk.example", "100-0005"):
        assert shown in end
    assert ("配信を停止" if language == "ja" else "Unsubscribe") in end
    assert ("株式会社フロウデスク" if language == "ja" else "FlowDesk K.K.") in end
    assert f'<html lang="{language}">' in mail.html and "<img" not in mail.html and "<script" not in mail.html


@each_template
def test_templates_stay_small_and_never_pose_as_an_answer(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    words = source(action, message, variant, language)
    assert len(words.splitlines()) <= 40
    assert "http" not in words and "<" not in words
    assert not re.match(r"(?i)re:|fwd?:", write(action, message, variant, language).subject)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", ["standard", "short", "soft"])
def test_the_survey_asks_and_offers_nothing(write: Any, variant: str, language: Language) -> None:
    mail = write(
        "survey_before_discount", "survey", variant, language, {"offer_discount_percent": 10, "offer_price_jpy": 1}
    )
    body = mail.text.split("─" * 20)[0]
    assert not re.search(r"割引|値引|特典|discount|offer|\d+ ?[%円]", body)
    names = [url.split("/s/")[1].split("?")[0] for url in mail.links_used if "/s/" in url]
    assert names == ["answer_wrong_fit", "answer_too_expensive", "answer_no_time", "answer_fine"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", ["standard", "short", "soft"])
def test_the_proposal_is_personal_and_names_the_accounts_own_figures(
    write: Any, variant: str, language: Language
) -> None:
    mail = write("upsell_draft", "proposal", variant, language)
    rep = "佐藤 健" if language == "ja" else "Ken Sato"
    for fact in (
        "480",
        "500",
        rep,
        "ken.sato@flowdesk.example",
        *(mail.facts[f"meeting_times_{n}"] for n in (1, 2, 3)),
    ):
        assert str(fact) in mail.text
    assert ("ご返信いただくか" if language == "ja" else "just reply and say so") in mail.text


def test_a_japanese_mail_opens_with_company_then_name(write: Any) -> None:
    assert write("usage_digest", "digest").text.startswith("株式会社青葉商事\n田中 花子 様\n\nいつも")
