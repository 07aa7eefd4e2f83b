"""Keeps erased people out when the sources are read again: the company's files may still hold them for other ends."""

from collections.abc import Callable, Iterable

import duckdb

#: (kind, value) -> whether an erased person had it; kinds are `contact`, `unit` and `email`.
KeepOut = Callable[[str, str], bool]

#: Columns that name a person or a unit, and what an erasure calls it.
_ID_COLUMNS = {
    "person_id": ("contact", "unit"),
    "contact_id": ("contact",),
    "account_id": ("unit",),
    "referred_account_id": ("unit", "contact"),
}
#: Free text, which may speak of whoever wrote it.
_WORDS = ("text", "note", "comment")


def leave_out(connection: duckdb.DuckDBPyConnection, sources: Iterable[str], keep_out: KeepOut) -> dict[str, int]:
    """Take erased people out of the loaded sources; returns how many good rows each source has now.

    Rows about a unit that is still there stay, without the contact and without the words of the erased.
    """
    tables = {source: columns for source in sources if (columns := _columns(connection, source))}
    erased = {kind: _erased(connection, tables, keep_out, kind) for kind in ("contact", "unit")}
    for source in ("contacts", "persons"):
        if source in tables:
            erased["contact"] |= _by_address(connection, source, tables[source], keep_out)
    if "persons" in tables:  # a person is both
        erased["unit"] = erased["contact"] = erased["unit"] | erased["contact"]
    for source, columns in tables.items():
        _leave_out_of(connection, source, columns, erased)
    return {source: _count(connection, source) for source in tables}


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """The columns of a source's rows as loaded, good and faulty; none for a source that has no file."""
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
    return [name for (name,) in connection.execute(query, [_table(source)]).fetchall()]


def _table(source: str) -> str:
    return f"{source}_rows"


def _erased(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, list[str]], keep_out: KeepOut, kind: str
) -> set[str]:
    """The ids of this kind that an erased person had; each is asked about once."""
    parts = [
        f'SELECT CAST("{column}" AS VARCHAR) FROM "{_table(source)}"'  # noqa: S608 - names come from the contract
        for source, columns in tables.items()
        for column in columns
        if kind in _ID_COLUMNS.get(column, ())
    ]
    if not parts:
        return set()
    ids = connection.execute(" UNION ".join(parts)).fetchall()
    return {value for (value,) in ids if value is not None and keep_out(kind, value)}


def _by_address(
    connection: duckdb.DuckDBPyConnection, source: str, columns: Iterable[str], keep_out: KeepOut
) -> set[str]:
    """The same person under a new id."""
    ident = "person_id" if "person_id" in columns else "contact_id"
    query = f'SELECT "{ident}", email FROM "{_table(source)}" WHERE email IS NOT NULL'  # noqa: S608
    return {value for value, email in connection.execute(query).fetchall() if keep_out("email", email)}


def _leave_out_of(
    connection: duckdb.DuckDBPyConnection, source: str, columns: list[str], erased: dict[str, set[str]]
) -> None:
    is_about_a_unit = "account_id" in columns and source != "contacts"
    for column in columns:
        ids = sorted(set().union(*(erased[kind] for kind in _ID_COLUMNS.get(column, ()))))
        if not ids:
            continue
        where = f'"{column}" IN (SELECT unnest($ids::VARCHAR[]))'
        if column == "referred_account_id" or (column == "contact_id" and is_about_a_unit):
            words = [word for word in _WORDS if word in columns and column == "contact_id"]
            values = ", ".join(f'"{name}" = NULL' for name in [column, *words])
            connection.execute(f'UPDATE "{_table(source)}" SET {values} WHERE {where}', {"ids": ids})  # noqa: S608
        else:
            connection.execute(f'DELETE FROM "{_table(source)}" WHERE {where}', {"ids": ids})  # noqa: S608


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    row = connection.execute(f'SELECT count(*) FROM "{source}"').fetchone()  # noqa: S608
    return int(row[0]) if row else 0
