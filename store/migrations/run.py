"""Bring a database to this version's schema."""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

#: The newest revision; a test holds it against the files.
HEAD = "0009"
#: Alembic keeps what it works on in globals: one upgrade at a time in a process.
_ONE_AT_A_TIME = Lock()


def upgrade(connection: Connection) -> None:
    """Upgrade in the caller's transaction; does nothing, quickly, where the schema is current."""
    if _version(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
