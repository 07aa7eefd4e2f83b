import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.domain.brief import Brief
from kizuna.domain.document import MAX_BYTES, Document, decode, parse_document, validate
from kizuna.domain.errors import Fault, FaultyFile
from kizuna.domain.playbook import Action


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(FaultyFile) as caught:
        parse_document(text, "f.yaml")
    return caught.value.faults


def only_fault(text: str) -> Fault:
    faults = faults_of(text)
    assert len(faults) == 1, faults
    return faults[0]


def test_values_are_plain_and_remember_their_lines() -> None:
    document = parse_document("a: 1\nb:\n  - x\n  - {c: 2.5, d: null}\n\ne: >-\n  two\n  lines\n", "f.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": 2.5, "d": None}], "e": "two lines"}
    assert [document.line_of(p) for p in [("a",), ("b",), ("b", 1), ("b", 1, "d"), ("e",)]] == [1, 2, 4, 4, 6]


def test_a_value_that_is_not_written_has_the_line_of_what_is_around_it() -> None:
    document = parse_document("a: 1\nb:\n  c: 2\n", "f.yaml")
    assert document.line_of(("b", "missing")) == 2
    assert document.line_of(("missing", 0, "x")) == 1


@pytest.mark.parametrize(
    "text", ["no", "on", "Yes", "off", "12:30", "1_000", "0o7", "0x1F", "2026-01-31", ".nan", ".inf", "=", "1 000"]
)
def test_no_stays_text(text: str) -> None:
    assert parse_document(f"a: {text}", "f.yaml").data == {"a": text}


def test_core_scalars_are_what_they_look_like() -> None:
    data = parse_document("{a: true, b: False, c: 007, d: -3, e: 1e3, f: .5, g: ~, h: , i: '1', j: \"true\"}", "f").data
    assert data == {
        "a": True, "b": False, "c": 7, "d": -3, "e": 1000.0, "f": 0.5, "g": None, "h": None, "i": "1", "j": "true",
    }  # fmt: skip


def test_keys_that_yaml_1_1_reads_as_booleans_stay_text() -> None:
    assert parse_document("no: 1\non: 2", "f").data == {"no": 1, "on": 2}


def test_duplicate_key_is_refused() -> None:
    fault = only_fault("discount: 10\nother: 1\ndiscount: 90\n")
    assert (fault.line, fault.field) == (3, "discount")
    assert "line 1" in fault.problem


def test_anchor_is_refused() -> None:
    assert "anchors (`&x`)" in only_fault("a: &x 1\nb: 2").problem


def test_alias_is_refused() -> None:
    faults = faults_of("a: &x [1]\nb: *x\n*x : 3")
    assert [fault.line for fault in faults] == [1, 2, 3]


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !own {b: 1}", "a: ! x", "!!map {a: 1}"])
def test_tag_is_refused(text: str) -> None:
    assert "tags" in only_fault(text).problem


def test_merge_key_is_refused() -> None:
    assert "merge keys" in only_fault("a:\n  <<: {b: 1}").problem


@pytest.mark.parametrize("key", ["1", "1.5", "true", "~", "null"])
def test_key_that_is_not_text_is_refused(key: str) -> None:
    assert "is not text" in only_fault(f"{key}: x").problem


@pytest.mark.parametrize("text", ["? [a, b]\n: 1", "{{a: 1}: 2}"])
def test_key_that_is_a_container_is_refused(text: str) -> None:
    assert "a key must be text" in only_fault(text).problem


def test_second_document_is_refused() -> None:
    assert only_fault("a: 1\n---\nb: 2").line == 2


def test_directive_is_refused() -> None:
    assert "directives" in only_fault("%YAML 1.1\n---\na: no").problem


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b", "just text"])
def test_file_without_keys_is_refused(text: str) -> None:
    assert only_fault(text).line == 1


def test_large_file_is_refused() -> None:
    assert "larger than 256 KB" in only_fault("# " + "あ" * (MAX_BYTES // 3)).problem


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "[[], "])
def test_deep_nesting_is_a_fault_and_not_a_crash(bracket: str) -> None:
    started = time.perf_counter()
    assert "nested more than 20 deep" in only_fault("a:\n " + bracket * 20_000).problem
    assert time.perf_counter() - started < 5


def test_too_many_values_are_refused() -> None:
    assert "more than 10,000 values" in only_fault("a: [" + "1," * 20_000 + "]").problem


def test_faults_are_counted_only_so_far() -> None:
    assert len(faults_of("a: 1\n" * 5_000)) <= 101


@pytest.mark.parametrize("number", ["9" * 16, "-" + "9" * 5_000, "1e999", "1e15"])
def test_number_without_end_is_refused(number: str) -> None:
    assert "digits" in only_fault(f"a: {number}").problem


@pytest.mark.parametrize("escape", [r"\0", r"\e", r"\ud800", r"\x9f"])
def test_escaped_control_character_is_refused(escape: str) -> None:
    assert "control character" in only_fault(f'a: "x{escape}"').problem


@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', "%YAML 1." + "1" * 5_000 + "\n---\na: 1", "a: \x00"])
def test_what_the_yaml_library_stumbles_over_is_a_fault(text: str) -> None:
    assert only_fault(text).problem


def test_broken_yaml_says_where_and_what_to_do() -> None:
    tab = only_fault("a: 1\n\tb: 2")
    assert (tab.line, tab.hint) == (2, "indent with spaces, not with tabs")
    unclosed = only_fault('a: 1\nb: "open\nc: 3\n')
    assert (unclosed.line, unclosed.hint) == (2, "a quote or bracket is not closed")


def test_all_faults_of_the_writing_come_at_once() -> None:
    faults = faults_of("a: &x 1\nb: 2\nb: 3\n1: x\nc: !t 4\n")
    assert [fault.line for fault in faults] == [1, 3, 4, 5]


def test_only_utf_8_is_read() -> None:
    assert decode("\ufeffa: 架空".encode(), "f") == decode("a: 架空".encode(), "f") == "a: 架空"
    with pytest.raises(FaultyFile, match=r"f:2: the file is not UTF-8"):
        decode("a: 1\nb: 架空".encode("cp932"), "f")


SPECIAL = r"""a no : - & * &x *x ! !!int { } [ ] , ' " \\ \U ? | > >- % %YAML --- ... # << 1 1.5 ~ あ goal steps send"""
WORDS = [
    *SPECIAL.split(),
    " ",
    "  ",
    ": ",
    "- ",
    "? ",
    "--- ",
    "\n",
    "\n",
    "\n  ",
    "\t",
    "\ufeff",
    "\ud800",
    "\x00",
    "\x85",
]
TEXTS = st.text() | st.lists(st.sampled_from(WORDS), max_size=60).map("".join)


@settings(max_examples=150, deadline=2_000)
@given(TEXTS)
def test_any_text_parses_or_is_a_faulty_file(text: str) -> None:
    try:
        document = parse_document(text, "f.yaml")
    except FaultyFile as error:
        assert error.faults
        return
    for model in (Brief, Action):
        with pytest.raises(FaultyFile):
            validate(model, document)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEYS = st.sampled_from([*Brief.model_fields, *Action.model_fields, "from", "lift", "per", "send", "wait", "if", "ja"])
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner), max_leaves=12
)


@settings(max_examples=100, deadline=2_000)
@given(st.dictionaries(KEYS, VALUES, min_size=1))
def test_any_values_are_refused_in_plain_words(data: dict[str, object]) -> None:
    for model in (Brief, Action):
        with pytest.raises(FaultyFile) as caught:
            validate(model, Document("f.yaml", data, {}))
        for fault in caught.value.faults:
            assert fault.problem
            for jargon in ("pydantic", "https://errors", "Input should", "union", "(send)", "[key]", "Value error"):
                assert jargon not in fault.problem + fault.hint + fault.field or jargon in str(data)
