"""Grounding: every figure, link and promise comes from the facts; ordinary words raise no alarm."""

import time
from typing import Any

import pytest
from kizuna.prompts.figures import figures, normal
from kizuna.prompts.grounding import changed_commitments, check_words

FACTS: dict[str, object] = {
    "company_name": "3M 90%オフ商事",
    "reports_used": 480,
    "features_used_90d": 7,
    "monthly_price_jpy": 9800.0,
    "meeting_times_1": "12月1日（火）14:00〜14:30",
}
LINK = "https://pages.flowdesk.example/s/x?t=1"


def problems(text: str, **more: object) -> list[str]:
    return check_words(text, "件名", {**FACTS, **more}, [LINK], language="en")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("三割引", [(30, "percent")]),
        ("3割5分", [(35, "percent")]),
        ("５０％", [(50, "percent")]),
        ("٥٠٪", [(50, "percent")]),
        ("半額", [(50, "percent")]),
        ("½ price", [(50, "percent")]),
        ("twenty-five percent", [(25, "percent")]),
        ("1万2千円", [(12000, "JPY")]),
        ("一万円", [(10000, "JPY")]),
        ("¥9,800", [(9800, "JPY")]),
        ("JPY 5,000", [(5000, "JPY")]),
        ("5\u200b0%", [(50, "percent")]),
        ("二十件", [(20, "")]),
        ("二〇二六年", [(2026, "")]),
        ("two hundred reports", [(200, "")]),
        ("10k users", [(10000, "")]),
        ("20 off", [(20, "percent")]),
        ("10倍", [(10, "times")]),
        ("$50", [(50, "money")]),
    ],
)
def test_figures_are_read_in_every_way_people_write_them(written: str, found: list[tuple[int, str]]) -> None:
    assert [(int(figure.value), figure.unit) for figure in figures(normal(written))] == found


@pytest.mark.parametrize(
    "text",
    [
        "50% off",
        "三割引です",
        "二十件のレポート",
        "ten percent",
        "５千円です",
        "a third off",
        "twice as fast",
        "倍の成果",
        "$20",
        "thousands of firms",
        "in 18 months",
        "14%",
        "480%",
        "480円",
        "半額です",
        "30%引き",
        "無料でお試しください",
        "It is free.",
        "guaranteed results",
        "業界初",
        "日本一の機能",
        "No.1",
        "Act now!",
        "a risk-free trial",
        "half price",
        "絶対に損はしません",
        "全額返金",
        "今だけの条件",
        "ends tonight",
        "割引します",
        "a special offer",
        "costs next to nothing",
        "https://evil.example/x",
        "evil.com をご覧ください",
        "mail me@evil.example",
        "javascript:alert(1)",
        "ｈｔｔｐｓ：／／evil.jp",
        LINK + "0",
        "見え\u200bない",
        "\u202eabc",
    ],
)
def test_words_beyond_the_facts_are_found(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "480 reports",
        "４８０件",
        "四百八十件",
        "月額9,800円です",
        "月額9800円",
        "JPY 9,800",
        "九千八百円",
        "直近90日間に7個",
        "12月1日（火）14:00",
        "We meet at 2 on 1 December.",
        LINK,
        "詳しくは " + LINK + " をご覧ください。",
        "3M 90%オフ商事 様",
    ],
)
def test_words_from_the_facts_pass_however_they_are_written(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "One of the features might help you.",
        "Please feel free to reply.",
        "Are you free on Tuesday?",
        "There is no hurry.",
        "No one has to decide today.",
        "The first step is to open the settings.",
        "We can do it in half an hour.",
        "Your B2B customers will see the same report.",
        "A second look at the setup may be worth it.",
        "Thank you, and best regards from everybody here.",
        "Let us know if one more person should get it.",
        "See GA4 and 2FA.",
        "一度ご覧いただけますと幸いです。",
        "ご不明な点が一つでもございましたら、お知らせください。",
        "十分にご活用いただいております。",
        "担当者が一緒に確認いたします。",
        "五十嵐様にもよろしくお伝えください。",
        "四半期のまとめにお使いいただけます。",
        "千葉の拠点でもご利用いただけます。",
        "万一ご不便がありましたら、ご連絡ください。",
        "第一営業部のみなさまにもお勧めです。",
        "一部の機能はまだお使いでないようです。",
        "お二人でご参加いただくこともできます。",
        "半年ほど前からご利用いただいています。",
    ],
)
def test_ordinary_sentences_raise_no_alarm(text: str) -> None:
    assert check_words(text, "Hello", {}, [], language="en") == []


def test_an_offer_carries_its_own_words_and_no_others() -> None:
    assert problems("10%割引いたします", offer_discount_percent=10) == []
    assert problems("20%割引いたします", offer_discount_percent=10)
    assert problems("無料です", offer_discount_percent=10)
    assert problems("初月は無料です", offer_price_jpy=0) == []
    assert problems("必ず効果が出ます", offer_discount_percent=10)


def test_problems_speak_the_readers_language() -> None:
    assert check_words("50%です", "件名", {}, [], language="ja") == [
        "数字「50%」の根拠が、このお客さまの情報にありません"
    ]
    assert check_words("50%", "s", {}, [], language="en") == [
        "the figure “50%” is not among the facts about this customer"
    ]


def test_a_subject_that_poses_as_an_answer_is_found() -> None:
    assert check_words("x", "ＲＥ：お見積り", {}, [], language="ja")
    assert check_words("x", "Fwd: quote", {}, [], language="en")
    assert check_words("x", "Regarding your plan", {}, [], language="en") == []


OLD = f"月額19,800円、10%割引でご案内します。\n▼ 見る\n{LINK}\n"


def test_a_rep_may_change_words() -> None:
    assert (
        changed_commitments(OLD, f"先日はどうも。１０％割引、月額１９８００円です。\n{LINK}\n", ["19,800円", "10%"])
        == []
    )


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (OLD.replace("19,800", "9,800"), "9,800円"),
        (OLD + "初月は5千円です。", "5千円"),
        (OLD + "さらに二割引します。", "二割"),
        (OLD + "$10 back", "$10"),
        (OLD.replace("10%割引", "割引"), "10%"),
        (OLD.replace("月額19,800円、", ""), "19,800円"),
        (OLD.replace(LINK, ""), LINK),
        (OLD.replace(LINK, LINK + "2"), LINK + "2"),
        (OLD + "https://evil.example", "evil.example"),
        (OLD + "初月は無料です。", "無料"),
        (OLD + "返金いたします。", "返金"),
    ],
)
def test_a_rep_may_not_change_what_was_promised(new: str, reason: str) -> None:
    reasons = changed_commitments(OLD, new, ["19,800円", "10%"])
    assert any(reason in said for said in reasons), reasons


def test_an_offer_named_in_words_must_stay() -> None:
    assert changed_commitments("Loyalty plan for you", "A plan for you", ["Loyalty plan"])
    assert changed_commitments("Loyalty plan for you", "For you: loyalty plan", ["Loyalty plan"]) == []


def test_the_reasons_speak_japanese_too() -> None:
    said: Any = changed_commitments(OLD, OLD + "5千円", [], language="ja")
    assert said == ["金額「5千円」は元の文面にありません"]


@pytest.mark.parametrize("piece", ["a.", "1,", "十", "one ", "a-", "https://", "a@", "1分の", "-", "\n", "三割", "a"])
def test_a_long_hostile_text_is_checked_in_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    started = time.process_time()
    check_words(text, "s", {"a": text[:80]}, [], language="ja")
    assert time.process_time() - started < 2
