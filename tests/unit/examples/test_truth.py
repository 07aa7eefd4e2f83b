"""What mails truly do to customers, in a big sample and without files."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from kizuna.agents.predicting import CHURN_FEATURES
from kizuna.customers.eligibility import matches
from kizuna.customers.features.catalogue import build_features
from kizuna.customers.opening import Customers, open_sources
from kizuna.customers.outcomes import retained
from kizuna.decisioning.risk import churn
from kizuna.examples.kit.outbox import Arrival
from kizuna.examples.saas.day import simulate_day
from kizuna.examples.saas.generator import write_company
from kizuna.examples.saas.state import State, load
from kizuna.examples.saas.truth import is_among, plausibly_eligible, true_effect
from kizuna.playbooks.loader import load_playbooks
from kizuna.tools.brief_file import load_brief

pytestmark = pytest.mark.slow

TODAY = date(2026, 4, 15)


@pytest.fixture(scope="module")
def big_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("big")
    write_company(folder, units=5_000, seed=2, today=TODAY)
    return folder


def fresh(company: Path) -> State:
    return load(company / "world" / "truth.npz")


def mails_to(state: State, rows: np.ndarray, action: str, step: str = "mail") -> list[Arrival]:
    moment = (state.day + 1) * 86_400 + 3600
    contacts = state.first_contact[rows].tolist()
    return [Arrival(moment, f"<{contact}.{action}>", contact, action, step) for contact in contacts]


def lost_in(days: int, state: State, rows: np.ndarray, mails: list[Arrival], *, effects: bool = True) -> int:
    for day in range(days):
        simulate_day(state, mails if day == 0 else [], seed=9, effects=effects)
    return int((state.cancelled[rows] >= 0).sum())


def test_a_good_action_keeps_customers_and_a_harmful_one_loses_them(big_company: Path) -> None:
    state = fresh(big_company)
    overlooking = plausibly_eligible(state, "feature_tutorial")
    none = lost_in(30, state, overlooking, [])
    good = lost_in(30, s := fresh(big_company), overlooking, mails_to(s, overlooking, "feature_tutorial"))
    bad = lost_in(30, s := fresh(big_company), overlooking, mails_to(s, overlooking, "renewal_reminder"))
    nothing = lost_in(30, s := fresh(big_company), overlooking, mails_to(s, overlooking, "usage_digest"))
    assert good < 0.7 * none
    assert bad > 1.6 * none
    assert nothing == none


def test_without_effects_customers_read_and_answer_but_stay_as_they_would(big_company: Path) -> None:
    state = fresh(big_company)
    rows = plausibly_eligible(state, "survey_before_discount")
    mails = mails_to(state, rows, "renewal_reminder") + mails_to(state, rows, "survey_before_discount", "survey")
    first = simulate_day(state, mails, seed=9, effects=False)
    assert first.counts["opened"] > 0
    with_mails = lost_in(40, state, rows, [], effects=False)
    assert (state.answer[rows] >= 0).mean() > 0.2
    assert with_mails == lost_in(41, fresh(big_company), rows, [], effects=False)


def test_an_upsell_draft_moves_those_near_quota_by_about_22_points(big_company: Path) -> None:
    state, twin = fresh(big_company), fresh(big_company)
    rows = plausibly_eligible(state, "upsell_draft")
    assert len(rows) > 150
    before = state.price[rows].copy()
    lost_in(31, state, rows, mails_to(state, rows, "upsell_draft"))
    lost_in(31, twin, rows, [])
    difference = (state.price[rows] > before).mean() - (twin.price[rows] > before).mean()
    assert difference == pytest.approx(0.22, abs=0.06)


def test_follow_ups_help_only_those_who_answered_accordingly(big_company: Path) -> None:
    state = fresh(big_company)
    state.answer[:] = state.reason
    hit = is_among("answered", state, np.arange(state.units), state.day, "plan_change")
    assert hit.any()
    assert (hit == (state.reason == 1)).all()


def test_true_effects_are_those_of_the_table(big_company: Path) -> None:
    effects = {
        action: true_effect(big_company, action, paths=3)
        for action in ("feature_tutorial", "survey_before_discount", "upsell_draft", "usage_digest", "renewal_reminder")
    }
    assert 0.08 < effects["feature_tutorial"].effect < 0.15
    assert 0.01 < effects["survey_before_discount"].effect < 0.04
    assert 0.16 < effects["upsell_draft"].effect < 0.20
    assert effects["usage_digest"].effect == 0
    assert -0.25 < effects["renewal_reminder"].effect < -0.12
    chosen = true_effect(big_company, "feature_tutorial", among=["A000001", "A000002"], paths=1)
    assert chosen.accounts == 2


def test_the_product_sees_who_leaves_and_its_playbook_fits_enough_accounts(tmp_path: Path) -> None:
    write_company(tmp_path, units=2_000, today=TODAY)
    with open_sources(tmp_path / "data", faulty_rows_allowed=0.0) as customers:
        table = build_features(customers, TODAY)
        early, late = (labelled(customers, TODAY - timedelta(days=days)) for days in (180, 90))
    model = churn.fit_churn(*early, *late, CHURN_FEATURES)
    assert 0.75 < model.auc < 0.9
    table = table.with_columns(churn_risk=churn.predict_churn(model, table.numeric(CHURN_FEATURES)))
    brief, _ = load_brief(Path(str(files("kizuna.examples.saas") / "brief.yaml")))
    segment = matches(brief.segment, table)
    assert 500 < segment.sum() < 800
    at_least = {"upsell_draft": 90, "survey_before_discount": 150, "first_month_tips": 30, "apology_care": 20}
    for name, action in load_playbooks(brief.playbooks, None, lambda rule: []).items():
        assert (segment & matches(action.when, table)).sum() > at_least.get(name, 250)


def labelled(customers: Customers, cutoff: date) -> tuple[np.ndarray, np.ndarray]:
    table = build_features(customers, cutoff)
    stayed = retained(customers, table.unit_ids, cutoff, cutoff + timedelta(days=90))
    return table.numeric(CHURN_FEATURES)[~np.isnan(stayed)], 1 - stayed[~np.isnan(stayed)]


def test_true_effects_are_nothing_in_a_company_without_effects(tmp_path: Path) -> None:
    write_company(tmp_path, units=500, today=TODAY, no_effect=True)
    for action in ("feature_tutorial", "upsell_draft", "renewal_reminder"):
        assert true_effect(tmp_path, action, paths=1).effect == 0


def test_true_effect_agrees_with_the_living_world(big_company: Path) -> None:
    action = "feature_tutorial"
    claimed = true_effect(big_company, action, paths=5)
    rows = plausibly_eligible(fresh(big_company), action)
    lived = []
    for seed in (1, 2):
        lost = []
        for treated in (False, True):
            state = fresh(big_company)
            mails = mails_to(state, rows, action) if treated else []
            for day in range(30):
                simulate_day(state, mails if day == 0 else [], seed=seed, effects=True)
            lost.append((state.cancelled[rows] >= 0).mean())
        lived.append(lost[0] - lost[1])
    assert np.mean(lived) == pytest.approx(claimed.effect, abs=0.008)
    assert claimed.outcome == "retained_30d"
