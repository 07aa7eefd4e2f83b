"""Every packaged template, in every variant and language, with and without an offer."""

import html
import re
from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.playbook import Channel
from kizuna.prompts.catalogue import LANGUAGES, known_messages, source, variants, wordings
from kizuna.prompts.grounding import check_words

from .conftest import ACTIONS, channel_for

#: Where the tone matters, there is a soft way to put it.
SOFT = {"survey", "tutorial", "proposal", "we_miss_you", "viewed", "apology", "question", "what_went_wrong"}
ALL = [(a, m, v, lang) for a, m in known_messages() for lang in LANGUAGES for v in wordings(a, m, lang)]
OFFERS: list[dict[str, Any]] = [
    {},
    {"offer_price_jpy": 19800.0},
    {"offer_discount_percent": 10},
    {"offer_price_jpy": 19800.0, "offer_discount_percent": 10},
    {"feature_label": "", "quota_left": -20, "reports_used": 520, "days_to_renewal": 0},
]
each_template = pytest.mark.parametrize(("action", "message", "variant", "language"), ALL)


def test_every_message_of_the_playbook_exists_in_both_languages_with_two_variants() -> None:
    assert set(known_messages()) == {(name, message) for name, action in ACTIONS.items() for message in action.messages}
    for action, message in known_messages():
        have = {language: variants(action, message, language) for language in LANGUAGES}
        assert have["ja"] == have["en"]
        assert have["ja"][0] == "standard" and "short" in have["ja"]
        assert ("soft" in have["ja"]) == (message in SOFT or action == "referral_invite")


@each_template
def test_a_template_says_only_what_its_facts_say(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    for offer in OFFERS:
        if message in ("tutorial", "tip") and "feature_label" in offer:
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
def test_every_mail_and_letter_says_who_sends_it_and_how_to_stop(
    write: Any, action: str, message: str, variant: str, language: Language
) -> None:
    channel, _ = channel_for(action, message, variant, language)
    mail = write(action, message, variant, language)
    _, rule, end = mail.text.partition("─" * 20)
    assert f'<html lang="{language}">' in mail.html and "<img" not in mail.html and "<script" not in mail.html
    if not channel.is_a_message:
        assert not rule and "footer_contact" not in mail.facts
        return
    for shown in (
        "support@flowdesk.example",
        "100-0005",
        "株式会社フロウデスク" if language == "ja" else "FlowDesk K.K.",
    ):
        assert shown in end
    if channel is Channel.LETTER:
        assert "https://" not in end and ("ご不要の場合" if language == "ja" else "rather not get") in end
    else:
        assert "flowdesk.example/u/" in end and "flowdesk.example/p/" in end
        assert ("配信を停止" if language == "ja" else "Unsubscribe") in end


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_takes_the_form_of_a_letter(write: Any, language: Language) -> None:
    for action, message in [("loyalty_thanks", "thanks"), ("silent_customer_survey", "survey")]:
        letter = write(action, message, "letter", language)
        assert letter.text != write(action, message, "standard", language).text
        if language == "ja":
            assert letter.text.index("\n拝啓\n") < letter.text.index("\n敬具\n")
            assert 'text-align:right">敬具<' in letter.html
        else:
            assert letter.text.startswith("Dear Hanako Tanaka,")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_asks_nobody_to_reply_to_a_mail(write: Any, language: Language) -> None:
    for action, message, name, at in ALL:
        if at == language and channel_for(action, message, name, at)[0] is Channel.LETTER:
            text = write(action, message, name, language).text
            assert not re.search(r"メール|this mail|reply to", text.split("─" * 20)[0]), (action, message)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_is_addressed_by_name_and_without_a_company(write: Any, language: Language) -> None:
    for action, message, name, at in ALL:
        channel, _ = channel_for(action, message, name, at)
        if at == language and channel.is_a_message and action not in ("upsell_draft", "usage_digest"):
            mail = write(action, message, name, language, {"company_name": ""})
            assert mail.text.startswith("田中 花子 様\n" if language == "ja" else "Dear Hanako Tanaka,"), (
                action,
                message,
            )
            assert "青葉" not in mail.text and "Aoba" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_thanks_and_apologies_sell_nothing(write: Any, language: Language) -> None:
    for action, message in [
        *(("loyalty_thanks", "thanks"), ("apology_care", "apology")),
        *(("nps_survey", "thanks"), ("nps_survey", "what_went_wrong")),
    ]:
        for name in wordings(action, message, language):
            words = write(action, message, name, language).text.split("─" * 20)[0]
            assert not re.search(r"割引|ポイントを|円|特典|クーポン|discount|coupon|JPY|special price", words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_staff_task_tells_the_story_and_the_limit(write: Any, language: Language) -> None:
    task = write("staff_discretion", "task", "standard", language)
    for fact in ("discretion_jpy", "revenue_365d_jpy", "days_since_last_visit", "tenure_label"):
        value = task.facts[fact]
        assert (f"{value:,}" if isinstance(value, int) else str(value)) in task.text, fact
    assert ("控えていただきたいこと" if language == "ja" else "What not to do") in task.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_is_too_large_is_said_to_be(write: Any, language: Language) -> None:
    smaller = write("plan_fit", "suggestion", "standard", language, {"fitting_size": "smaller"}).text
    larger = write("plan_fit", "suggestion", "standard", language, {"fitting_size": "larger"}).text
    assert ("使わない分まで" if language == "ja" else "did not pay for what you don't use") in smaller
    assert ("変更の必要はございません" if language == "ja" else "no need to change") in larger


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
