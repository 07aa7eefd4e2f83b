"""The command that shows the churn model: how good, what drives it, whom it would pay to contact, drift."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_argument, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.churn import ActionWorth, ChurnView


@examples(
    "kizuna churn",
    "kizuna churn my-company/brief.yaml --json",
    "kizuna churn --action survey_before_discount",
    "kizuna churn --unit A000123",
    "kizuna churn --cost 300 --effect 0.10 0.02 0.18",
    "kizuna --lang ja churn",
)
@click.command()
@brief_argument
@click.option("--action", metavar="NAME", help="Show every threshold of one action of the brief.")
@click.option("--unit", metavar="ID", help="Show one customer's risk and what makes it up.")
@click.option("--cost", type=click.FloatRange(0), help="What a contact of your own would cost, in JPY.")
@click.option(
    "--effect",
    type=click.FloatRange(-1, 1),
    nargs=3,
    help="The share of those who would leave that it keeps: believed, at least, at most.",
)
@json_option
@click.pass_obj
def churn(
    lang: "Language",
    brief: Path,
    action: str | None,
    unit: str | None,
    cost: float | None,
    effect: tuple[float, float, float] | None,
    as_json: bool,
) -> None:
    """Who is likely to leave, how far to trust that, and whom it would pay to contact.

    The model is fitted anew in each cycle and always shown beside a plain logistic regression and the base rate, on
    later cases that none of them knew. With --cost and --effect a contact of your own is weighed instead of the
    actions of the brief; --action shows one of those in full.
    """
    from ..inbox.churn import print_churn, print_unit
    from ..service.churn import Effect, churn_view, unit_risk

    if (cost is None) != (effect is None):
        raise click.UsageError("--cost and --effect go together")
    if effect is not None and not effect[1] <= effect[0] <= effect[2]:
        raise click.UsageError("--effect is three figures: believed, at least, at most; such as 0.10 0.02 0.18")
    if effect is not None and action is not None:
        raise click.UsageError("--action is one of the brief, --cost and --effect describe your own: choose")
    workspace = open_brief(brief, lang, quiet=True)
    if unit is not None:
        one = unit_risk(workspace, unit)
        if as_json:
            print_json({**asdict(one), "parts": [part._asdict() for part in one.parts]})
        else:
            print_unit(one, lang, console())
        return
    contact = (Effect(*effect), cost) if effect is not None and cost is not None else None
    seen = churn_view(workspace, contact=contact, action=action)
    if as_json:
        print_json(_plain(seen))
    else:
        print_churn(seen, lang, console())


def _plain(seen: "ChurnView") -> dict[str, Any]:
    return {**asdict(seen), "worth": [_worth(one) for one in seen.worth]}


def _worth(one: "ActionWorth") -> dict[str, Any]:
    choices = [choice._asdict() for choice in (*one.choices, one.best_threshold)]
    return {
        **asdict(one),
        "effect": one.effect._asdict(),
        "choices": [_without_nan(choice) for choice in choices[:-1]],
        "best_threshold": _without_nan(choices[-1]),
    }


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in values.items()}
