"""The written year of the fictional company."""

import csv
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from kizuna.examples.saas.generator import write_company
from kizuna.examples.saas.history import live_year
from kizuna.examples.saas.population import draw_population
from kizuna.examples.saas.state import load
from kizuna.examples.saas.truth import near_quota, state_hazard
from kizuna.examples.saas.world import live_one_day

pytestmark = pytest.mark.slow

TODAY = date(2026, 4, 15)
CONTRACT = {
    "accounts": "account_id company_name industry employees country created_on acquisition_source rep_id language",
    "contacts": "contact_id account_id full_name email job_title is_primary language created_on",
    "subscriptions": "subscription_id account_id plan seats monthly_price_jpy started_on renews_on cancelled_on",
    "orders": "order_id account_id ordered_at kind amount_jpy",
    "app_events": "event_id account_id contact_id feature happened_at",
    "mail_events": "event_id contact_id kind happened_at message_id",
    "tickets": "ticket_id account_id contact_id opened_at closed_at topic mood text",
    "usage": "account_id month metric used quota",
    "consents": "contact_id channel purpose state recorded_at evidence",
    "reps": "rep_id full_name email language works_from works_until time_zone",
    "survey_answers": "answer_id contact_id survey answered_at answer comment",
}
KEYS = {name: columns.split()[0] for name, columns in CONTRACT.items() if name not in ("usage", "consents")}
VALUES = {
    ("subscriptions", "plan"): {"starter", "team", "business"},
    ("orders", "kind"): {"subscription", "upgrade", "add_on"},
    ("tickets", "topic"): {"billing", "bug", "how_to", "outage", "other"},
    ("tickets", "mood"): {"happy", "neutral", "unhappy"},
    ("contacts", "is_primary"): {"true", "false"},
    ("accounts", "language"): {"ja", "en"},
    ("mail_events", "kind"): {"sent", "opened", "clicked", "bounced", "complained", "unsubscribed"},
    ("consents", "state"): {"granted", "withdrawn"},
    ("usage", "metric"): {"reports"},
    ("app_events", "feature"): {
        "login", "reports", "dashboards", "alerts", "api", "sharing", "forecasts", "exports",
    },
}  # fmt: skip


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_have_exactly_the_agreed_columns(untouched_company: Path) -> None:
    assert {p.stem for p in (untouched_company / "data").iterdir()} == set(CONTRACT)
    for name, columns in CONTRACT.items():
        header = (untouched_company / "data" / f"{name}.csv").read_text(encoding="utf-8").split("\n", 1)[0]
        assert header.split(",") == columns.split()
        assert rows_of(untouched_company, name)


def test_values_are_the_agreed_words_and_dates_are_iso(untouched_company: Path) -> None:
    for (name, column), words in VALUES.items():
        assert {row[column] for row in rows_of(untouched_company, name)} <= words
    for name in CONTRACT:
        for row in rows_of(untouched_company, name):
            for column, value in row.items():
                if column.endswith("_at") and value:
                    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
                if column.endswith("_on") and value:
                    assert date.fromisoformat(value)


def test_ids_are_unique_and_nothing_happens_today_or_later(untouched_company: Path) -> None:
    for name, key in KEYS.items():
        ids = [row[key] for row in rows_of(untouched_company, name)]
        assert len(ids) == len(set(ids))
    for name in ("orders", "app_events", "mail_events", "tickets", "consents", "survey_answers"):
        for row in rows_of(untouched_company, name):
            assert all(v < TODAY.isoformat() for c, v in row.items() if c.endswith("_at"))
    months = [(row["account_id"], row["month"]) for row in rows_of(untouched_company, "usage")]
    assert len(months) == len(set(months))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_company(tmp_path / name, units=60, seed=seed, today=TODAY)
    for name in CONTRACT:
        a, b, c = ((tmp_path / folder / "data" / f"{name}.csv").read_bytes() for folder in "abc")
        assert a == b
        assert a != c or name == "reps"


def test_a000480_is_at_480_of_500_and_can_be_reached(untouched_company: Path) -> None:
    account = next(r for r in rows_of(untouched_company, "accounts") if r["account_id"] == "A000480")
    assert account["company_name"] == "株式会社ミナト設計"
    month = TODAY.replace(day=1).isoformat()
    used = [r for r in rows_of(untouched_company, "usage") if r["account_id"] == "A000480" and r["month"] == month]
    assert [(r["used"], r["quota"]) for r in used] == [("480", "500")]
    subscription = next(r for r in rows_of(untouched_company, "subscriptions") if r["account_id"] == "A000480")
    assert subscription["cancelled_on"] == ""
    contacts = [r for r in rows_of(untouched_company, "contacts") if r["account_id"] == "A000480"]
    primary = next(r for r in contacts if r["is_primary"] == "true")
    assert primary["language"] == "ja"
    states = [r["state"] for r in rows_of(untouched_company, "consents") if r["contact_id"] == primary["contact_id"]]
    assert states == ["granted"]
    tickets = [r for r in rows_of(untouched_company, "tickets") if r["account_id"] == "A000480"]
    assert not [r for r in tickets if r["mood"] == "unhappy"]


def test_addresses_are_unique_and_only_in_reserved_domains(untouched_company: Path) -> None:
    contacts = rows_of(untouched_company, "contacts")
    addresses = [row["email"] for row in contacts + rows_of(untouched_company, "reps")]
    assert len(addresses) == len(set(addresses))
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z0-9]+\.example", address) for address in addresses)
    for name in ("tickets", "survey_answers"):
        text = (untouched_company / "data" / f"{name}.csv").read_text(encoding="utf-8")
        assert all(domain.endswith(".example") for domain in re.findall(r"@([a-z0-9.]+[a-z0-9])", text))
    primaries = [row["account_id"] for row in contacts if row["is_primary"] == "true"]
    assert len(primaries) == len(set(primaries)) == 500


def test_company_looks_like_a_real_one(tmp_path: Path) -> None:
    write_company(tmp_path, units=6_000, today=TODAY)
    state = load(tmp_path / "world" / "state.npz")
    there = state.active
    hazard = np.sort(state_hazard(state, state.day)[there])
    third = len(hazard) // 3
    assert 0.65 < there.mean() < 0.72
    assert 0.05 < hazard.mean() < 0.065
    assert hazard[: 2 * third].mean() < 0.015
    assert 0.12 < hazard[-third:].mean() < 0.18
    price = state.price[there]
    assert price.min() >= 12_000
    assert price.max() <= 120_000
    assert 0.35 < price.std() / price.mean() < 0.6
    assert 0.45 < (state.language == 0).mean() < 0.55
    assert 0.02 < (state.unhappy_until > state.day)[there].mean() < 0.05
    assert 0.88 < state.consent.mean() < 0.92


def test_reports_are_counted_on_when_the_company_begins_on_the_first_of_a_month(tmp_path: Path) -> None:
    today = date(2026, 4, 1)
    write_company(tmp_path, units=500, today=today)
    state = load(tmp_path / "world" / "state.npz")
    for k in range(2):
        live_one_day(tmp_path, today + timedelta(days=k), tmp_path / "outbox")
    rows = rows_of(tmp_path, "usage")
    assert max(Counter((row["account_id"], row["month"]) for row in rows).values()) == 1
    march = {row["account_id"]: int(row["used"]) for row in rows if row["month"] == "2026-03-01"}
    after = load(tmp_path / "world" / "state.npz")
    for account in np.flatnonzero(state.active).tolist():
        assert after.used_last_month[account] == march[f"A{account + 1:06d}"]
    assert near_quota(after, np.flatnonzero(after.active)).mean() > 0.04


def test_activity_and_features_show_who_will_leave() -> None:
    today = 20_000
    rng = np.random.default_rng(5)
    people = draw_population(rng, 1000, 0, 20_000, today)
    year = live_year(rng, people, today)
    counts = rng.poisson(year.engaged * people.size * 7 / 30)
    scores: list[float] = []
    for week in (24, 32, 39):
        day = year.begins + 7 * week
        rows = np.flatnonzero(year.there(day) & (people.started <= day - 60))
        leaves = year.gone_by(day + 90, rows)
        recent = counts[week - 4 : week, rows].sum(axis=0) + 0.5 * counts[week - 8 : week - 4, rows].sum(axis=0)
        found = 4.0 * np.bitwise_count(people.features[rows])
        scores.append(_auc(-recent - found - 0.001 * rng.random(len(rows)), leaves))
    assert 0.78 < np.mean(scores) < 0.88


def _auc(score: np.ndarray, positive: np.ndarray) -> float:
    rank = np.argsort(np.argsort(score))
    wins = rank[positive].sum() - positive.sum() * (positive.sum() - 1) / 2
    return float(wins / positive.sum() / (~positive).sum())
