"""Every table in one import: the relationships between modules resolve once all of them are loaded."""

from opendata.store import (
    accounts,
    alerts,
    clients,
    content,
    datasets,
    editing,
    harvests,
    links,
    matches,
    operations,
    organizations,
    purged,
    register,
    searches,
    tables,
)
from opendata.store.base import Base

METADATA = Base.metadata
"""What migrations compare the database with."""

MODULES = (
    accounts,
    alerts,
    clients,
    content,
    datasets,
    editing,
    harvests,
    links,
    matches,
    operations,
    organizations,
    purged,
    register,
    searches,
    tables,
)
