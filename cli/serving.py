"""The command that opens the inbox."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_argument, examples, open_brief, say

if TYPE_CHECKING:
    from ..domain.brief import Language

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
#: How long open requests may take to end after the signal to stop.
_GRACE_SECONDS = 10


@examples(
    "kizuna serve",
    "kizuna serve brief.yaml --port 9000 --tick-every 30",
    "kizuna serve --host 0.0.0.0 --behind-https   # behind a proxy that speaks https",
)
@click.command()
@brief_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8470, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@click.option("--behind-https", is_flag=True, help="A proxy in front speaks https; cookies are for https only.")
@click.option(
    "--tick-every", default=60, show_default=True, type=click.IntRange(1, 86400), help="Seconds between two ticks."
)
@click.option("--no-tick", is_flag=True, help="Don't tick: cron does it.")
@click.pass_obj
def serve(
    lang: "Language", brief: Path, host: str, port: int, behind_https: bool, tick_every: int, no_tick: bool
) -> None:
    """Open the inbox of BRIEF for those who decide, and the pages of its customers, until stopped (Ctrl-C)."""
    from ..domain.errors import UserError

    if host not in _LOOPBACK and not behind_https:
        raise UserError(
            f"{host} can be reached from elsewhere, and passwords would pass in the clear: put a proxy that speaks "
            "https in front and say --behind-https, or stay on 127.0.0.1"
        )
    from ..inbox.web.app import create_app
    from ..inbox.web.server import Server
    from ..inbox.web.ticking import Ticker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    workspace = open_brief(brief, lang)
    ticker = None if no_tick else Ticker(workspace, tick_every)
    decided = ticker.soon if ticker is not None else (lambda: None)
    app = create_app(workspace, is_https=behind_https, decided=decided)
    server = Server(app, host, port, is_behind_proxy=behind_https, grace_seconds=_GRACE_SECONDS)
    click.echo(say(lang, "serving", url=server.url, name=workspace.brief.name))
    if ticker is not None:
        ticker.start()
    try:
        server.run()
    finally:
        if ticker is not None:
            ticker.stop()
    click.echo(say(lang, "served"))
