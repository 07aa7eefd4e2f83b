"""Reads tables of a lake through Spark Connect, by PySpark's own client (`pyspark[connect]`)."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from ..domain.errors import UserError
from .source_table import Question, without_secrets

_ROWS_AT_A_TIME = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SourceLake:
    """A session with a Spark cluster. Only `table`, `select` and `filter` are asked of it, and the brief's query."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def columns(self, question: Question) -> tuple[str, ...]:
        return tuple(self._frame(question).columns)

    def chunks(self, question: Question) -> Iterator[Sequence[Sequence[Any]]]:
        from pyspark.sql.connect import functions  # the other door asks which mode the process is in

        frame = self._frame(question)
        if question.after is not None and question.watermark is not None:
            mark, after = functions.col(f"`{question.watermark}`"), functions.lit(question.after)
            frame = frame.filter((mark >= after if question.inclusive else mark > after) | mark.isNull())
        zoned = [number for number, kind in enumerate(frame.dtypes) if kind[1] == "timestamp"]
        # The client would hand out moments in this machine's own time, without saying so.
        micros = {frame.columns[n]: functions.unix_micros(frame[f"`{frame.columns[n]}`"]) for n in zoned}
        rows = frame.withColumns(micros).toLocalIterator(prefetchPartitions=True)
        while chunk := list(itertools.islice(rows, _ROWS_AT_A_TIME)):
            yield [_with_moments(row, zoned) for row in chunk]

    def _frame(self, question: Question) -> Any:
        return self._session.table(question.table) if question.table else self._session.sql(question.query)


def _with_moments(row: Sequence[Any], zoned: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in zoned:
        if values[place] is not None:
            values[place] = _EPOCH + timedelta(microseconds=values[place])
    return values


@contextmanager
def open_lake(address: SecretStr, called: str) -> Iterator[SourceLake]:
    """The cluster at a Spark Connect address (`sc://host:port/;token=…`). Raises UserError where it can't be read."""
    if not address.get_secret_value().startswith("sc://"):
        hint = "write it like sc://host:15002"
        raise UserError(f"{called}: its environment variable holds no Spark Connect address ({hint})")
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise UserError(f"{called}: reading a lake needs more of PySpark: pip install 'pyspark[connect]'") from error
    session = None
    try:
        session = SparkSession.builder.remote(address.get_secret_value()).create()
        yield SourceLake(session)
    except PySparkException as error:
        raise UserError(f"{called}: {without_secrets(str(error), address)}") from None
    finally:
        if session is not None:
            session.client.close()
