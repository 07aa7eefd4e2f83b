"""Rendering: pure, strict about what is unknown, and safe whatever a customer is called."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.prompts.cleaning import CAP, clean, hidden
from kizuna.prompts.layout import text_to_html
from kizuna.prompts.rendering import FactMissing, Footer, Link, WordsFaulty, WordsMissing, render_message

HOSTILE = [
    "Evil\r\nBcc: x@evil.example",
    "</p><script>alert(1)</script>",
    '"><a href="https://evil.example">free</a>',
    "https://evil.example/login",
    "evil.com",
    "www.evil.co.jp",
    "billing@evil.example",
    "javascript:alert(1)",
    "[Click](https://evil.example)",
    "A\n\n- Pay now\n\nhttps://evil.example",
    "─" * 20,
    "- bullet",
    "▼ click here",
    "{{ 7 * 7 }}{% raw %}",
    "\x01answer_fine\x01",
    "a\u202eb\u200bc\ufeffd\u2066e",
    "=?utf-8?q?=0D=0ABcc=3A_evil=40x.com?=",
    "Re: your invoice",
    "x" * 5000,
    "a" + "\u0301" * 500,
    "\u3164\u2800",
    "\U000e0041tag",
]


def _shape(text: str) -> list[str]:
    """What a line is, not what it says."""
    kinds = {"- ": "bullet", "▼ ": "label", "→ ": "label", "──": "rule"}
    lines = text.splitlines()
    return ["url" if line.startswith("https://") else kinds.get(line[:2], "words" if line else "") for line in lines]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_adds_no_link_line_or_markup(write: Any, name: str, language: str) -> None:
    for action, message in [("upsell_draft", "proposal"), ("usage_digest", "digest"), ("feature_tutorial", "tutorial")]:
        calm = write(action, message, "standard", language)
        mail = write(
            action,
            message,
            "standard",
            language,
            {"company_name": name, "contact_name": name, "feature_label": name + "x"},
        )
        if clean(name):
            assert _shape(mail.text) == _shape(calm.text)
        assert mail.links_used == calm.links_used
        assert mail.html.count("<a ") == calm.html.count("<a ") and mail.html.count("<p ") <= calm.html.count("<p ")
        assert "<script" not in mail.html and "\n" not in mail.subject
        assert not hidden(mail.subject + mail.text) and "=?" not in mail.subject
        assert not re.match(r"(?i)\s*re\s*:", mail.subject)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=200))
def test_a_cleaned_value_is_one_short_visible_line_without_address(value: str) -> None:
    cleaned = clean(value)
    assert len(cleaned) <= CAP and cleaned == cleaned.strip() and not hidden(cleaned)
    assert not re.search(r"[\n\r\t<>@]|//|=\?|\w\.[a-zA-Z]{2}", cleaned)
    assert not cleaned.startswith(("-", "▼", "→", "─", "#"))


def test_pieces_of_attacks_put_together_at_random_stay_harmless() -> None:
    pieces = [
        "http",
        "s://",
        "evil",
        ".com",
        "\n",
        "\r\n",
        "- ",
        "=?",
        "utf-8?b?",
        "\x01",
        "<",
        ">",
        "@",
        "\u202e",
        "．",
        "//",
        ":",
        "様",
        " ",
    ]
    rng = random.Random(7)
    for _ in range(20_000):
        value = clean("".join(rng.choices(pieces, k=rng.randint(1, 12))))
        assert not re.search(r"[\n\r\x00-\x1f<>@\u202e]|//|=\?|\w[.．](?:com|utf)", value), value


def test_ordinary_names_stay_as_they_are() -> None:
    for name in [
        "株式会社青葉商事",
        "㈱アオバ",
        "O'Neil & Sons",
        "A/B Lab Co., Ltd.",
        "田中 花子",
        "葛\U000e0100城 葵",
        "Société Générale",
        "St. Mary",
    ]:
        assert clean(name) == name
    assert clean("Booking.com") == "Booking·com"


def test_rendering_twice_gives_the_same_bytes(write: Any) -> None:
    assert write("upsell_draft", "proposal") == write("upsell_draft", "proposal")


def test_editing_nothing_gives_the_same_html(write: Any) -> None:
    mail = write("survey_before_discount", "survey", "soft", "en")
    assert text_to_html(mail.text, mail.links_used, "en") == mail.html


def test_an_unknown_fact_is_named_and_nothing_is_written(write: Any) -> None:
    with pytest.raises(FactMissing, match="reports_used"):
        write("upsell_draft", "proposal", facts={"reports_used": None})
    with pytest.raises(FactMissing, match="renews_on"):
        write("renewal_reminder", "reminder", facts={"renews_on": " \u200b "})
    with pytest.raises(FactMissing, match="reports_used"):
        write("usage_digest", "digest", facts={"reports_used": float("nan")})


def test_a_missing_name_becomes_a_polite_stand_in(write: Any) -> None:
    assert "ご担当者 様" in write("usage_digest", "digest", facts={"contact_name": None}).text
    assert write("usage_digest", "digest", language="en", facts={"contact_name": ""}).text.startswith("Dear customer,")


def test_a_missing_link_or_a_strange_address_is_refused(write: Any) -> None:
    with pytest.raises(FactMissing, match="usage"):
        write("usage_digest", "digest", links={"other": Link("", "https://a.example/")})
    for url in (
        "http://a.example/",
        "javascript:alert(1)",
        "https://a.example/ b",
        'https://a.example/"x',
        "https://a.example/\n",
    ):
        with pytest.raises(WordsFaulty, match="plain https"):
            write("usage_digest", "digest", links={"usage": Link("", url)})


def test_a_footer_without_its_legal_parts_is_refused(write: Any) -> None:
    with pytest.raises(FactMissing, match="footer_postal_address"):
        write(
            "usage_digest",
            "digest",
            footer=Footer("X K.K.", " ", "a@b.example", "https://a.example/u", "https://a.example/p"),
        )


def test_figures_are_written_as_people_read_them(write: Any) -> None:
    assert "9,800円" in write("renewal_reminder", "reminder").text
    assert "JPY 9,800" in write("renewal_reminder", "reminder", language="en").text
    assert "12,345件" in write("usage_digest", "digest", facts={"reports_used": 12345.0}).text


def test_the_version_names_the_words_it_was_written_from(write: Any, tmp_path: Path) -> None:
    packaged = write("usage_digest", "digest")
    folder = tmp_path / "messages" / "usage_digest" / "ja"
    folder.mkdir(parents=True)
    own = "{% block subject %}お知らせ{% endblock %}{% block body %}\n{{ company_name }}\n\n"
    own += "{{ link('usage') }}\n{% endblock %}"
    (folder / "digest.standard.j2").write_text(own, encoding="utf-8")
    mine = write("usage_digest", "digest", user_folder=tmp_path)
    assert mine.subject == "お知らせ" and mine.template_version != packaged.template_version
    assert re.fullmatch(r"[0-9a-f]{12}", mine.template_version)
    assert write("usage_digest", "digest", "short", user_folder=tmp_path) == write("usage_digest", "digest", "short")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("{% block subject %}x{% endblock %}{% block body %}{{ nobody }}{% endblock %}", "nobody"),
        ("{% block subject %}x{% endblock %}{% block body %}{{ link('other') }}\n{% endblock %}", "not declared"),
        ("{% block subject %}x{% endblock %}{% block body %}see {{ link('usage') }}{% endblock %}", "alone"),
        ("{% block subject %}x{% endblock %}", "block body"),
        ("{% block subject %}x{% endblock %}{% block body %}{{ ''.__class__ }}{% endblock %}", "unsafe|undefined"),
        ("{% block subject %}x{% endblock %}{% block body %}{% if %}", ":1"),
        ("{% block subject %} {% endblock %}{% block body %}x{% endblock %}", "subject is empty"),
        ("{% block subject %}x{% endblock %}{% block body %}{{ 'y' * 30000 }}{% endblock %}", "longer than"),
    ],
)
def test_a_faulty_template_says_where_and_what(write: Any, tmp_path: Path, words: str, problem: str) -> None:
    folder = tmp_path / "messages" / "usage_digest" / "ja"
    folder.mkdir(parents=True)
    (folder / "digest.standard.j2").write_text(words, encoding="utf-8")
    with pytest.raises(WordsFaulty, match=f"digest.standard.j2.*({problem})"):
        write("usage_digest", "digest", user_folder=tmp_path)


def test_words_that_do_not_exist_are_refused_with_what_there_is() -> None:
    footer = Footer("X", "Y", "Z", "https://a.example/u", "https://a.example/p")
    with pytest.raises(WordsMissing, match="standard, short"):
        render_message("usage_digest", "digest", "loud", "ja", {}, {}, footer=footer)
    for action in ("../secrets", "nothing", "A", ""):
        with pytest.raises(WordsMissing):
            render_message(action, "digest", "standard", "ja", {}, {}, footer=footer)
