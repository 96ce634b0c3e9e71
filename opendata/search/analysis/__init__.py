"""How words become keys: one contract, and the analyser in use."""

from __future__ import annotations

from functools import cache

from opendata.search.analysis.contract import Analyser, Explained, QueryToken, Token, explain
from opendata.search.analysis.trilingual import TrilingualAnalyser

__all__ = ["Analyser", "Explained", "QueryToken", "Token", "TrilingualAnalyser", "default_analyser", "explain"]


@cache
def default_analyser() -> Analyser:
    """The analyser that indexes are built and asked with; one for the whole process, for its caches are large."""
    return TrilingualAnalyser()
