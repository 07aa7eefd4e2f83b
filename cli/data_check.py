"""The command that diagnoses the sources: gaps, breaks between channels, what to mend first."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna data check", "kizuna --lang ja data check --html diagnosis.html", "kizuna data check --json")
@click.command()
@brief_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Also write the diagnosis as one HTML page that needs nothing else.",
)
@json_option
@click.pass_obj
def check(lang: "Language", brief: Path, html: Path | None, as_json: bool) -> None:
    """Diagnose the sources: what is missing, stale, told twice or tied to nobody, what that costs, what to mend first.

    Reads only. Also works on sources that are too faulty for a run. Ends with 1 where something must be mended before.
    """
    from ..inbox.diagnosis.page import render_page
    from ..inbox.diagnosis.story import phrase
    from ..inbox.diagnosis.terminal import print_diagnosis
    from ..service.diagnosing import diagnose_sources

    diagnosis, told = diagnose_sources(open_brief(brief, lang, quiet=True))
    if html is not None:
        _write(html, render_page(diagnosis, told, lang))
    if as_json:
        print_json(diagnosis.as_json())
    else:
        print_diagnosis(diagnosis, told, lang, console())
        if html is not None:
            click.echo(phrase(lang, "kept_at", path=html))
    raise SystemExit(1 if diagnosis.must_mend else 0)


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"can't write {path}: {error.strerror}") from None
