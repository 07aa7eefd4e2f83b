"""People who would hold a contradiction are put together again, link by link, without the links that would make one.

The links come in the order of their strength, so the weakest evidence gives way (Kruskal's algorithm with constraints).
What a person joined, and what was one customer before, comes first and is never taken apart here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from .components import put_pairs
from .rules import RuleSet

Pair = tuple[int, int]
#: Columns whose values compare as fast as their hashes; text does not.
_CHEAP = frozenset({"birth_date"})


@dataclass(frozen=True)
class Parted:
    """What became of the contradictions."""

    refused: tuple[Pair, ...]  #: links left out
    contradicting: tuple[Pair, ...] = ()  #: pairs that stay together against what speaks against it


def take_apart(
    connection: duckdb.DuckDBPyConnection, rules: RuleSet, forced: Sequence[Pair], apart: Sequence[Pair]
) -> Parted:
    """Correct `identity_labels`, in which `forced` pairs have one label."""
    refused = _no_giants(connection, rules, forced)
    against = _contradictions(connection, rules) + _within_a_label(connection, apart)
    labels = _labels_of(connection, (number for pair in against for number in pair))
    if not labels:
        return Parted(tuple(refused))
    _mark(connection, set(labels.values()))
    _complete_edges(connection, rules)
    parts = _Parts(against, None)
    refused += _join_all(parts, _links(connection, forced))
    _relabel(connection, parts)
    together = [pair for pair in against if parts.find(pair[0]) == parts.find(pair[1])]
    return Parted(tuple(dict.fromkeys(refused)), tuple(together))


def _join_all(parts: "_Parts", links: Iterable[tuple[int, int, bool]]) -> list[Pair]:
    """Those that could not be joined."""
    return [(low, high) for low, high, is_forced in links if not parts.join(low, high, anyway=is_forced)]


class _Parts:
    """Union-find that knows which numbers may not come together, and how many may."""

    def __init__(self, against: Iterable[Pair], largest: int | None) -> None:
        self._parent: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._against: dict[int, set[int]] = defaultdict(set)
        self._largest = largest
        for one, other in against:
            self._against[one].add(other)
            self._against[other].add(one)

    def find(self, number: int) -> int:
        root = number
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(number, number)) != root:
            self._parent[number], number = root, above
        return root

    def join(self, one: int, other: int, *, anyway: bool = False) -> bool:
        """Whether they are together now."""
        first, second = sorted((self.find(one), self.find(other)))
        if first == second:
            return True
        ours, theirs = self._members.get(first, [first]), self._members.get(second, [second])
        if not anyway and not self._may(ours, theirs):
            return False
        self._parent[second] = first
        self._members[first] = ours + theirs
        self._members.pop(second, None)
        return True

    def _may(self, ours: list[int], theirs: list[int]) -> bool:
        if self._largest is not None and len(ours) + len(theirs) > self._largest:
            return False
        if len(ours) > len(theirs):
            ours, theirs = theirs, ours
        members = set(theirs)
        return all(self._against[number].isdisjoint(members) for number in ours if number in self._against)


def several(columns: Sequence[str]) -> str:
    """SQL: whether one of the columns has more than one known value in a group."""
    codes = [name if name in _CHEAP else f"CASE WHEN {name} IS NOT NULL THEN hash({name}) END" for name in columns]
    return " OR ".join(f"coalesce(min({code}) <> max({code}), FALSE)" for code in codes) or "FALSE"


def _no_giants(connection: duckdb.DuckDBPyConnection, rules: RuleSet, forced: Sequence[Pair]) -> list[Pair]:
    """More records than one person may have: chains of weak links are cut first."""
    giants = connection.execute(
        f"SELECT label FROM identity_labels GROUP BY label HAVING count(*) > {rules.largest_person}"  # noqa: S608
    ).fetchall()
    if not giants:
        return []
    _mark(connection, {label for (label,) in giants})
    parts = _Parts((), rules.largest_person)
    refused = _join_all(parts, _links(connection, forced))
    _relabel(connection, parts)
    return refused


def _contradictions(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> list[Pair]:
    """Pairs with one label that can't be one person."""
    if not rules.telling:
        return []
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE identity_doubtful AS
        SELECT label FROM identity_labels JOIN identity_records USING (number)
        GROUP BY label HAVING {several(rules.telling)}"""  # noqa: S608
    )
    members = "SELECT * FROM identity_doubtful JOIN identity_labels USING (label) JOIN identity_records USING (number)"
    return connection.execute(
        f"""SELECT DISTINCT a.number, b.number FROM ({members}) a JOIN ({members}) b USING (label)
        WHERE a.number < b.number AND {rules.contradiction} ORDER BY ALL"""  # noqa: S608
    ).fetchall()


def _within_a_label(connection: duckdb.DuckDBPyConnection, apart: Sequence[Pair]) -> list[Pair]:
    """Those of the pairs kept apart that would come together."""
    if not apart:
        return []
    put_pairs(connection, "identity_apart", apart)
    return connection.execute(
        """SELECT one, other FROM identity_apart JOIN identity_labels a ON a.number = one
        JOIN identity_labels b ON b.number = other WHERE a.label = b.label ORDER BY ALL"""
    ).fetchall()


def _labels_of(connection: duckdb.DuckDBPyConnection, numbers: Iterable[int]) -> dict[int, int]:
    put_pairs(connection, "identity_asked", [(number, number) for number in sorted(set(numbers))])
    query = "SELECT number, label FROM identity_labels JOIN identity_asked ON one = number"
    return dict(connection.execute(query).fetchall())


def _mark(connection: duckdb.DuckDBPyConnection, labels: set[int]) -> None:
    """`identity_marked`: the numbers that have one of the labels."""
    put_pairs(connection, "identity_asked", [(label, label) for label in sorted(labels)])
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_marked AS
        SELECT number, label FROM identity_labels JOIN identity_asked ON one = label"""
    )


def _complete_edges(connection: duckdb.DuckDBPyConnection, rules: RuleSet) -> None:
    """A star joins all to its first record; where that one goes elsewhere, the others' links count too."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE identity_marked_records AS
        SELECT r.*, label FROM identity_records r JOIN identity_marked USING (number)"""
    )
    for strength, rule in enumerate(rules.rules):
        columns = ", ".join(("label", *rules.key(rule)))
        connection.execute(
            f"""INSERT INTO identity_edges SELECT DISTINCT a.number, b.number, ?, ?
            FROM identity_marked_records a JOIN identity_marked_records b USING ({columns})
            WHERE a.number < b.number AND {rules.agreement} AND NOT {rules.contradiction}""",  # noqa: S608
            [rule.name, strength],
        )


def _links(connection: duckdb.DuckDBPyConnection, forced: Sequence[Pair]) -> list[tuple[int, int, bool]]:
    """All links among the marked, forced ones first, then the strongest first."""
    marked = {number for (number,) in connection.execute("SELECT number FROM identity_marked").fetchall()}
    first = [(low, high, True) for low, high in forced if low in marked and high in marked]
    rest = connection.execute(
        """SELECT low, high, FALSE FROM identity_edges
        WHERE low IN (SELECT number FROM identity_marked) AND high IN (SELECT number FROM identity_marked)
        GROUP BY low, high ORDER BY min(strength), low, high"""
    ).fetchall()
    return first + rest


def _relabel(connection: duckdb.DuckDBPyConnection, parts: _Parts) -> None:
    numbers = [number for (number,) in connection.execute("SELECT number FROM identity_marked").fetchall()]
    put_pairs(connection, "identity_parted", [(number, parts.find(number)) for number in numbers])
    connection.execute(
        """UPDATE identity_labels SET label = identity_parted.other FROM identity_parted
        WHERE identity_labels.number = identity_parted.one"""
    )
