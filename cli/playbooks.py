"""The command that explains the actions a brief may allow, and checks one's own."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import console, examples, json_option, print_json, refuse

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..domain.playbook import Action, Arm, Branch, Send, Wait


@examples(
    "kizuna playbooks",
    "kizuna --lang ja playbooks",
    "kizuna playbooks win_back",
    "kizuna playbooks --facts",
    "kizuna playbooks --check my-playbooks",
)
@click.command()
@click.argument("action", required=False)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Show your own actions with the rest.")
@click.option("--check", "own", type=click.Path(path_type=Path, file_okay=False), help="Check a folder of your own.")
@click.option("--facts", is_flag=True, help="List the facts that the words of a message may use.")
@json_option
@click.pass_obj
def playbooks(
    lang: "Language", action: str | None, folder: Path | None, own: Path | None, facts: bool, as_json: bool
) -> None:
    """Explain the actions: what for, for whom, who looks at it, what it costs, what it is believed to do.

    With the name of an ACTION, also its words in both languages. Your own actions lie in a folder of YAML files,
    their words in prompts/ beside it.
    """
    if own is not None:
        _check(lang, own, as_json)
    elif facts:
        _facts(lang, as_json)
    elif action is not None:
        _one(lang, action, folder, as_json)
    else:
        _all(lang, folder, as_json)


def _all(lang: "Language", folder: Path | None, as_json: bool) -> None:
    from ..domain.playbook import Lever
    from ..service.catalogue import actions_in

    actions = actions_in(folder)
    if as_json:
        print_json([_plain(action) for action in actions])
        return
    click.echo(_phrase(lang, "intro", count=len(actions)))
    order = list(Lever)
    ordered = sorted(actions, key=lambda action: (order.index(action.lever), action.term.value, action.action))
    for lever, group in groupby(ordered, key=lambda action: action.lever):
        click.echo("\n" + click.style(_phrase(lang, f"lever.{lever}"), underline=True))
        for action in group:
            click.echo("")
            _show(lang, action)


def _one(lang: "Language", wanted: str, folder: Path | None, as_json: bool) -> None:
    from ..inbox.words import LANGUAGES
    from ..service.catalogue import action_named, is_a_variant, wordings_of

    action = action_named(wanted, folder)
    words = wordings_of(action, folder)
    if as_json:
        print_json({**_plain(action), "words": [vars(wording) for wording in words]})
        return
    _show(lang, action)
    click.echo("\n" + _phrase(lang, "sample"))
    for message in action.messages:
        for language in LANGUAGES:
            own = [wording for wording in words if (wording.message, wording.language) == (message, language)]
            for wording in own:
                if not is_a_variant(wording):
                    head = _phrase(lang, "words_of", message=message, written_in=language, name=wording.name)
                    click.echo("\n" + click.style(head, bold=True))
                    click.echo(click.style(wording.subject, underline=True) + "\n\n" + wording.text.rstrip())
            also = [wording.name for wording in own if is_a_variant(wording)]
            if also:
                click.echo("\n" + click.style(_phrase(lang, "also", names=", ".join(also)), dim=True))


def _check(lang: "Language", folder: Path, as_json: bool) -> None:
    from ..domain.errors import FaultyFile
    from ..service.catalogue import check_folder

    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {folder}")
    try:
        actions = check_folder(folder)
    except FaultyFile as error:
        refuse(error, lang, as_json=as_json)
    if as_json:
        print_json({"ok": True, "actions": [action.action for action in actions]})
    else:
        click.echo(_phrase(lang, "folder_fine", count=len(actions), folder=folder))


def _facts(lang: "Language", as_json: bool) -> None:
    from ..service.catalogue import fact_meanings

    facts = fact_meanings()
    if as_json:
        print_json(facts)
        return
    click.echo(_phrase(lang, "facts", count=len(facts)) + "\n")
    for fact, meaning in facts.items():
        click.echo(f"{fact:<28}{meaning}")


def _show(lang: "Language", action: "Action") -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from ..inbox.words import name

    kind = f"{name(lang, 'payoff', action.term)} · {name(lang, 'topic', action.topic)}"
    click.echo(click.style(action.action, bold=True) + f"  ({kind})")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for label, text in _lines(lang, action):
        table.add_row(Text(f"  {_phrase(lang, label)}"), Text(text))
    described = Text(action.describe.get(lang) or next(iter(action.describe.values())))
    console().print(Padding(described, (0, 0, 0, 2)), table)


def _lines(lang: "Language", action: "Action") -> Iterator[tuple[str, str]]:
    from ..inbox.words import name, outcome, words

    if whom := words(lang).get(f"playbooks.for.{action.action}"):
        yield "whom", whom
    yield "rule", " ".join(action.when.split())
    yield "how", _how(lang, action)
    yield "steps", arrow(lang, action)
    if action.offer is not None:
        yield "offer", _offer(lang, action)
    if action.quiets is not None:
        topic = name(lang, "topic", action.quiets.topic)
        yield "quiet", _phrase(lang, "quiets", wait=_time(lang, action.quiets.for_time), topic=topic)
    prior = action.value.prior_uplift
    points = {"mean": f"{prior.mean * 100:+.1f}", "sd": f"{prior.sd * 100:.1f}"}
    yield "belief", _phrase(lang, "prior", outcome=outcome(lang, action.value.outcome), **points)


def _how(lang: "Language", action: "Action") -> str:
    from ..inbox.words import name

    cost = {"cost": f"{action.cost.per_contact:,.0f}"}
    costs = _phrase(lang, "costs", **cost)
    if action.cost.per_letter is not None:
        costs = _phrase(lang, "costs_letter", letter=f"{action.cost.per_letter:,.0f}", **cost)
    if action.cost.discretion:
        costs = _phrase(lang, "costs_discretion", discretion=f"{action.cost.discretion:,.0f}", **cost)
    channels = " / ".join(name(lang, "channel", channel) for channel in action.channels)
    approved = _phrase(lang, f"approved_{action.review.scope}", who=_phrase(lang, action.review.by.value))
    return " · ".join([channels, approved, costs, _phrase(lang, "again", wait=_time(lang, action.cooldown))])


def _offer(lang: "Language", action: "Action") -> str:
    terms = action.offer
    assert terms is not None
    shown = [_phrase(lang, "discount", share=f"{terms.discount * 100:.0f}")] if terms.discount else []
    shown += [_phrase(lang, "price", price=f"{terms.price_jpy:,.0f}")] if terms.price_jpy is not None else []
    return ", ".join([*shown, *([_phrase(lang, "points", points=f"{terms.points:,}")] if terms.points else [])])


def arrow(lang: "Language", action: "Action") -> str:
    """The steps on one line: `survey → wait for an answer, 5 days at most → wrong_fit: fit_offer | else: nothing`."""
    return " → ".join(_step(lang, step) for step in action.steps)


def _step(lang: "Language", step: "Send | Wait | Branch") -> str:
    from ..domain.playbook import Send, Wait
    from ..inbox.words import name

    if isinstance(step, Send):
        over = {"message": step.send, "channel": name(lang, "channel", step.channel or "")}
        return _phrase(lang, "over", **over) if step.channel else step.send
    if isinstance(step, Wait):
        phrase = "wait_or_end" if step.wait.then == "end" else "wait_for"
        event = _phrase(lang, f"event.{step.wait.event}")
        return _phrase(lang, phrase, event=event, wait=_time(lang, step.wait.up_to))
    return " | ".join(_arms(lang, step.branch))


def _arms(lang: "Language", arms: "tuple[Arm, ...]") -> Iterator[str]:
    for send, group in groupby(arms, key=lambda arm: arm.send):
        answers = ", ".join(arm.answer for arm in group if arm.answer)
        yield _phrase(lang, "arm", answers=answers, message=send) if send else _phrase(lang, "otherwise")


def _time(lang: "Language", span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return _phrase(lang, "hours", count=hours) if hours % 24 else _phrase(lang, "days", count=hours // 24)


def _plain(action: "Action") -> dict[str, Any]:
    return action.model_dump(mode="json", by_alias=True, exclude_none=True)


def _phrase(lang: "Language", key: str, **values: Any) -> str:
    from ..inbox.words import say

    return say(lang, f"playbooks.{key}", **values)
