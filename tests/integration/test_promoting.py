"""The gate between learning and using: the log has a veto, and stopping what harms needs no leave."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from kizuna.agents import promoting
from kizuna.agents.believing import current_beliefs, learned_beliefs
from kizuna.agents.past_decisions import Past, read_past
from kizuna.agents.promoting import consider_promotion
from kizuna.agents.reading import open_customers
from kizuna.decisioning.evaluation.off_policy import Method, Refusal
from kizuna.domain.errors import UserError
from kizuna.inbox.evaluation import print_evaluation
from kizuna.service.evaluating import evaluate_policies
from kizuna.store.tables import BeliefRow, CycleRow, DecisionRow, SnapshotRow
from rich.console import Console

from .world import BY_HAND, CAMPAIGN, World, make_company, write_brief

#: What the playbook thinks little of, and the new beliefs think the world of.
LIKED = "usage_digest"
Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A first plan for all active accounts, made and measured by nobody yet; half of them left to chance."""
    folder = tmp_path_factory.mktemp("promoting") / "company"
    make_company(folder, units=600)
    groups = {"policy": "30 %", "random_control": "60 %", "holdout": "10 %", "business_as_usual": "0 %"}
    write_brief(folder, {"segment": "is_active", "groups": groups})
    with World(folder) as made:
        made.start()
        made.tick()
        yield made


def believe(world: World, cycle: int, **means: float) -> None:
    """Evidence of a cycle that settles what these actions do, in the place of any other."""
    priors = {name: action.value.prior_uplift for name, action in world.workspace.actions.items()}

    def keep(session: Any) -> None:
        for name, prior in priors.items():
            mean = means.get(name, prior.mean)
            row = BeliefRow(campaign=CAMPAIGN, action=name, cycle=cycle, mean=mean, sd=0.001, estimate=mean, se=0.001)
            session.merge(row)

    world.write(keep)


def verdict_on(world: World, monkeypatch: pytest.MonkeyPatch, effect_jpy: Callable[[Past, int], Array]) -> Any:
    """The gate's verdict where what came of each decision is noise and this effect on those who got LIKED."""
    column = world.workspace.brief.playbooks.index(LIKED) + 1
    rng = np.random.default_rng(1)

    def planted(*_: object) -> list[Past]:
        with open_customers(world.workspace) as customers:
            past = read_past(world.workspace, customers, 1)
        return [replace(p, value_jpy=rng.normal(0.0, 1_000.0, len(p)) + effect_jpy(p, column)) for p in past]

    monkeypatch.setattr(promoting, "read_past", planted)
    with open_customers(world.workspace) as customers:
        return consider_promotion(world.workspace, customers, world.one(CycleRow, (CAMPAIGN, 1)))


def of_takers(amount: float) -> Callable[[Past, int], Array]:
    return lambda past, column: np.where(past.taken == column, amount, 0.0)


def test_the_log_holds_what_was_drawn_with_what_chance(company: Callable[..., World]) -> None:
    world = company("planned")
    with open_customers(world.workspace) as customers:
        past = read_past(world.workspace, customers, 1)[0]
    rows = {row.unit_id: row for row in world.rows(DecisionRow, campaign=CAMPAIGN, cycle=1)}
    options = [None, *world.workspace.brief.playbooks]
    assert len(past) > 50
    assert past.probability.sum(axis=1) == pytest.approx(1.0)
    for i, unit in enumerate(past.unit_ids):
        assert options[past.taken[i]] == rows[unit].action
        assert past.probability[i, past.taken[i]] == pytest.approx(rows[unit].probability)
    assert past.open[past.group == "random_control"].sum(axis=1).max() > 2
    assert np.all(past.value_jpy > 0)


def test_the_rest_of_a_contract_is_valued_by_the_model_of_its_snapshot(company: Callable[..., World]) -> None:
    world = company("planned")
    values = []
    for model in (
        {"kind": "constant", "rate": 0.05},
        {"kind": "sbg", "alpha": 0.6, "beta": 3.0, "log_likelihood": 0.0},
    ):
        (row,) = world.rows(SnapshotRow)
        kept = row.model | {"is_fallback": False, "value": {"model": model["kind"], "parameters": model}}
        world.change(SnapshotRow, (row.campaign, row.name), model=kept)
        with open_customers(world.workspace) as customers:
            past = read_past(world.workspace, customers, 1)[0]
        values.append(past.value_jpy)
    more = values[1] / values[0]
    tenure = past.table.columns["tenure_days"].astype(float)[past.where]
    assert more.min() >= 1.0 and more.mean() > 1.02
    young, old = np.quantile(tenure, (0.25, 0.75))
    assert more[tenure <= young].mean() > more[tenure >= old].mean()


@pytest.mark.slow
def test_beliefs_that_the_log_contradicts_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    believe(world, 1, **{LIKED: 0.5})
    verdict = verdict_on(world, monkeypatch, of_takers(-3_000.0))
    assert verdict["decision"] == "refused"
    assert verdict["difference"]["high"] < 0.0 < verdict["expected_gain_jpy"]


@pytest.mark.slow
def test_beliefs_that_the_log_confirms_decide_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    believe(world, 1, **{LIKED: 0.5})
    verdict = verdict_on(world, monkeypatch, of_takers(3_000.0))
    assert verdict["decision"] == "confirmed"
    assert verdict["difference"]["low"] > 0.0
    assert verdict["after"]["value"] - verdict["before"]["value"] == pytest.approx(
        verdict["difference"]["value"], abs=2 * verdict["difference"]["se"]
    )


@pytest.mark.slow
def test_a_log_that_cannot_tell_does_not_stand_in_the_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thin logs would freeze learning for good if they had to prove what they can't."""
    believe(world, 1, **{LIKED: 0.5})
    assert verdict_on(world, monkeypatch, of_takers(0.0))["decision"] == "open"


@pytest.mark.slow
def test_beliefs_that_would_decide_the_same_need_no_gate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    believe(world, 1)
    verdict = verdict_on(world, monkeypatch, of_takers(-3_000.0))
    assert (verdict["decision"], verdict["differ"]) == ("unchanged", 0.0)


@pytest.mark.slow
def test_an_action_measured_to_do_harm_is_among_the_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    believe(world, 1, **{LIKED: -0.5})
    assert verdict_on(world, monkeypatch, of_takers(3_000.0))["stopped"] == [LIKED]


def test_refused_beliefs_do_not_decide_but_what_they_call_harmful_stays_out(company: Callable[..., World]) -> None:
    world, name = company("planned"), "feature_tutorial"
    believe(world, 1, **{LIKED: 0.5, name: -0.5})
    workspace = world.workspace
    priors, learned = learned_beliefs(workspace, 1), learned_beliefs(workspace, 2)
    assert current_beliefs(workspace, 2) == learned
    world.change(CycleRow, (CAMPAIGN, 1), measurement={"promotion": {"decision": "refused", "stopped": [name]}})
    held = current_beliefs(workspace, 2)
    assert held[LIKED] == priors[LIKED] != learned[LIKED]
    assert held[name] == learned[name]
    believe(world, 2, **{LIKED: 0.4})
    assert current_beliefs(workspace, 2) == held, "the past does not change by what is learned later"


def test_other_policies_are_valued_by_the_campaigns_own_log(company: Callable[..., World]) -> None:
    world = company("planned")
    with pytest.raises(UserError, match="no cycle is measured"):
        evaluate_policies(world.workspace)
    world.change(CycleRow, (CAMPAIGN, 1), measurement={"verdict": "collecting"})
    found = evaluate_policies(world.workspace)
    by_policy = {one.action or one.policy: one for one in found.policies}
    assert {"random", "beliefs"} < set(by_policy)
    assert not BY_HAND & set(by_policy), "chance has no part in what takes a person's time"
    assert found.nothing is Refusal.thin, "so small a log can't tell, and says so"
    assert all(set(one.over_nothing) == {Method.ips, Method.snips, Method.dr} for one in found.policies)
    for language in ("en", "ja"):
        sheet = Console(file=StringIO(), width=200)
        print_evaluation(found.as_dict(), language, sheet)
        told = sheet.file.getvalue()  # type: ignore[attr-defined]
        assert all(action in told for action in by_policy if action not in ("random", "beliefs"))
        assert str(found.decisions) in told
