"""What is new since the last time: nothing, the tail of a file that only grew, or all of it."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kizuna.customers.sources.looking import has_settled, state_of
from kizuna.customers.sources.whole_lines import WholeLines
from kizuna.domain.errors import UserError
from kizuna.domain.sources import Feed

from .conftest import Shelf, cells_of

MakeShelf = Callable[..., Shelf]
HEADER = "order_id,person_id,ordered_at,kind,amount_jpy\n"
FEED = Feed(file="o.csv")


def line(number: int) -> str:
    return f"O{number},P1,2026-01-31T09:30:00Z,purchase,{number}\n"


def ids(here: Shelf, feed: Feed = FEED) -> list[str]:
    return [row[0] for row in here.rows(feed)]


@pytest.fixture
def grown(shelf: MakeShelf) -> Shelf:
    """A file that was read once, with two rows."""
    here = shelf()
    here.write("o.csv", HEADER + line(1) + line(2))
    assert ids(here) == ["O1", "O2"]
    return here


def test_an_unchanged_file_yields_nothing(grown: Shelf) -> None:
    assert ids(grown) == []
    (grown.folder / "o.csv").touch()
    assert ids(grown) == []


def test_of_a_file_that_only_grew_the_tail_is_read_with_the_lines_of_the_file(grown: Shelf) -> None:
    grown.append("o.csv", line(3) + "O4\n" + line(5))
    batch = grown.first(FEED)
    assert not batch.is_whole
    assert [row[0] for row in cells_of(grown.connection, batch)] == ["O3", "O5"]
    batch = grown.first(FEED)
    cells_of(grown.connection, batch)
    (offset,) = grown.connection.execute(f"SELECT line_byte_position - 1 FROM rejects_{batch.rejects}").fetchone()
    assert batch.lines_at_bytes([offset]) == {offset: 5}
    assert batch.lines_of([0, 1], [5]) == {0: 4, 1: 6}


def test_the_tail_of_a_file_that_grew_twice_is_only_the_last_part(grown: Shelf) -> None:
    grown.append("o.csv", line(3))
    assert ids(grown) == ["O3"]
    grown.append("o.csv", line(4))
    assert ids(grown) == ["O4"]


@pytest.mark.parametrize(
    "content", [HEADER + line(9) + line(2), HEADER + line(1), HEADER + line(1) + line(7) + line(3)]
)
def test_a_file_that_changed_otherwise_is_read_whole(grown: Shelf, content: str) -> None:
    grown.write("o.csv", content)
    assert grown.first(FEED).is_whole
    assert len(ids(grown)) == content.count("\n") - 1


def test_lines_are_those_of_the_file_as_it_is_now(grown: Shelf) -> None:
    """Written anew with one row over three lines, then longer: the count of the old file's lines is worth nothing."""
    grown.write("o.csv", HEADER + line(1).replace("P1", '"P\n\n1"') + line(2) + line(3))
    assert ids(grown) == ["O1", "O2", "O3"]
    grown.append("o.csv", line(4))
    batch = grown.first(FEED)
    cells_of(grown.connection, batch)
    assert not batch.is_whole and batch.lines_of([0], []) == {0: 7}


def test_a_last_line_that_went_on_is_no_growth(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1) + line(2).rstrip("\n"))
    assert ids(here) == ["O1", "O2"]
    here.append("o.csv", "00\n")
    assert here.rows(FEED)[1][4] == "200"


def test_a_last_line_without_its_end_is_not_read_twice(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1).rstrip("\n"))
    assert ids(here) == ["O1"]
    here.append("o.csv", "\n" + line(2))
    assert ids(here) == ["O2"]


def test_another_mapping_reads_the_file_again(grown: Shelf) -> None:
    assert grown.first(Feed(file="o.csv", ids="pos")).is_whole
    assert ids(grown, Feed(file="o.csv", ids="pos")) == ["pos:O1", "pos:O2"]


def test_new_lines_of_json_come_alone(shelf: MakeShelf) -> None:
    here = shelf("volunteered")
    one = '{"entry_id": "%d", "person_id": "P", "kind": "interest", "value": "tea", "recorded_at": "x"}\n'
    here.write("v.jsonl", one % 1)
    feed = Feed(file="v.jsonl")
    assert [row[0] for row in here.rows(feed)] == ["1"]
    here.append("v.jsonl", one % 2 + '{"entry_id": "3"}\n')
    batch = here.first(feed)
    assert [row[0] for row in cells_of(here.connection, batch)] == ["2", "3"]
    assert batch.lines_of([1], []) == {1: 3}


def test_of_a_file_being_written_only_whole_lines_are_read(shelf: MakeShelf, fresh_files: None) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1) + "O2,P1,2026-01-31T09:3")
    assert ids(here) == ["O1"]
    here.append("o.csv", "0:00Z,purchase,2\nO3,")
    assert ids(here) == ["O2"]
    assert ids(here) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_just_saved_without_a_last_line_end_is_read_to_its_end(
    shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr("kizuna.customers.sources.looking.AT_REST_SECONDS", 60.0)
    monkeypatch.setattr("kizuna.customers.sources.looking.SETTLED_SECONDS", 0.1)
    here, feed = shelf(), Feed(file="o.csv", encoding=encoding)  # type: ignore[arg-type]
    here.write("o.csv", (HEADER + line(1) + line(2)).rstrip("\n").encode(encoding))
    assert ids(here, feed) == ["O1", "O2"]
    assert ids(here, feed) == []


def test_a_quote_that_is_never_closed_is_waited_for_no_longer_than_somebody_writes(
    shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kizuna.customers.sources.looking.AT_REST_SECONDS", 60.0)
    monkeypatch.setattr("kizuna.customers.sources.looking.SETTLED_SECONDS", 0.1)
    here = shelf()
    here.write("o.csv", HEADER + line(1) + '"O2,' + line(3) + line(4))
    batch = here.first(Feed(file="o.csv"))
    assert batch.written_lines() == 4


def test_who_goes_on_writing_has_not_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.customers.sources.looking.SETTLED_SECONDS", 0.5)
    path = tmp_path / "o.csv"
    path.write_text("a")
    with path.open("rb") as file, path.open("a") as writer:
        state = state_of(file)
        timer = threading.Timer(0.1, lambda: (writer.write("b"), writer.flush()))
        timer.start()
        assert not has_settled(file, state)
        timer.join()


def test_a_line_end_within_quotes_is_no_end_of_a_row(shelf: MakeShelf, fresh_files: None) -> None:
    here = shelf("volunteered")
    here.write("o.csv", 'entry_id,person_id,kind,value,recorded_at\n1,P,interest,"green ""tea""\n2,P,interest,"a\nb')
    feed = Feed(file="o.csv")
    assert len(here.rows(feed)) == 0
    here.write("o.csv", 'entry_id,person_id,kind,value,recorded_at\n1,P,interest,"green ""tea""",x\n2,P,interest,"a\nb')
    assert len(here.rows(feed)) == 1


def test_reading_while_somebody_appends_yields_every_row_once_and_whole(shelf: MakeShelf, fresh_files: None) -> None:
    here = shelf()
    path = here.write("o.csv", HEADER)
    wanted = [f"O{number}" for number in range(3000)]

    def write() -> None:
        rng = random.Random(7)
        with path.open("ab", buffering=0) as file:
            content = "".join(map(line, range(3000))).encode()
            while content:
                cut = rng.randrange(1, 4000)
                file.write(content[:cut])
                content = content[cut:]
                time.sleep(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    found, rounds = [], 0
    while writer.is_alive():
        found += here.rows(FEED)
        rounds += 1
    writer.join()
    found += here.rows(FEED)
    assert [row[0] for row in found] == wanted
    assert all(row[0] == f"O{row[4]}" for row in found)
    assert rounds > 1


def test_a_file_touched_between_opening_and_reading_is_refused(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1))
    reading = here.batches(FEED)
    next(reading)
    here.append("o.csv", line(2))
    with pytest.raises(UserError, match=r"^o\.csv: somebody wrote into this file"):
        next(reading)


def test_a_file_replaced_while_it_is_read_is_read_as_it_was(shelf: MakeShelf) -> None:
    here = shelf()
    here.write("o.csv", HEADER + line(1))
    batch = here.first(FEED)
    (here.folder / "new.csv").write_text(HEADER + line(2))
    (here.folder / "new.csv").replace(here.folder / "o.csv")
    assert [row[0] for row in cells_of(here.connection, batch)] == ["O1"]


def test_whole_lines_let_everything_through_in_the_end() -> None:
    rng = random.Random(11)
    for _ in range(200):
        content = bytes(rng.choice(b'ab,"\n') for _ in range(60))
        lines, seen, position = WholeLines(), b"", 0
        while position < len(content):
            step = rng.randrange(1, 9)
            seen += lines.feed(content[position : position + step])
            position += step
        assert content.startswith(seen)
        assert not seen or (seen.endswith(b"\n") and seen.count(b'"') % 2 == 0)
        rest = content[len(seen) :]
        assert not any(rest[:end].count(b'"') % 2 == 0 for end in range(len(rest)) if rest[end : end + 1] == b"\n")


def test_a_stray_quote_does_not_hold_back_the_rest_for_ever() -> None:
    lines = WholeLines()
    assert lines.feed(b'a\nb " c\nd\n') == b"a\n"
    assert lines.feed((b"x" * 1000 + b"\n") * 1100).endswith(b"x\n")
