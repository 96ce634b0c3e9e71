"""Run by Alembic with the open connection that opendata.store.schema hands over."""

from __future__ import annotations

from alembic import context

from opendata.store.models import METADATA
from opendata.store.schema import include_name, render_item

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table only by building it anew
    include_name=include_name,
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
