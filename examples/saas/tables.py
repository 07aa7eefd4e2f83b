"""Writing the source files: columns of numbers become rows of text inside DuckDB."""

from ..kit.names import FAMILY_EN, FAMILY_JA, GIVEN_EN, GIVEN_JA
from ..kit.sql import by_language, day, moment, pick
from . import company

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
    family, given = ([kanji for kanji, _ in names] for names in (FAMILY_JA, GIVEN_JA))
    ja = f"{pick(family, 'family')} || ' ' || {pick(given, 'given')}"
    en = f"{pick(GIVEN_EN, 'given')} || ' ' || {pick(FAMILY_EN, 'family')}"
    return by_language(ja, en)


def _email() -> str:
    """`hanako.yamada@aoba7.example`; the second contact of account 7 has a 2 before the @."""
    family, given = ([romaji for _, romaji in names] for names in (FAMILY_JA, GIVEN_JA))
    ja = f"{pick(given, 'given')} || '.' || {pick(family, 'family')}"
    en = f"lower({pick(GIVEN_EN, 'given')} || '.' || {pick(FAMILY_EN, 'family')})"
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
