"""How words become keys: one contract, and the analyser in use."""

from __future__ import annotations

from opendata.search.analysis.contract import Analyser, Explained, QueryToken, Token, explain
from opendata.search.analysis.plain import PlainAnalyser

__all__ = ["Analyser", "Explained", "QueryToken", "Token", "default_analyser", "explain"]


def default_analyser() -> Analyser:
    """The analyser that indexes are built and asked with."""
    return PlainAnalyser()
