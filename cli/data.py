"""The commands `kizuna data …`: what the sources hold, whether it fits together, and who is who in them."""

import click

from .lazy import LazyGroup

#: Command -> (module, what it does in one line). In the order in which a newcomer needs them.
COMMANDS = {
    "map": ("data_map", "Propose the columns of a file or table as lines for the brief."),
    "check": ("data_check", "Diagnose the sources: gaps, breaks, and what to mend first."),
    "read": ("data_read", "Read what is new in the sources and publish it."),
    "who": ("data_identity", "Say which records are one person, and why."),
    "split": ("data_identity", "Keep records apart that were merged."),
    "join": ("data_identity", "Merge records that the rules did not find."),
}


@click.group(
    cls=LazyGroup,
    commands_in=COMMANDS,
    epilog="\b\nExamples:\n  kizuna data check\n  kizuna data map exports/members.csv persons",
)
def data() -> None:
    """What the sources hold, whether it fits together, and who is who in them."""
