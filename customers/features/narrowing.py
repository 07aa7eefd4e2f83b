"""The same query for some units alone: their rows are picked out first, then aggregated.

The units stand in a table `wanted_units` with one column, `unit_id`; every row is there once.
"""

from sqlglot import exp

from ..contract.model import Source, contract

WANTED = "wanted_units"
_PREFIX = "wanted_"
#: What ties a row to its unit, closest first: (column of the row, entity that holds it).
_TIES = (("account_id", ""), ("contact_id", "contacts"), ("order_id", "orders"))


def narrowed(query: exp.Select) -> exp.Select:
    """The query over the rows of the wanted units; entities that belong to nobody (products) stay whole."""
    query = query.copy()
    own = {cte.alias_or_name for cte in query.find_all(exp.CTE)}
    sources = {source.name: source for source in contract()}
    needed: dict[str, exp.Select] = {}
    for table in list(query.find_all(exp.Table)):
        source = sources.get(table.name)
        if source is None or table.name in own or not _picked(source, sources, needed):
            continue
        table.replace(exp.to_table(f"{_PREFIX}{table.name}").as_(table.alias_or_name, table=True))
    own_ctes = query.ctes
    query.set("with_", None)
    for name, rows in needed.items():
        query = query.with_(f"{_PREFIX}{name}", as_=rows, copy=False)
    query.args["with_"].expressions.extend(own_ctes) if needed else query.set("with_", exp.With(expressions=own_ctes))
    return query


def _picked(source: Source, sources: dict[str, Source], needed: dict[str, exp.Select]) -> bool:
    """Note which rows of the entity are wanted; False where its rows belong to no unit."""
    if source.name in needed:
        return True
    tie = next(((column, holder) for column, holder in _TIES if column in source.column_names), None)
    if tie is None:
        return False
    column, holder = tie
    if holder:
        _picked(sources[holder], sources, needed)
        wanted = exp.select(column).from_(f"{_PREFIX}{holder}")
    else:
        wanted = exp.select("unit_id").from_(WANTED)
    rows = exp.select("*").from_(source.name)
    needed[source.name] = rows.where(exp.column(column, source.name).isin(query=wanted))
    return True
