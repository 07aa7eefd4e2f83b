"""The commands `kizuna data …`: what the sources hold, whether it fits together, and who is who in them."""

from importlib import import_module

import click

#: Command -> (module, what it does in one line). In the order in which a newcomer needs them.
COMMANDS = {
    "map": ("data_map", "Propose the columns of a file or table as lines for the brief."),
    "check": ("data_check", "Diagnose the sources: gaps, breaks, and what to mend first."),
    "read": ("data_read", "Read what is new in the sources and publish it."),
    "who": ("data_identity", "Say which records are one person, and why."),
    "split": ("data_identity", "Keep records apart that were merged."),
    "join": ("data_identity", "Merge records that the rules did not find."),
}


class _Lazy(click.Group):
    """Knows the commands' names and one-liners without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"kizuna.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Lazy, epilog="\b\nExamples:\n  kizuna data check\n  kizuna data map exports/members.csv persons")
def data() -> None:
    """What the sources hold, whether it fits together, and who is who in them."""
