"""What Alembic runs round the revisions: the connection is handed in, locked and inside a transaction already."""

from alembic import context

from storage.rows import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    # SQLite can't alter a constraint: there a table is copied instead.
    render_as_batch=True,
)
context.run_migrations()
