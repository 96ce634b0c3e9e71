"""Searches with a short address, and what is searched for: figures by day, words only when many days had them.

Nothing here names or links to a person, a session or an address.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, Index, Integer, LargeBinary, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base
from opendata.store.types import UTCDateTime

CODE_CHARACTERS = 32
WORDS_CHARACTERS = 200
"""The longest query whose words are ever kept."""


class ShortLink(Base):
    """A search under a short code. `arguments` are the path of the search page, a question mark, its URL arguments."""

    __tablename__ = "short_links"

    code: Mapped[str] = mapped_column(String(CODE_CHARACTERS), primary_key=True)
    arguments: Mapped[str] = mapped_column(TextColumn)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class SearchCount(Base):
    """How many searches of a kind there were on a day of the site's time zone.

    `language` is that of the interface, `query_language` that of the words ("" unknown), `found` how many records were
    found, as the lower end of a band (0, 1, 10, 100, 1000).
    """

    __tablename__ = "search_counts"
    __table_args__ = (CheckConstraint("number >= 0", name="number_not_negative"),)

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    query_language: Mapped[str] = mapped_column(String(8), primary_key=True, default="")
    found: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, default=0)


class SearchHash(Base):
    """Searches of one day whose words too few days have had: the keyed hash of the words stands for them."""

    __tablename__ = "search_hashes"
    __table_args__ = (
        CheckConstraint("number >= in_vain AND in_vain >= 0", name="in_vain_within_number"),
        Index("ix_search_hashes_day", "day"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, default=0)
    in_vain: Mapped[int] = mapped_column(Integer, default=0)


class SearchWords(Base):
    """Words that enough days have had, with how often they were searched in a month (its first day), and in vain."""

    __tablename__ = "search_words"
    __table_args__ = (
        CheckConstraint("number >= in_vain AND in_vain >= 0", name="in_vain_within_number"),
        Index("ix_search_words_month", "month"),
    )

    words: Mapped[str] = mapped_column(String(WORDS_CHARACTERS), primary_key=True)
    month: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, default=0)
    in_vain: Mapped[int] = mapped_column(Integer, default=0)
