"""What Alembic runs; the connection and its transaction belong to the caller."""

import kizuna.store.tables  # noqa: F401  (fills the metadata that migrations are compared with)
from alembic import context
from sqlmodel import SQLModel

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=False,
)
context.run_migrations()
