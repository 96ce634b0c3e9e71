"""Uploads that cannot be taken at all: what is wrong with the file as a whole, in the reader's language too."""

from __future__ import annotations

from opendata.catalog.upload_problems import CellProblem
from opendata.errors import CatalogueError, Invalid, TooLarge


class NotTaken(Invalid):
    """The file cannot be taken; `problem` says why in every language, the message in English."""

    def __init__(self, problem: CellProblem) -> None:
        super().__init__(_said(problem))
        self.problem = problem


class OverLimit(TooLarge):
    """The file is over a stated bound; `problem` as of NotTaken."""

    def __init__(self, problem: CellProblem) -> None:
        super().__init__(_said(problem))
        self.problem = problem


def not_taken(code: str, filename: str, **filled: str) -> NotTaken:
    """The error of that code in `upload_problems.toml` for the file of that name."""
    return NotTaken(CellProblem(code, value=filename, filled=filled))


def over_limit(code: str, filename: str, **filled: str) -> OverLimit:
    """As `not_taken`, for what is over a bound."""
    return OverLimit(CellProblem(code, value=filename, filled=filled))


def problem_of(error: CatalogueError) -> CellProblem:
    """The problem to keep with an upload that ended with `error`."""
    if isinstance(error, NotTaken | OverLimit):
        return error.problem
    return CellProblem("unexpected", filled={"reason": error.message}, words=error.message)


def _said(problem: CellProblem) -> str:
    return f"{problem.message('en')}. {problem.hint('en')}".strip()
