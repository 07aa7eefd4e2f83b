"""The command `kizuna`: commands are loaded when they are called, so that --help answers at once."""

import os
import sys
from typing import Any

import click

from .lazy import LazyGroup

#: Set before the heavy imports: small fits are slower with many BLAS threads, and checkpoints may hold
#: JSON's own types only.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LANGGRAPH_STRICT_MSGPACK": "true",
}

#: Command -> (module, what it does in one line). In the order in which a newcomer needs them.
COMMANDS = {
    "demo": ("demo", "Watch a team at work: a whole campaign in a minute or two."),
    "init": ("setup", "Write an example company to try: a brief and its data."),
    "check": ("setup", "Check a brief and its playbook; report every fault at once."),
    "simulate": ("simulate", "Run the campaign many times on a twin; nothing leaves."),
    "data": ("data", "Read, map and diagnose the customer data; who is who in them."),
    "features": ("features", "List what is known of a customer: meaning, unit, users."),
    "value": ("value", "What customers are worth, how we know, what would move it."),
    "segments": ("segments", "Who moves between segments, and segments proposed."),
    "churn": ("churn", "Who is likely to leave, how sure that is, whom to contact."),
    "schema": ("setup", "Print the brief's JSON Schema, for editors."),
    "playbooks": ("playbooks", "Explain the actions a brief may allow; check your own."),
    "model": ("model", "Try out the language model of a brief."),
    "add-person": ("people", "Add somebody who will log in."),
    "login": ("people", "Log in."),
    "logout": ("people", "Log out."),
    "whoami": ("people", "Say who is logged in."),
    "run": ("campaign", "Start the campaign of a brief, or go on with it."),
    "tick": ("campaign", "Do what is due now (for cron); safe to run twice at once."),
    "status": ("campaign", "Where the campaign stands and what it waits for."),
    "reviews": ("reviews", "List what waits for a person."),
    "show": ("reviews", "Show a review: what is asked, with figures and words."),
    "approve": ("reviews", "Approve a review, whole or in part."),
    "edit": ("reviews", "Change the words of a draft."),
    "reject": ("reviews", "Reject a review, with the reason; the agents revise."),
    "hand-over": ("reviews", "Let somebody else decide a review."),
    "serve": ("serving", "Open the inbox in the browser, for those who decide."),
    "pause": ("campaign", "Kill switch: from now on nothing leaves."),
    "resume": ("campaign", "Let messages leave again."),
    "report": ("campaign", "What the campaign did, against its holdout."),
    "doctor": ("doctor", "Look whether mail relay, mailboxes, pages, clock and DNS are in order."),
    "why": ("campaign", "The receipt of one unit: what was decided, and why."),
    "evaluate": ("evaluate", "What other policies would have brought, by the log."),
    "replay": ("replay", "Make past decisions again, and compare."),
    "export-person": ("persons", "Everything held of a customer, as JSON to hand over."),
    "erase-person": ("persons", "Erase a customer from everywhere, for good."),
    "fast-forward": ("setup", "Let an example company live on, day by day."),
}


EPILOG = """\b
Try it, without key, network or server:
  kizuna demo
Or step by step:
  kizuna init --example saas my-company
  cd my-company
  kizuna check
"""


class _Kizuna(LazyGroup):
    def invoke(self, ctx: click.Context) -> Any:
        """Rows that stop a reading, and mistakes, are told in the language of whoever called."""
        from ..domain.errors import UserError
        from ..domain.refusals import TooManyFaulty

        try:
            return super().invoke(ctx)
        except TooManyFaulty as error:
            from ..inbox.refusals import too_many_in_words

            raise UserError(too_many_in_words(error, ctx.params["lang"])) from error
        except UserError as error:
            if ctx.params["lang"] == "en":
                raise
            from ..inbox.faults import mistake_in_words

            raise UserError(mistake_in_words(error, ctx.params["lang"])) from error


@click.group(
    cls=_Kizuna,
    commands_in=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="kizuna")
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), envvar="KIZUNA_LANG", default="en", help="Language of what is shown."
)
@click.pass_context
def kizuna(ctx: click.Context, lang: str) -> None:
    """Kizuna: an autonomous marketing team that waits for your approval.

    A brief says what you want. Agents analyse, plan and write; people approve; then mails leave, and what they
    changed is measured against a holdout.
    """
    ctx.obj = lang


def main() -> None:
    """Run the command; a mistake of the user's is a sentence, not a traceback."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from ..domain.errors import KizunaError

    try:
        kizuna(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KizunaError as error:
        if os.environ.get("KIZUNA_DEBUG"):
            raise
        click.echo(f"kizuna: {error}", err=True)
        sys.exit(1)
