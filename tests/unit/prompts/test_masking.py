"""What masking finds, what it misses (measured on masking_texts.yaml), and whose tokens come back where."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from kizuna.prompts.masking import Masker, StrangeToken
from kizuna.prompts.personal_data import Known

HERE = Path(__file__).parent
CUSTOMERS: dict[str, Any] = yaml.safe_load((HERE / "masking_texts.yaml").read_text(encoding="utf-8"))["customers"]
TEXTS = [(name, entry) for name, customer in CUSTOMERS.items() for entry in customer["texts"]]
DOCS = (HERE.parents[2] / "docs/language-models.md").read_text(encoding="utf-8")
KINDS = ("name", "address", "phone", "email", "id", "company")


def known(name: str) -> Known:
    fields = ("names", "companies", "places", "phones", "emails", "ids")
    return Known(**{field: tuple(CUSTOMERS[name].get(field, ())) for field in fields})


def masker(name: str = "tanaka", salt: bytes = b"run 1") -> Masker:
    return Masker(known(name), salt, name)


def leaks(whose: str) -> dict[str, tuple[int, int]]:
    """Kind -> (how many of the marked values are still there, how many were marked)."""
    left: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    for name, entry in TEXTS:
        masked = masker(name).mask(entry["text"])
        for kind, values in (entry.get(whose) or {}).items():
            for value in values:
                assert str(value) in entry["text"], (value, entry)
                marked[kind] += 1
                left[kind] += str(value) in masked
    return {kind: (left[kind], marked[kind]) for kind in KINDS if marked[kind]}


def test_the_set_is_large_enough_to_say_something() -> None:
    assert len(TEXTS) >= 60
    assert len({entry["text"] for _, entry in TEXTS}) == len(TEXTS)


@pytest.mark.parametrize("whose", ["own", "others"])
def test_what_is_missed_is_what_the_documentation_says(whose: str) -> None:
    title = {"own": "the customer's own", "others": "other people's"}[whose]
    for kind, (left, marked) in leaks(whose).items():
        assert f"| {title} | {kind} | {left} of {marked} |" in DOCS, (kind, left, marked)


def test_what_stands_on_the_record_with_a_form_never_leaks() -> None:
    own = leaks("own")
    assert {kind: own[kind][0] for kind in ("phone", "email", "id")} == {"phone": 0, "email": 0, "id": 0}


@pytest.mark.parametrize(("name", "entry"), TEXTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_masked_text_comes_back_as_it_was(name: str, entry: dict[str, Any]) -> None:
    mine = masker(name)
    assert mine.restore(mine.mask(entry["text"])) == entry["text"]


def test_the_same_value_has_the_same_token_in_one_run_only() -> None:
    first, again, next_run = masker(), masker(), masker(salt=b"run 2")
    assert first.mask("田中花子") == again.mask("田中　花子".replace("　", "")) != next_run.mask("田中花子")


def test_figures_and_everyday_words_stay() -> None:
    text = "480件のうち500件、12,000円、2026年4月1日 14:00、お客様の声、25%"
    assert masker().mask(text) == text


@pytest.mark.parametrize("other", [masker("suzuki"), masker("tanaka", salt=b"run 2")])
def test_a_token_of_another_customer_or_run_is_an_error(other: Masker) -> None:
    stolen = other.token("NAME", "somebody")
    mine = masker()
    mine.mask("田中花子")
    with pytest.raises(StrangeToken):
        mine.restore(f"Dear {stolen}")


@pytest.mark.parametrize("text", ["Dear [NAME_1]", "Dear [NAME_9_ABCDEF]", "[name_1_3ED72B]", "[ Name-1 ]"])
def test_what_only_looks_like_a_token_is_an_error(text: str) -> None:
    with pytest.raises(StrangeToken):
        masker().restore(text)


def test_no_token_says_anything_about_its_value() -> None:
    assert {char for char in masker().token("NAME", "田中花子")} <= set("[]_NAME0123456789ABCDEF")


@pytest.mark.parametrize("value", ["", " ", "a", ".", "(", "(株)", "\\", "*", "[NAME_1_ABCDEF]", "１", "‑"])
def test_odd_values_on_a_record_break_nothing(value: str) -> None:
    odd = Masker(Known((value,), (value,), (value,), (value,), (value,), (value,)), b"s", "x")
    assert odd.restore(odd.mask("Some text. ある文章。")) == "Some text. ある文章。"


def test_a_long_text_is_masked_in_time() -> None:
    text = "田中花子です。090-1234-5678 " * 400
    masked = masker().mask(text)
    assert "田中" not in masked and "5678" not in masked
