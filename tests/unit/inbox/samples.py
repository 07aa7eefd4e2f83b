"""Three campaigns to render: one still collecting, one better, one without a difference."""

from datetime import timedelta
from typing import Any

from kizuna.domain.brief import Metric
from kizuna.domain.playbook import Lever
from kizuna.domain.report import ActionResult, DeliveryCount, Estimate, Finding, GuardrailCount, Indicator, Report

from .pieces import HOSTILE, REVIEWS, START, action, point, span


def better(**changes: Any) -> Report:
    """The last cycle is over and the interval lies above zero."""
    lifts = (None, span(0.031, 0.118), span(0.058, 0.084), span(0.092, 0.071), span(0.113, 0.066), span(0.124, 0.058))
    words = ("collecting", "collecting", "collecting", "better", "better", "better")
    fields: dict[str, Any] = {
        "campaign": "spring-renewal",
        "company": {"ja": "株式会社ほしぞらクラウド", "en": "Hoshizora Cloud Inc."},
        "fictional": True,
        "metric": Metric.LTV,
        "target_lift": 0.1,
        "horizon_days": 90,
        "started_on": START,
        "as_of": START + timedelta(days=90),
        "cycle": 6,
        "cycles": 6,
        "is_final": True,
        "verdict": "better",
        "headline": span(0.124, 0.058),
        "incremental_jpy": span(12_345_678, 5_774_000),
        "incremental_per_unit_jpy": span(5_118, 2_394),
        "cost_jpy": 1_830_400,
        "budget_jpy": 3_000_000,
        "return_on_cost": 6.74,
        "units": {"policy": 2_412, "random_control": 301, "business_as_usual": 302, "holdout": 603},
        "sample_ratio_p": 0.412,
        "minimum_detectable_lift": 0.072,
        "chance_of_goal": 0.79,
        "lever": Lever.RETENTION,
        "goal_path": tuple(point(i + 1, lift, words[i]) for i, lift in enumerate(lifts)),
        "indicators": (
            Indicator(name="opened", policy=0.412, holdout=0.0, difference=None),
            Indicator(name="active", policy=0.731, holdout=0.702, difference=span(0.029, 0.021)),
            Indicator(name="cancelled", policy=0.042, holdout=0.061, difference=span(-0.019, 0.012)),
        ),
        "actions": _learned_actions(),
        "guardrails": tuple(
            GuardrailCount(reason=reason, count=count)
            for reason, count in (
                ("no_consent", 214),
                ("frequency_cap", 1_022),
                ("quiet_hours", 88),
                ("no_value", 6_310),
                ("left_out_by_reviewer", 12),
                ("suppressed", 0),
            )
        ),
        "deliveries": tuple(
            DeliveryCount(state=state, count=count)
            for state, count in (("sent", 5_530), ("handed_over", 96), ("bounced", 41), ("uncertain", 1))
        ),
        "reviews": REVIEWS,
        "findings": (
            Finding(kind="segment", figures={"active": 2_412, "units": 3_000, "segment": 800, "ltv_share": 0.31}),
            Finding(kind="signal", figures={"signal": "<script>activity_dropped", "units": 412}),
        ),
    }
    return Report(**fields | changes)


def _learned_actions() -> tuple[ActionResult, ...]:
    return (
        action(
            "survey_before_discount",
            "used",
            (410, 520, 640, 790, 860, 880),
            evidence=span(0.034, 0.02),
            treated=2_010,
            compared=498,
            belief=span(0.031, 0.018),
            belief_path=(0.02, 0.021, 0.024, 0.029, 0.03, 0.031, 0.031),
        ),
        action(
            "tutorial_email",
            "used",
            (360, 350, 280, 240, 120, 80),
            evidence=span(0.006, 0.019),
            treated=1_320,
            compared=330,
            belief=span(0.009, 0.016),
            belief_path=(0.02, 0.017, 0.014, 0.011, 0.01, 0.009, 0.009),
        ),
        action(
            "annual_plan",
            "dropped",
            (410, 380, 0, 0, 0, 0),
            prior=span(0.015, 0.03),
            evidence=Estimate(value=-0.041, low=-0.068, high=-0.014),
            treated=790,
            compared=210,
            belief=span(-0.033, 0.022),
            belief_path=(0.015, -0.012, -0.033, -0.033, -0.033, -0.033, -0.033),
        ),
        action(
            "rep_upgrade_draft",
            "used",
            (16, 18, 20, 14, 16, 12),
            outcome="upgraded_60d",
            handed_over=96,
            cost_jpy=144_000.0,
            prior=span(0.04, 0.06),
            evidence=span(0.05, 0.09),
            treated=96,
            compared=31,
            belief=span(0.043, 0.05),
        ),
    )


def no_difference(**changes: Any) -> Report:
    """Over, and the interval still includes zero; churn rate, so the goal points down."""
    lifts = (None, None, span(-0.01, 0.19), span(-0.02, 0.14), span(0.004, 0.11), span(-0.008, 0.094))
    path = [point(i + 1, lift, "collecting" if i < 5 else "no_difference") for i, lift in enumerate(lifts)]
    fields: dict[str, Any] = {
        "metric": Metric.CHURN_RATE,
        "target_lift": -0.2,
        "verdict": "no_difference",
        "headline": span(-0.008, 0.094),
        "incremental_jpy": span(-210_400, 4_120_000),
        "incremental_per_unit_jpy": span(-87, 1_708),
        "return_on_cost": -0.11,
        "chance_of_goal": 0.004,
        "minimum_detectable_lift": 0.24,
        "sample_ratio_p": 0.00004,
        "goal_path": tuple(p.model_copy(update={"policy_mean": 0.061, "holdout_mean": 0.0615}) for p in path),
    }
    return better(**fields | changes)


def collecting(**changes: Any) -> Report:
    """Two cycles in: no lift yet, one action measured a little."""
    fields: dict[str, Any] = {
        "as_of": START + timedelta(days=31),
        "cycle": 2,
        "is_final": False,
        "verdict": "collecting",
        "headline": None,
        "incremental_jpy": None,
        "incremental_per_unit_jpy": None,
        "return_on_cost": None,
        "cost_jpy": 210_300,
        "goal_path": tuple(point(cycle, None, "collecting") for cycle in (1, 2)),
        "actions": (
            action("survey_before_discount", "used", (410, 520)),
            action(
                "tutorial_email",
                "used",
                (360, 350),
                evidence=span(0.011, 0.04),
                treated=360,
                compared=92,
                belief=span(0.016, 0.03),
            ),
            action("annual_plan", "unused", (0, 0), prior=span(0.015, 0.03)),
        ),
        "guardrails": (GuardrailCount(reason="no_consent", count=102),),
        "deliveries": (DeliveryCount(state="queued", count=120), DeliveryCount(state="sent", count=1_520)),
        "findings": (),
    }
    return better(**fields | changes)


SAMPLES = {"collecting": collecting, "better": better, "no_difference": no_difference}


def hostile() -> Report:
    """Every text that people can write is an attack."""
    sample = better()
    attacked = sample.actions[0].model_copy(
        update={"action": HOSTILE, "describe": {"en": HOSTILE}, "state": HOSTILE, "outcome": HOSTILE}
    )
    review = REVIEWS[1].model_copy(update=dict.fromkeys(("subject", "decided_by", "reason", "state", "kind"), HOSTILE))
    return better(
        company={"en": HOSTILE},
        campaign=HOSTILE,
        actions=(attacked,),
        findings=(Finding(kind="signal", figures={"signal": HOSTILE, "units": 1}),),
        reviews=(review,),
        units={HOSTILE: 3},
        guardrails=(GuardrailCount(reason=HOSTILE, count=1),),
        deliveries=(DeliveryCount(state=HOSTILE, count=1),),
        indicators=(Indicator(name=HOSTILE, policy=0.1, holdout=0.1, difference=None),),
        goal_path=(point(1, span(0.1, 0.1), HOSTILE),),
        verdict=HOSTILE,
    )
