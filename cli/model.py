"""The command `model`: does the brief's language model answer, how is it held to a form, what does it cost."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, examples, json_option, open_brief, print_json, say

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.model_check import Checked


@click.group(epilog="\b\nExamples:\n  kizuna model check\n  kizuna model check --json")
def model() -> None:
    """Try out the language model of a brief."""


@examples("kizuna model check", "kizuna model check --brief brief.yaml")
@model.command()
@brief_option
@json_option
@click.pass_obj
def check(lang: "Language", brief: Path, as_json: bool) -> None:
    """Ask the model one small question and say what works. Costs a few tokens; shows it nothing of yours."""
    from ..service.model_check import check_model

    workspace = open_brief(brief, lang, quiet=True)
    settings = workspace.brief.reasoner
    if isinstance(settings, str):
        if as_json:
            print_json({"ok": True, "reasoner": "rules"})
        else:
            click.echo(say(lang, "model.no_model"))
        return
    if not as_json:
        click.echo(say(lang, "model.asking", model=settings.model, host=settings.host))
    checked = check_model(workspace, settings)
    if as_json:
        print_json(checked.as_dict())
    else:
        _show(checked, lang)
    if not checked.ok:
        raise SystemExit(1)


def _show(checked: "Checked", lang: "Language") -> None:
    from ..inbox.words import name

    settings, used = checked.settings, checked.used
    if checked.ok:
        figures = {"requests": checked.usage.attempts, "tokens": checked.usage.tokens}
        click.echo(say(lang, "model.works", seconds=checked.seconds, cost=checked.cost_jpy, **figures))
        click.echo(say(lang, "model.form", way=checked.way))
    else:
        click.echo(say(lang, "model.does_not", why=name(lang, "model_failure", checked.why)))
        click.echo(say(lang, "model.told", told=checked.told))
        click.echo(say(lang, "model.rules_go_on"))
    free_text = say(lang, "model.free_text_yes" if settings.sees_free_text else "model.free_text_no")
    if settings.is_local:
        click.echo(say(lang, "model.stays", free_text=free_text))
    else:
        who = settings.processor
        processor = say(lang, "model.processor", company=who.company, country=who.country) if who else ""
        click.echo(say(lang, "model.leaves", host=settings.host, processor=processor, free_text=free_text))
    limit = settings.limits.tokens_per_cycle
    click.echo(say(lang, "model.used", calls=used.calls, tokens=used.tokens, limit=limit, cost=used.cost_jpy))
