"""`kizuna value` on snapshots in a store: ranks and who moved between them, whatever else is known."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from kizuna.agents.contacting import worth_of_contact
from kizuna.agents.scoring import load_snapshot
from kizuna.agents.workspace import Workspace, open_workspace
from kizuna.cli.app import kizuna
from kizuna.customers.snapshot import publish
from kizuna.customers.table import FeatureTable
from kizuna.decisioning.risk.contacting import Effect
from kizuna.domain.brief import Language
from kizuna.domain.errors import UserError
from kizuna.domain.worth import RankMove
from kizuna.inbox.findings import finding
from kizuna.inbox.value import print_value
from kizuna.inbox.words import LANGUAGES
from kizuna.service.valuing import ValueView, value_view
from kizuna.service.worth import newest_worth
from kizuna.store import campaigns
from rich.console import Console

from .world import write_brief

RECORD = {
    "kind": "orders", "model": "rfm", "why": "few_buyers", "buyers": 37, "history_days": 400, "window_days": 90,
    "acquisition": {"sources": [], "shift": None},
}  # fmt: skip


def keep(workspace: Workspace, on: str, ranks: dict[str, str | None], record: dict[str, Any] | None = None) -> None:
    """A snapshot in which nobody is in the segment. High ones are worth 300 and half lost, others 100 at 10 %."""
    table = FeatureTable(
        list(ranks),
        {
            "is_active": np.ones(len(ranks)),
            "churn_risk": np.array([0.5 if rank == "high" else 0.1 for rank in ranks.values()]),
            "ltv_rank": np.array(list(ranks.values()), dtype=object),
            "ltv_jpy": np.array([300.0 if rank == "high" else 100.0 for rank in ranks.values()]),
        },
    )
    file = publish(table, workspace.private / "snapshots", f"snap-{on}")
    row = {
        "campaign": workspace.brief.name, "name": f"snap-{on}", "as_of": datetime.fromisoformat(on).replace(tzinfo=UTC),
        "path": str(file.path.relative_to(workspace.folder)), "rows": file.rows, "digest": file.digest,
        "model": {"value": record} if record else {},
    }  # fmt: skip
    with workspace.store.write() as session:
        campaigns.keep_snapshot(session, row)


@dataclass(frozen=True)
class Told:
    """What was said before any snapshot, after a first one without a model, and after a second one."""

    nothing: str
    first: ValueView
    second: ValueView
    brief: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("value")
    write_brief(folder, {"segment": "not is_active"})
    workspace = open_workspace(folder / "brief.yaml")
    with pytest.raises(UserError) as nothing:
        value_view(workspace)
    keep(workspace, "2026-03-01", {"a": "high", "b": "standard", "c": "standard", "d": "potential", "gone": "high"})
    first = value_view(workspace)
    keep(workspace, "2026-04-01", {"a": "standard", "b": "high", "c": "high", "d": "potential", "new": "high"}, RECORD)
    return Told(str(nothing.value), first, value_view(workspace), workspace.brief_path)


def page(view: ValueView, language: Language) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    print_value(view, language, console)
    return console.export_text()


def test_who_moved_between_ranks_since_the_last_snapshot(told: Told) -> None:
    assert told.second.since is not None and told.second.since.isoformat() == "2026-03-01"
    assert told.second.moves == (
        RankMove("standard", "high", 2),
        RankMove(None, "high", 1),
        RankMove("high", None, 1),
        RankMove("high", "standard", 1),
    )
    high = told.second.ranks[0]
    assert (high.units, high.before, high.mean_ltv_jpy) == (3, 2, 300.0) and high.ltv_share == pytest.approx(9 / 11)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", ("first snapshot", "from before the model was kept"), ("only 37 customers", "new, or without a rank")),
        ("ja", ("最初の", "記録が始まる前"), ("37人だけ", "新規・ランクなし")),
    ],
)
def test_fallback_first_snapshot_and_movements_are_said(
    told: Told, language: Language, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    for view, words in ((told.first, first), (told.second, second)):
        shown = page(view, language)
        assert all(word in shown for word in words), shown


def test_the_command_prints_json(told: Told) -> None:
    found = CliRunner().invoke(kizuna, ["value", str(told.brief), "--json"])
    assert found.exit_code == 0, found.output
    plain = json.loads(found.output)
    assert plain["model"]["why"] == "few_buyers" and plain["as_of"] == "2026-04-01" and plain["levers"] == []


def test_the_report_shows_what_the_command_shows_and_what_is_at_risk(told: Told) -> None:
    workspace = open_workspace(told.brief)
    worth = newest_worth(workspace)
    assert worth is not None
    assert vars(worth) == {name: vars(told.second)[name] for name in vars(worth)}
    assert worth.at_risk_jpy == pytest.approx(3 * 300 * 0.5 + 2 * 100 * 0.1)
    assert worth.at_risk_share == pytest.approx(worth.at_risk_jpy / 1100)
    contacted = worth_of_contact(workspace, load_snapshot(workspace, "snap-2026-04-01"), Effect(0.1, 0.0, 0.2), 0.0)
    assert contacted.value_at_risk_jpy == pytest.approx(worth.at_risk_jpy)


def test_a_report_without_its_snapshots_says_nothing_of_worth(tmp_path: Path) -> None:
    write_brief(tmp_path, {"segment": "is_active"})
    workspace = open_workspace(tmp_path / "brief.yaml")
    assert newest_worth(workspace) is None
    keep(workspace, "2026-03-01", {"a": "high"}, RECORD)
    assert newest_worth(workspace) is not None
    for file in (workspace.private / "snapshots").glob("*.parquet"):
        file.unlink()
    assert newest_worth(workspace) is None
    with pytest.raises(UserError, match="is gone"):
        value_view(workspace)


def test_before_the_first_analysis_it_says_what_to_do(told: Told) -> None:
    assert "kizuna run" in told.nothing


KINDS = [
    *(f"value_orders_{why}" for why in ("chosen", "worse", "few_buyers", "short_history", "no_check")),
    *(f"value_contracts_{why}" for why in ("chosen", "constant", "few_left")),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_to_a_value_is_a_finding_in_both_languages(kind: str) -> None:
    figures = {"model": "mbg", "buyers": 37, "history_days": 90, "window_days": 60, "left": 4.0, "total_error": -0.05}
    for language in LANGUAGES:
        said = finding(kind, figures, language)
        assert said.startswith("LTV") and "mbg" not in said
        assert ("MBG/NBD" in said and "-5.0%" in said) is kind.endswith("chosen")
