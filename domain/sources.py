"""Where the customer data come from: files, databases and warehouses, and what their columns are called there."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator, model_validator

from .model import Frozen
from .quantity import Duration, Name, Share

#: The name of an environment variable: secrets and addresses of databases never stand in a brief.
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", examples=["SHOP_DATABASE_URL"])]


class Database(Frozen):
    """A database that rows are read from, never written to."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    file: str | None = None
    """An SQLite file, below the data folder."""
    url_env: Variable | None = None
    """The environment variable that holds its SQLAlchemy URL: PostgreSQL, a warehouse, anything with a dialect."""
    spark_env: Variable | None = None
    """The environment variable that holds a Spark Connect address (`sc://…`), for tables of a lake."""

    @model_validator(mode="after")
    def _one_place(self) -> "Database":
        if [self.file, self.url_env, self.spark_env].count(None) != 2:
            raise ValueError("say one of `file:`, `url_env:` and `spark_env:`")
        return self


class Feed(Frozen):
    """One place that rows of an entity come from."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    file: str | None = None
    """A CSV, Parquet or JSON file below the data folder, or a pattern such as `pos/*.csv`."""
    database: Database | None = None
    table: str | None = None
    """The table or view of the database."""
    query: str | None = None
    """Or what to ask it."""
    encoding: Literal["utf-8", "cp932", "euc-jp", "utf-16"] = "utf-8"
    """How a CSV file writes its letters; `cp932` is the Shift_JIS of Windows."""
    separator: Literal[",", ";", "\t", "|", "spaces"] = ","
    """What stands between the columns of a CSV file; `spaces` for columns set apart by one or more blanks."""
    time_zone: str | None = None
    """Where the clocks stood that wrote moments without an offset. Only a feed that says so may have such moments."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Contract column -> what it is called there; those with the same name need no line."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Contract column -> what is written there -> what the contract calls it: {kind: {購入: purchase}}."""
    constants: dict[str, str] = Field(default_factory=dict)
    """Contract column -> the value that holds for all rows: {language: ja}."""
    ids: Name | None = None
    """The system whose customer numbers these are, where several have numbers of their own: they become `pos:1234`,
    and so do its numbers of orders, events and the like. Those of products and reps stay: companies share them."""
    one_per: Name | None = None
    """The contract column whose values the file repeats: one row of each is kept. For a list of customers that is
    only to be had from their orders: `one_per: person_id`."""
    first_by: str | None = None
    """With `one_per`: the column of the file whose smallest value says which row is kept. Without it: the first."""
    row_id: Name | None = None
    """The contract column to fill with an id made of the row itself, for files whose rows have no id of their own."""
    watermark: str | None = None
    """A column of a database feed that only grows (a moment or a number): only newer rows are read again."""
    late: Duration | None = None
    """How far behind the watermark rows may still appear; they are read again. Without it: 3 days."""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str | None) -> str | None:
        try:
            ZoneInfo(value or "UTC")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("write a time zone like `Asia/Tokyo`") from error
        return value

    @model_validator(mode="after")
    def _one_place(self) -> "Feed":
        if (self.file is None) == (self.database is None):
            raise ValueError("say either `file:` or `database:`")
        if self.database is not None and (self.table is None) == (self.query is None):
            raise ValueError("a database needs either `table:` or `query:`")
        if self.file is not None and (self.table or self.query or self.watermark):
            raise ValueError("`table:`, `query:` and `watermark:` belong to a database")
        if self.first_by is not None and self.one_per is None:
            raise ValueError("`first_by:` says which row `one_per:` keeps: say both")
        if self.watermark is not None and (self.one_per or self.row_id):
            raise ValueError("`one_per:` and `row_id:` need all rows: leave `watermark:` out")
        return self


class Identity(Frozen):
    """How records of one person are found (名寄せ). It takes feeds with `ids:` of more than one system, or repeats."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    method: Literal["exact", "splink"] = "exact"
    """`exact`: equal mail address, phone with name, or name with birth date. `splink`: a model, from the extra."""
    largest_shared_key: int = Field(default=20, ge=2)
    """A mail address or phone that more records share is a shared mailbox or a switchboard, and joins nobody."""


class Sources(Frozen):
    """Where the customer data lie, and how much of it may be faulty before a run stops."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    folder: str
    """The folder of the files. An entity without a line in `feeds` is read from `<entity>.csv` in it."""
    faulty_rows_allowed: Share = 0.02
    feeds: dict[Name, tuple[Feed, ...]] = Field(default_factory=dict)
    """Entity -> the places its rows come from."""
    identity: Identity | None = None
    """Without it, every record is a customer of its own."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What computes the features: this machine, or a Spark cluster (extra `spark`) that `spark_env` names."""
    spark_env: Variable | None = None
    """The environment variable with the Spark master's address; without it, Spark runs on this machine."""
