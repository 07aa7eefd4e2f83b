"""Where the engines differ: the same meaning in the words of DuckDB, Spark, PostgreSQL, BigQuery and Snowflake.

Everything else is left to SQLGlot. Rules that hold for all of them: days are counted between dates; a number is a
DOUBLE before it is divided; texts are ordered by their code points; ties have a winner; a yes is 1.
"""

from collections.abc import Callable, Sequence

import sqlglot
from sqlglot import exp

DIALECTS = ("duckdb", "spark", "postgres", "bigquery", "snowflake")
#: No bitmap is wider: 31 days, or as many features of a product.
BITS = 40
_DAYS_IN_A_BITMAP = 31


class Engine:
    """Builds the few expressions that SQLGlot can't carry over by itself."""

    def __init__(self, dialect: str) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"no engine {dialect!r}; there are: {', '.join(DIALECTS)}")
        self.dialect = dialect

    def latest(self, value: exp.Expr, moment: exp.Expr, where: Sequence[exp.Expr], *, is_text: bool) -> exp.Expr:
        """The known value with the latest moment; of several at that moment the largest."""
        known = exp.and_(*where, exp.Not(this=exp.Is(this=value.copy(), expression=exp.null())))
        if self.dialect == "postgres":
            order = [_falling(moment), _falling(self.by_code(value) if is_text else value)]
            rows = exp.ArrayAgg(this=exp.Order(this=value.copy(), expressions=order))
            return exp.Bracket(this=exp.paren(_filter(rows, known)), expressions=[exp.Literal.number(1)], offset=1)
        if self.dialect in ("bigquery", "snowflake"):
            return self._latest_of_array(exp.case().when(known, value.copy()), known, moment)
        row: exp.Expr = exp.Tuple(expressions=[moment.copy(), value.copy()])
        if self.dialect == "spark":
            row = exp.Anonymous(this="STRUCT", expressions=row.expressions)
        return _filter(exp.ArgMax(this=value.copy(), expression=row), known)

    def _latest_of_array(self, value: exp.Expr, known: exp.Expr, moment: exp.Expr) -> exp.Expr:
        when = exp.case().when(known.copy(), moment.copy()).sql(self.dialect)
        shown = value.sql(self.dialect)
        text = (
            f"ARRAY_AGG({shown} IGNORE NULLS ORDER BY {when} DESC, {shown} DESC LIMIT 1)[SAFE_OFFSET(0)]"
            if self.dialect == "bigquery"
            else f"GET(ARRAY_AGG({shown}) WITHIN GROUP (ORDER BY {when} DESC NULLS LAST, {shown} DESC NULLS LAST), 0)"
        )
        return sqlglot.parse_one(text, dialect=self.dialect)

    def distinct_days(self, moment: exp.Expr, as_of: exp.Expr, where: Sequence[exp.Expr], days: int | None) -> exp.Expr:
        """On how many days; as a bitmap where it fits, which is a third cheaper than a distinct count on DuckDB."""
        if self.dialect == "duckdb" and days is not None and days <= _DAYS_IN_A_BITMAP:
            ago = exp.Least(this=days_between(moment, as_of), expressions=[exp.Literal.number(_DAYS_IN_A_BITMAP)])
            bit = exp.BitwiseLeftShift(this=exp.cast("1", "BIGINT"), expression=exp.cast(ago, "INTEGER", copy=False))
            return self.popcount(_filter(exp.BitwiseOrAgg(this=bit), exp.and_(*where, copy=False)))
        day = exp.cast(moment.copy(), "DATE", copy=False)
        return exp.Count(this=exp.Distinct(expressions=[exp.case().when(exp.and_(*where, copy=False), day)]))

    def distinct(self, value: exp.Expr, where: Sequence[exp.Expr]) -> exp.Expr:
        """How many different known values; FILTER beside DISTINCT costs DuckDB twice the time, thrice the memory."""
        chosen = exp.case().when(exp.and_(*where, copy=False), value.copy()) if where else value.copy()
        return exp.Count(this=exp.Distinct(expressions=[chosen]))

    def popcount(self, bits: exp.Expr) -> exp.Expr:
        """How many bits are set."""
        if self.dialect == "postgres":
            row = exp.cast(exp.cast(bits, "BIGINT"), exp.DataType.build("BIT(64)", dialect="postgres"), copy=False)
            return exp.Anonymous(this="BIT_COUNT", expressions=[row])
        if self.dialect == "snowflake":
            ones = (f"BITAND(BITSHIFTRIGHT(({bits.sql('snowflake')}), {bit}), 1)" for bit in range(BITS))
            return sqlglot.parse_one(f"({' + '.join(ones)})", dialect="snowflake")
        return exp.BitwiseCount(this=bits)

    def by_code(self, text: exp.Expr) -> exp.Expr:
        """The text for an order by code points: PostgreSQL has the server's own order otherwise."""
        if self.dialect != "postgres":
            return text.copy()
        return exp.Collate(this=exp.paren(text.copy()), expression=exp.to_identifier("C", quoted=True))

    def lowered(self, tree: exp.Expr) -> exp.Expr:
        """The tree with `days_between`, `popcount` and `by_code` in this engine's words."""
        ours: dict[str, Callable[..., exp.Expr]] = {
            "days_between": days_between,
            "popcount": self.popcount,
            "by_code": self.by_code,
        }

        def put_in(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Anonymous) and str(node.this).lower() in ours:
                return ours[str(node.this).lower()](*node.expressions)
            return node

        return _bottom_up(tree, put_in)


def moment_of(value: exp.Expr) -> exp.Expr:
    """A moment without a zone, as DuckDB means TIMESTAMP."""
    return exp.cast(value, exp.DataType.build("TIMESTAMP", dialect="duckdb"), copy=False)


def days_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Days from one date to the other; midnights are counted, not spans of 24 hours."""
    dates = [exp.cast(moment.copy(), "DATE", copy=False) for moment in (end, start)]
    return exp.DateDiff(this=dates[0], expression=dates[1], unit=exp.var("DAY"))


def yes_is_one(question: exp.Expr) -> exp.Expr:
    """1 for yes, 0 for no: PostgreSQL makes no number of a boolean."""
    one, zero = (exp.Literal.number(number) for number in (1, 0))
    return exp.case().when(question, one).when(exp.Not(this=exp.paren(question.copy())), zero)


def filtered(aggregate: exp.Expr, where: Sequence[exp.Expr]) -> exp.Expr:
    """The aggregate over the rows that fit."""
    return _filter(aggregate, exp.and_(*where, copy=False)) if where else aggregate


def _filter(aggregate: exp.Expr, where: exp.Expr) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=where))


def _falling(value: exp.Expr) -> exp.Expr:
    return exp.Ordered(this=value.copy(), desc=True, nulls_first=False)


def _bottom_up(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Children first: a marker may stand inside another one."""
    root = exp.Paren(this=tree)
    for node in reversed(list(root.walk(bfs=True))):
        if node is not root:
            changed = change(node)
            if changed is not node:
                node.replace(changed)
    found: exp.Expr = root.this
    found.pop()
    return found
