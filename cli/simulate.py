"""The command that runs a campaign in fast-forward, many times, before anything happens."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_argument, console, examples, json_option, print_json, say, tell_on

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples(
    "kizuna simulate brief.yaml",
    "kizuna --lang ja simulate brief.yaml --html 予行.html",
    "kizuna simulate brief.yaml --runs 50 --seed 7 --json",
)
@click.command()
@brief_argument
@click.option("--runs", type=click.IntRange(2, 10_000), default=200, show_default=True, help="With beliefs as stated.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same figures.")
@click.option(
    "--customers",
    type=click.IntRange(100, 1_000_000),
    default=5_000,
    show_default=True,
    help="Of more customers than that, a part is simulated; budget and capacities are cut to its share.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page here.")
@json_option
@click.pass_obj
def simulate(
    lang: "Language", brief: Path, runs: int, seed: int, customers: int, html: Path | None, as_json: bool
) -> None:
    """Run the campaign of BRIEF in fast-forward, many times, on a digital twin of your customers.

    Nothing leaves, and nothing is kept: no store, no source, no review is touched. What it says is what your models
    and the playbook's beliefs imply, and what would come of the plan if those are wrong.
    """
    from ..inbox.simulation.terminal import print_simulation
    from ..service.simulating import simulate_campaign

    if not brief.exists():
        raise click.UsageError(f"there is no {brief}; name the brief, or go to its folder")
    found = simulate_campaign(brief, tell_on(lang), runs=runs, seed=abs(seed), most_units=customers)
    if html is not None:
        from ..inbox.simulation.page import render_page

        html.write_text(render_page(found, lang), encoding="utf-8")
        click.echo(say(lang, "report_written", path=html), err=True)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        print_simulation(found, lang, console())
