"""How columns are written: aware UTC moments, JSON, long text; and how constraints are named."""

from typing import Any

from sqlalchemy import JSON, Text
from sqlmodel import Field, SQLModel

from ..types import UtcDateTime

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def moment(nullable: bool = False, primary_key: bool = False) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=nullable, primary_key=primary_key)


def json() -> Any:
    return Field(default_factory=dict, sa_type=JSON, nullable=False)


def text() -> Any:
    return Field(default="", sa_type=Text, nullable=False)
