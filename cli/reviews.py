"""Commands for those who decide."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json, say, zone_of

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna reviews", "kizuna reviews --mine", "kizuna reviews --json")
@click.command()
@brief_option
@click.option("--mine", is_flag=True, help="Only what I may decide.")
@json_option
@click.pass_obj
def reviews(lang: "Language", brief: Path, mine: bool, as_json: bool) -> None:
    """List what waits for a person: what, for whom, until when."""
    from ..service.people import who
    from ..service.reviewing import waiting
    from .showing import print_reviews

    workspace = open_brief(brief, lang)
    rows = waiting(workspace, who(workspace) if mine else None)
    if as_json:
        print_json([row.model_dump() for row in rows])
    else:
        print_reviews(rows, lang, console(), zone_of(workspace))


@examples("kizuna show nagare-save.1.plan.0", "kizuna show nagare-save.1.feature_tutorial.0 --all")
@click.command()
@click.argument("review")
@brief_option
@click.option("--all", "every", is_flag=True, help="Every draft, not only the samples.")
@json_option
@click.pass_obj
def show(lang: "Language", review: str, brief: Path, every: bool, as_json: bool) -> None:
    """Show what REVIEW asks: the plan with its figures, or the drafts with the facts they use."""
    from ..service.reviewing import show as look_up
    from .showing import print_review

    workspace = open_brief(brief, lang)
    shown = look_up(workspace, review)
    if as_json:
        drafts = [draft.model_dump(mode="json") for draft in shown.drafts]
        print_json({"review": shown.review.model_dump(), "drafts": drafts})
    else:
        print_review(shown, lang, console(), every=every, zone=zone_of(workspace))


@examples(
    "kizuna approve nagare-save.1.plan.0",
    "kizuna approve nagare-save.1.plan.0 --without usage_digest",
    "kizuna approve nagare-save.1.feature_tutorial.0 --without A000012 --without A000481",
)
@click.command()
@click.argument("reviews", nargs=-1, required=True, metavar="REVIEW...")
@brief_option
@click.option("--without", multiple=True, help="Leave out: an action of a plan, a unit of a batch.")
@json_option
@click.pass_obj
def approve(lang: "Language", reviews: tuple[str, ...], brief: Path, without: tuple[str, ...], as_json: bool) -> None:
    """Approve REVIEW (or several), whole or all but some. Binds exactly the bytes that stand now."""
    _decide(lang, reviews, brief, as_json, type="approve", without=without)


@examples(
    "kizuna reject nagare-save.1.plan.0 --reason 'too many at once' --wish fewer",
    "kizuna reject nagare-save.1.usage_digest.0 --reason 'too long for a busy reader' --wish shorter",
)
@click.command()
@click.argument("review")
@brief_option
@click.option("--reason", required=True, help="Why; the agents revise by it, at most twice.")
@click.option(
    "--wish",
    type=click.Choice(["shorter", "softer", "fewer", "without"]),
    help="What you would like instead: shorter or softer words; a plan with fewer contacts or --without actions.",
)
@click.option("--without", multiple=True, help="With --wish without: the actions to leave out of the plan.")
@json_option
@click.pass_obj
def reject(
    lang: "Language", review: str, brief: Path, reason: str, wish: str | None, without: tuple[str, ...], as_json: bool
) -> None:
    """Reject REVIEW, with the reason."""
    _decide(lang, (review,), brief, as_json, type="reject", reason=reason, wish=wish, without=without)


def _decide(lang: "Language", reviews: tuple[str, ...], brief: Path, as_json: bool, **answer: Any) -> None:
    from pydantic import ValidationError

    from ..domain.errors import UserError
    from ..domain.review import Answer
    from ..service.people import who
    from ..service.reviewing import decide

    workspace = open_brief(brief, lang)
    try:
        given = Answer.model_validate(answer)
    except ValidationError as error:
        raise UserError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from error
    person = who(workspace)
    decided = [decide(workspace, review, person, given) for review in reviews]
    if as_json:
        print_json([{"review": row.id, "decided": given.type, "digest": row.digest} for row in decided])
        return
    key = "approved" if given.type == "approve" else "rejected"
    for row in decided:
        click.echo(say(lang, key, id=row.id, digest=row.digest[:12]))
    click.echo(say(lang, "go_on"))


@examples(
    "kizuna edit 'nagare-save/1/A000480/proposal#0'   # opens your editor",
    "kizuna edit 'nagare-save/1/A000480/proposal#0' --subject 'Your reports in May' < new-text.txt",
)
@click.command()
@click.argument("draft")
@brief_option
@click.option("--subject", help="The new subject.")
@json_option
@click.pass_obj
def edit(lang: "Language", draft: str, brief: Path, subject: str | None, as_json: bool) -> None:
    """Change the words of DRAFT: the new text from standard input, or in your editor. Shows the difference."""
    from ..service.people import who
    from ..service.reviewing import draft_text
    from ..service.reviewing import edit as rewrite

    workspace = open_brief(brief, lang)
    person = who(workspace)
    text = sys.stdin.read() if not sys.stdin.isatty() else click.edit(draft_text(workspace, draft))
    done = rewrite(workspace, draft, person, subject=subject, text=text or None)
    if as_json:
        print_json({"draft": done.draft.id, "diff": done.diff, "warnings": done.warnings, "now": done.reassigned})
        return
    click.echo(done.diff or say(lang, "unchanged"))
    for warning in done.warnings:
        click.echo(say(lang, "warning", text=warning))
    click.echo(say(lang, "edited", id=done.draft.id))
    if done.reassigned:
        click.echo(done.reassigned)


@examples("kizuna hand-over nagare-save.1.plan.0 --to suzuki")
@click.command("hand-over")
@click.argument("review")
@brief_option
@click.option("--to", required=True, help="The login of who shall decide.")
@click.pass_obj
def hand_over(lang: "Language", review: str, brief: Path, to: str) -> None:
    """Let somebody else decide REVIEW; they must be allowed to."""
    from ..service.people import who
    from ..service.reviewing import hand_over as give

    workspace = open_brief(brief, lang)
    row = give(workspace, review, who(workspace), to)
    click.echo(say(lang, "handed_over", id=row.id, to=to))
