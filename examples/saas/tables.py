"""Writing the source files: columns of numbers become rows of text inside DuckDB."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import duckdb
import numpy as np

from . import company
from .history import Columns

HEADERS = {
    "accounts": "account_id,company_name,industry,employees,country,created_on,acquisition_source,rep_id,language",
    "contacts": "contact_id,account_id,full_name,email,job_title,is_primary,language,created_on",
    "subscriptions": "subscription_id,account_id,plan,seats,monthly_price_jpy,started_on,renews_on,cancelled_on",
    "orders": "order_id,account_id,ordered_at,kind,amount_jpy",
    "app_events": "event_id,account_id,contact_id,feature,happened_at",
    "mail_events": "event_id,contact_id,kind,happened_at,message_id",
    "tickets": "ticket_id,account_id,contact_id,opened_at,closed_at,topic,mood,text",
    "usage": "account_id,month,metric,used,quota",
    "consents": "contact_id,channel,purpose,state,recorded_at,evidence",
    "reps": "rep_id,full_name,email,language,works_from,works_until,time_zone",
    "survey_answers": "answer_id,contact_id,survey,answered_at,answer,comment",
}


def pick(values: Sequence[str], code: str) -> str:
    """SQL for the value at a position."""
    quoted = ",".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"([{quoted}])[{code}::INT + 1]"


def by_language(ja: str, en: str) -> str:
    """SQL for one of two expressions."""
    return f"CASE WHEN language = 0 THEN {ja} ELSE {en} END"


def moment(column: str) -> str:
    """SQL for a UTC timestamp."""
    return f"strftime(make_timestamp(({column}) * 1000000), '%Y-%m-%dT%H:%M:%SZ')"


def day(column: str) -> str:
    """SQL for a date, empty where the day is negative."""
    return f"CASE WHEN {column} >= 0 THEN DATE '1970-01-01' + {column}::INT END"


def _slug() -> str:
    return by_language(
        pick([s for _, s in company.STEMS_JA], "stem"), pick([s.lower() for s in company.STEMS_EN], "stem")
    )


def _company_name() -> str:
    stem = by_language(pick([s for s, _ in company.STEMS_JA], "stem"), pick(company.STEMS_EN, "stem"))
    trade = by_language(pick([t[0] for t in company.TRADES], "trade"), pick([t[1] for t in company.TRADES], "trade"))
    form = by_language(pick(company.FORMS_JA, "form"), pick(company.FORMS_EN, "form"))
    space = by_language("''", "' '")
    return f"replace({form}, '{{}}', {stem} || {space} || {trade})"


def _full_name() -> str:
    family, given = ([kanji for kanji, _ in names] for names in (company.FAMILY_JA, company.GIVEN_JA))
    ja = f"{pick(family, 'family')} || ' ' || {pick(given, 'given')}"
    en = f"{pick(company.GIVEN_EN, 'given')} || ' ' || {pick(company.FAMILY_EN, 'family')}"
    return by_language(ja, en)


def _email() -> str:
    """`hanako.yamada@aoba7.example`; the second contact of account 7 has a 2 before the @."""
    family, given = ([romaji for _, romaji in names] for names in (company.FAMILY_JA, company.GIVEN_JA))
    ja = f"{pick(given, 'given')} || '.' || {pick(family, 'family')}"
    en = f"lower({pick(company.GIVEN_EN, 'given')} || '.' || {pick(company.FAMILY_EN, 'family')})"
    number = "CASE WHEN position > 0 THEN (position + 1)::VARCHAR ELSE '' END"
    return f"{by_language(ja, en)} || {number} || '@' || {_slug()} || account || '.example'"


ACCOUNT = "printf('A%06d', account)"
CONTACT = "printf('C%06d', contact)"
EVIDENCE = (
    "CASE WHEN state = 1 THEN 'preference-page v1 2022-04-01' "
    "WHEN recorded >= DATE '2025-04-02' - DATE '1970-01-01' THEN 'signup-form v3 2025-04-02' "
    "WHEN recorded >= DATE '2023-09-15' - DATE '1970-01-01' THEN 'signup-form v2 2023-09-15' "
    "ELSE 'signup-form v1 2021-06-01' END"
)

SELECTS = {
    "accounts": f"""{ACCOUNT}, {_company_name()}, {pick([t[2] for t in company.TRADES], "trade")}, employees,
        {by_language("'JP'", pick(company.COUNTRIES, "country"))}, {day("created")}, {pick(company.SOURCES, "source")},
        printf('R%02d', rep + 1), {pick(("ja", "en"), "language")}""",
    "contacts": f"""{CONTACT}, {ACCOUNT}, {_full_name()}, {_email()},
        {by_language(pick(company.TITLES_JA, "title"), pick(company.TITLES_EN, "title"))},
        position = 0, {pick(("ja", "en"), "language")}, {day("created")}""",
    "subscriptions": f"""printf('S%06d', account), {ACCOUNT}, {pick(company.PLANS, "plan")}, seats, price,
        {day("started")}, {day("renews")}, {day("cancelled")}""",
    "orders": f"""printf('O%07d', number), {ACCOUNT}, {moment("moment")},
        {pick(("subscription", "upgrade", "add_on"), "kind")}, amount""",
    "app_events": f"""printf('E%08d', number), {ACCOUNT}, {CONTACT}, {pick(company.FEATURES, "feature")},
        {moment("moment")}""",
    "mail_events": f"""printf('M%08d', number), {CONTACT},
        {pick(("sent", "opened", "clicked", "bounced", "complained", "unsubscribed"), "kind")},
        {moment("moment")}, NULL""",
    "usage": f"{ACCOUNT}, {day('month')}, 'reports', used, quota",
    "consents": f"""{CONTACT}, 'email', 'marketing', {pick(("granted", "withdrawn"), "state")},
        {moment("recorded::BIGINT * 86400 + 7200")}, {EVIDENCE}""",
}


class SourceFiles:
    """The files of one company, written block by block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = dict.fromkeys(HEADERS, 0)
        folder.mkdir(parents=True, exist_ok=True)
        for name, header in HEADERS.items():
            (folder / f"{name}.csv").write_text(header + "\n", encoding="utf-8", newline="")
        self._connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})

    def __enter__(self) -> "SourceFiles":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def add(self, name: str, columns: Columns) -> None:
        """Append the rows to a file; `number` counts them through all blocks, from 1."""
        count = len(next(iter(columns.values())))
        if not count:
            return
        first = self.rows[name] + 1
        self.rows[name] += count
        numbered = {**columns, "number": np.arange(first, first + count, dtype=np.int64)}
        part = self.folder / f"{name}.part"
        self._connection.register("block", numbered)
        self._connection.execute(f"COPY (SELECT {SELECTS[name]} FROM block) TO '{part}' (FORMAT csv, HEADER false)")  # noqa: S608
        self._connection.unregister("block")
        with (self.folder / f"{name}.csv").open("ab") as whole, part.open("rb") as block:
            shutil.copyfileobj(block, whole, 1 << 20)
        part.unlink()

    def add_lines(self, name: str, lines: Sequence[str]) -> None:
        """Append rows that are text already."""
        self.rows[name] += len(lines)
        with (self.folder / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            file.writelines(lines)
