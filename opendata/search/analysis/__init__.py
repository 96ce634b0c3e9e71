"""How words become keys: one contract, and the analyser in use."""

from __future__ import annotations

from functools import cache

from opendata.search.analysis.contract import Analyser, Explained, QueryToken, Token, explain
from opendata.search.analysis.trilingual import TrilingualAnalyser

__all__ = [
    "Analyser",
    "Explained",
    "QueryToken",
    "Token",
    "TrilingualAnalyser",
    "default_analyser",
    "explain",
    "read_tables",
]


@cache
def default_analyser() -> Analyser:
    """The analyser that indexes are built and asked with; one for the whole process, for its caches are large."""
    return TrilingualAnalyser()


_OF_EACH_LANGUAGE = ("зерттеулеріміздің", "исследованиями", "reports", "ауылдағы")


def read_tables() -> None:
    """Read the dictionaries and make the tables that words need, which the first words would do: half a second of
    processor and 40 MB that processes forked afterwards share."""
    for word in _OF_EACH_LANGUAGE:
        for _token in default_analyser().index_keys(word):
            pass
        default_analyser().query_tokens(word)
