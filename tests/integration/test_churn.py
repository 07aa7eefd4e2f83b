"""The churn model where it works: fitted on the company's past alone, kept with each snapshot, shown to people."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kizuna.agents.computing import feature_builder
from kizuna.agents.drifting import drift_findings, promised
from kizuna.agents.predicting import Predictor, fit_predictor
from kizuna.agents.reading import open_customers
from kizuna.agents.scoring import load_snapshot
from kizuna.cli.churn import churn as command
from kizuna.decisioning.risk.churn import ChurnModel, fit_churn, predict_churn
from kizuna.decisioning.risk.contacting import Effect
from kizuna.domain.brief import Language
from kizuna.domain.errors import UserError
from kizuna.inbox.churn import print_churn, print_unit
from kizuna.inbox.findings import finding
from kizuna.inbox.words import LANGUAGES
from kizuna.service.churn import churn_view, unit_risk
from kizuna.store.tables import SnapshotRow
from rich.console import Console

from .world import TODAY, World, make_company

Company = Callable[..., World]


@pytest.fixture
def world(company: Company) -> World:
    return company("planned")


def shown(world: World, language: Language, **options: Any) -> str:
    told = io.StringIO()
    print_churn(churn_view(world.workspace, **options), language, Console(file=told, width=100))
    return told.getvalue()


def a_model(*, drifted: bool) -> dict[str, Any]:
    """The record of a bent model, and what would be kept of its drift."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 2))
    y = (rng.random(3000) < 1 / (1 + np.exp(2 - 1.5 * np.abs(x[:, 0])))).astype(float)
    model = fit_churn(x[:2000], y[:2000], x[2000:], y[2000:], ("events_30d", "tenure_days"))
    column = {"psi": 0.4, "noise": 0.1, "before": 12.0, "now": 3.0, "share_missing_before": 0.0}
    columns = [
        {"name": "events_30d", **column, "share_missing_now": 0.5, "level": "large"},
        {"name": "tenure_days", **column, "psi": 0.01, "share_missing_now": 0.0, "level": "steady"},
    ]
    ratio = {"mean": 1.5, "low": 1.2, "high": 1.8}
    drift = {
        "columns": columns,
        "score": {**columns[0], "name": "score", "before": 0.1, "now": 0.3, "share_missing_now": 0.0},
        "events": ratio,
        "behind": ["events_30d"],
        "promised": {"as_of": "2026-01-01", "units": 90, "expected": 10.0, "seen": 15, "ratio": ratio},
        "told": ["events_30d", "score", "events", "promised"] if drifted else [],
    }
    return model.as_dict() | {"drift": drift}


def give(world: World, model: dict[str, Any]) -> None:
    (row,) = world.rows(SnapshotRow)
    world.change(SnapshotRow, (row.campaign, row.name), model=model)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_known_of_the_model_is_shown(world: World, language: Language) -> None:
    give(world, a_model(drifted=True))
    told = shown(world, language)
    assert "nan" not in told and "None" not in told and "{" not in told
    for words in {
        "en": ("Plain logistic regression", "beyond noise", "Stability index", "150%", "Surely"),
        "ja": ("通常のロジスティック回帰", "誤差を超えて", "安定度指数", "150%", "確実"),
    }[language]:
        assert words in told
    own = shown(world, language, contact=(Effect(0.1, 0.02, 0.2), 300.0))
    assert {"en": "best single threshold", "ja": "最もよい一律の境目"}[language] in own


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_thing_beyond_its_limits_is_a_sentence(language: Language) -> None:
    found = drift_findings(a_model(drifted=True))
    assert [one["what"] for one in found] == ["events_30d", "score", "events", "promised"]
    sentences = {finding("drift", one, language) for one in found}
    assert len(sentences) == 4 and not any("{" in sentence for sentence in sentences)
    assert all(isinstance(value, int | float | str | None) for one in found for value in one.values())
    assert drift_findings(a_model(drifted=False)) == drift_findings({"auc": 0.8}) == []


def test_the_analysis_says_how_the_model_does_beside_a_plain_one(world: World) -> None:
    give(world, a_model(drifted=False))
    view = churn_view(world.workspace)
    (point,) = view.history
    assert point.plain_brier is not None and point.brier is not None and point.brier < point.plain_brier
    figures = {name: view.model[name] for name in ("auc", "brier", "brier_base", "n_rows", "n_events")}
    beside = {"plain_auc": view.model["plain"]["auc"], "plain_brier": view.model["plain"]["brier"]}
    for language in LANGUAGES:
        assert f"{beside['plain_brier']:.3f}" in finding("model", figures | beside, language)
        assert finding("model", figures, language)  # as an older version kept it


def test_contacts_are_weighed_as_the_strategy_weighs_them(world: World) -> None:
    view = churn_view(world.workspace)
    assert view.worth and all(one.units for one in view.worth)
    for one in view.worth:
        gains = {choice.name: choice.gain for choice in one.choices}
        assert gains["worth_it"] >= max(gains.values()) - 1e-6 and gains["nobody"] == 0.0
    named = view.worth[0].action
    assert [one.action for one in churn_view(world.workspace, action=named).worth] == [named]
    with pytest.raises(UserError, match=named):
        churn_view(world.workspace, action="upsell_draft")


def test_before_the_first_analysis_it_says_what_to_do(company: Company) -> None:
    with pytest.raises(UserError, match="kizuna run"):
        churn_view(company("founded").workspace)


def test_a_record_of_an_older_version_is_said_to_be_one(world: World) -> None:
    give(world, {"is_fallback": True, "auc": None})
    with pytest.raises(UserError, match="older version"):
        churn_view(world.workspace)


def test_the_command_prints_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    give(world, a_model(drifted=True))
    command.main([str(world.folder / "brief.yaml"), "--json"], obj="en", standalone_mode=False)
    plain = json.loads(capsys.readouterr().out)
    assert plain["model"]["plain"]["brier"] > plain["model"]["checked"]["brier"]
    assert {choice["name"] for choice in plain["worth"][0]["choices"]} >= {"nobody", "everybody", "worth_it"}


def test_what_an_earlier_snapshot_promised_is_held_against_what_came(world: World) -> None:
    (row,) = world.rows(SnapshotRow)
    window = timedelta(days=world.workspace.brief.business.churn_window.days)
    with open_customers(world.workspace) as customers:
        assert promised(world.workspace, customers, TODAY) is None
        world.change(SnapshotRow, (row.campaign, row.name), as_of=row.as_of - window)
        kept = promised(world.workspace, customers, TODAY)
    assert kept is not None and kept.as_of == TODAY - window
    assert 0 < kept.units <= 160 and kept.ratio.low <= kept.ratio.mean <= kept.ratio.high
    assert kept.seen == pytest.approx(kept.ratio.mean * kept.expected)


@pytest.mark.slow
def test_nothing_that_happened_later_changes_the_model(tmp_path: Path) -> None:
    """Fitted as of two weeks ago, with what came since, and without."""
    as_of = TODAY - timedelta(days=14)
    for name in ("knows", "knows_not"):
        make_company(tmp_path / name, units=440, seed=5)
    assert _forget(tmp_path / "knows_not/data", as_of) > 100
    knows, knows_not = (_fitted(tmp_path / name, as_of) for name in ("knows", "knows_not"))
    assert not knows.churn.is_fallback and knows.churn == knows_not.churn
    assert json.dumps(knows.as_dict(), sort_keys=True) == json.dumps(knows_not.as_dict(), sort_keys=True)


def _forget(data: Path, as_of: date) -> int:
    """Take out of the files what happened from `as_of` on: who left is still there, prices are as before later
    upgrades. Says how many rows."""
    whens = {
        "app_events.csv": "happened_at",
        "tickets.csv": "opened_at",
        "orders.csv": "ordered_at",
        "survey_answers.csv": "answered_at",
        "mail_events.csv": "happened_at",
        "subscriptions.csv": "started_on",
    }
    gone, upgraded = 0, Counter[str]()
    for file, when in whens.items():
        with (data / file).open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        kept = [row for row in rows if datetime.fromisoformat(row[when]).date() < as_of]
        for row in rows if file == "orders.csv" else []:
            if row["kind"] == "upgrade" and row not in kept:
                upgraded[row["account_id"]] += int(row["amount_jpy"])
        for row in kept if file == "subscriptions.csv" else []:
            row["monthly_price_jpy"] = str(int(row["monthly_price_jpy"]) - upgraded[row["account_id"]])
            if row.get("cancelled_on") and date.fromisoformat(row["cancelled_on"]) >= as_of:
                row["cancelled_on"], gone = "", gone + 1
        gone += len(rows) - len(kept)
        with (data / file).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, rows[0].keys())
            writer.writeheader()
            writer.writerows(kept)
    return gone


def _fitted(folder: Path, as_of: date) -> Predictor:
    with (
        World(folder) as world,
        open_customers(world.workspace) as customers,
        feature_builder(world.workspace, customers) as build,
    ):
        return fit_predictor(world.workspace, customers, build(as_of), as_of, build)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_is_told_by_what_makes_up_the_risk(world: World, language: Language) -> None:
    give(world, a_model(drifted=False))
    (row,) = world.rows(SnapshotRow)
    table = load_snapshot(world.workspace, row.name)
    unit = table.unit_ids[int(np.flatnonzero(np.isfinite(table.columns["churn_risk"].astype(float)))[0])]
    seen = unit_risk(world.workspace, unit)
    log_odds = seen.average_log_odds + sum(part.log_odds for part in seen.parts)
    inputs = [[table.columns[name].astype(float)[table.unit_ids.index(unit)] for name in ("events_30d", "tenure_days")]]
    chance = predict_churn(ChurnModel.from_dict(row.model), inputs)[0]
    assert log_odds == pytest.approx(np.log(chance / (1 - chance)))
    told = io.StringIO()
    print_unit(seen, language, Console(file=told, width=100))
    assert unit in told.getvalue() and "nan" not in told.getvalue()
    with pytest.raises(UserError, match="no customer 'A999'"):
        unit_risk(world.workspace, "A999")
