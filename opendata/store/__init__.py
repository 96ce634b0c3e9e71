"""The metadata store: tables, queries, queue and page texts over SQLAlchemy, on SQLite or PostgreSQL.

Every table is loaded with the package, since each names others that it is related to.
"""

from opendata.store import models

__all__ = ["models"]
