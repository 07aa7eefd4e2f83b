"""The HTML part of an edited text holds what the text holds, and only approved addresses become links."""

import re

from kizuna.prompts.layout import Bullets, LinkLine, Paragraph, Rule, read_blocks, text_to_html

URL = "https://pages.example/a?x=1&y=2"


def test_a_text_is_read_into_paragraphs_bullets_links_and_footer() -> None:
    text = f"A\nB\n\n- one\n- two\nafter\n\n▼ Open\n{URL}\n\n{URL}\n" + "─" * 20 + "\nend"
    assert read_blocks(text, [URL]) == [
        Paragraph(("A", "B")),
        Bullets(("one", "two")),
        Paragraph(("after",)),
        LinkLine("Open", URL),
        LinkLine(URL, URL),
        Rule(),
        Paragraph(("end",)),
    ]


def test_an_address_that_was_not_approved_stays_text() -> None:
    page = text_to_html("see https://evil.example/x\n\nhttps://evil.example/x", [URL], "en")
    assert "<a " not in page and page.count("https://evil.example/x") == 2


def test_an_approved_address_inside_a_sentence_becomes_a_link() -> None:
    page = text_to_html(f"see {URL} please", [URL, "https://pages.example/a"], "en")
    assert re.findall(r'href="([^"]+)"', page) == ["https://pages.example/a?x=1&amp;y=2"]


def test_markup_in_an_edit_is_shown_not_run() -> None:
    page = text_to_html('<b onclick="x()">hi</b> & "you"\n\n- <img src=x>', [], "ja")
    assert "&lt;b onclick=&quot;x()&quot;&gt;hi&lt;/b&gt; &amp;" in page and "<img" not in page and "<b " not in page
