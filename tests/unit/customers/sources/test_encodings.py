"""Files in the encodings of Japanese exports."""

from collections.abc import Callable

import pytest
from kizuna.customers.sources.encodings import to_utf8
from kizuna.domain.sources import Feed

from .conftest import Shelf, cells_of

MakeShelf = Callable[..., Shelf]
HEADER = "会員番号,氏名,メール,言語,登録日\n"
ROWS = "1,髙橋 花子,hanako@tsubaki.example,ja,2026-01-31\n2,﨑山 ①郎,,ja,2026-02-01\n3,ｶﾀｶﾅ～ソ表,,ja,2026-02-01\n"
COLUMNS = {"person_id": "会員番号", "full_name": "氏名", "email": "メール", "language": "言語", "created_on": "登録日"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le-bom"])
def test_each_encoding_gives_the_same_names(shelf: MakeShelf, encoding: str) -> None:
    here = shelf("persons")
    text = HEADER + ROWS
    raw = "\ufeff".encode("utf-16-le") + text.encode("utf-16-le") if "bom" in encoding else text.encode(encoding)
    here.write("m.csv", raw)
    said = "utf-8" if "utf-8" in encoding else encoding[:6].removesuffix("-")
    feed = Feed(file="m.csv", encoding=said, columns=COLUMNS)  # type: ignore[arg-type]
    assert [row[:2] for row in here.rows(feed)] == [("1", "髙橋 花子"), ("2", "﨑山 ①郎"), ("3", "ｶﾀｶﾅ～ソ表")]


def test_euc_jp_is_read_with_the_letters_that_windows_adds(shelf: MakeShelf) -> None:
    here = shelf("persons")
    raw = (HEADER + "1,山田 □郎△,,ja,2026-01-31\n").encode("euc-jp")
    raw = raw.replace("□".encode("euc-jp"), b"\xad\xa1").replace("△".encode("euc-jp"), b"\xfc\xe2")  # ① and 髙
    here.write("m.csv", raw)
    [row] = here.rows(Feed(file="m.csv", encoding="euc-jp", columns=COLUMNS))
    assert row[1] == "山田 ①郎髙"


@pytest.mark.parametrize("bad", [b"\x81", b"\x85\x2c", b"\x80", b"\xa0", b"\xfd", b"\xff"])
def test_a_byte_that_is_no_cp932_rejects_its_row_alone(shelf: MakeShelf, bad: bytes) -> None:
    here = shelf("persons")
    good = (HEADER + "1,山田,,ja,2026-01-31\n").encode("cp932")
    here.write("m.csv", good + b"2,x" + bad + b",,ja,2026-01-31\n3," + "佐藤".encode("cp932") + b",,ja,2026-01-31\n")
    feed = Feed(file="m.csv", encoding="cp932", columns=COLUMNS)
    batch = here.first(feed)
    assert [row[1] for row in cells_of(here.connection, batch, "person_id full_name")] == ["山田", "佐藤"]
    found = here.connection.execute(
        f"SELECT line_byte_position - 1, error_type FROM rejects_{batch.rejects}"
    ).fetchall()
    assert found[0][1] == "INVALID ENCODING"
    assert batch.lines_at_bytes([found[0][0]]) == {found[0][0]: 3}
    assert batch.encoding == "cp932"


def test_a_letter_cut_in_two_by_the_chunks_is_read() -> None:
    raw = "表示ソフト".encode("cp932")
    assert b"".join(to_utf8((raw[i : i + 1] for i in range(len(raw))), "cp932")).decode() == "表示ソフト"


def test_a_cp932_file_that_grew_yields_its_tail(shelf: MakeShelf) -> None:
    here = shelf("persons")
    here.write("m.csv", (HEADER + "1,髙橋,,ja,2026-01-31\n").encode("cp932"))
    feed = Feed(file="m.csv", encoding="cp932", columns=COLUMNS)
    assert len(here.rows(feed)) == 1
    here.append("m.csv", "2,ソ表,,ja,2026-01-31\n".encode("cp932"))
    assert [row[1] for row in here.rows(feed)] == ["ソ表"]


def test_a_utf_16_file_that_grew_is_read_whole(shelf: MakeShelf) -> None:
    here = shelf("persons")
    here.write("m.csv", (HEADER + "1,髙橋,,ja,2026-01-31\n").encode("utf-16"))
    feed = Feed(file="m.csv", encoding="utf-16", columns=COLUMNS)
    assert len(here.rows(feed)) == 1
    here.append("m.csv", "2,ソ表,,ja,2026-01-31\n".encode("utf-16-le"))
    assert [row[1] for row in here.rows(feed)] == ["髙橋", "ソ表"]


def test_the_unfinished_end_of_a_utf_16_file_comes_later(shelf: MakeShelf, fresh_files: None) -> None:
    here = shelf("persons")
    here.write("m.csv", (HEADER + "1,髙橋,,ja,2026-01-31\n2,ソ").encode("utf-16"))
    feed = Feed(file="m.csv", encoding="utf-16", columns=COLUMNS)
    assert len(here.rows(feed)) == 1
    here.append("m.csv", "表,,ja,2026-01-31\n".encode("utf-16-le"))
    assert len(here.rows(feed)) == 2
