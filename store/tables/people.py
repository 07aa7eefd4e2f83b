"""People who log in, and how they are told."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from .columns import json, moment, text


class PersonRow(SQLModel, table=True):
    """Somebody who logs in."""

    __tablename__ = "person"
    login: str = Field(primary_key=True)
    name: str
    email: str
    password_hash: str
    roles: list[str] = json()
    language: str
    rep_id: str | None = None


class LoginTokenRow(SQLModel, table=True):
    """A log-in, known by the hash of its token."""

    __tablename__ = "login_token"
    token_hash: str = Field(primary_key=True)
    login: str = Field(index=True)
    expires_at: datetime = moment()


class WebSessionRow(SQLModel, table=True):
    """A log-in of the inbox, known by the hash of its cookie; times are real, not business time."""

    __tablename__ = "web_session"
    token_hash: str = Field(primary_key=True)
    login: str = Field(index=True)
    csrf: str
    language: str
    seen_at: datetime = moment()
    expires_at: datetime = moment()


class NoticeRow(SQLModel, table=True):
    """Somebody told that something waits, once for each reason; `key` is (what, why, whom, how)."""

    __tablename__ = "notice"
    key: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    subject: str
    kind: str
    recipient: str
    way: str
    state: str
    attempts: int = 0
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)
    note: str = text()
