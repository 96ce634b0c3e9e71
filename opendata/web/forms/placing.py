"""Which field of a form a problem is of, whatever the service that found it calls that field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opendata.catalog.values import LANGUAGES
from opendata.errors import Problem
from opendata.web.forms.fields import Field, Form, Rows
from opendata.web.forms.typed import Typed, unit_of
from opendata.web.forms.wording import told


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem in the page's language at a field (or rows) of the form; `at` "" where the form has none of it."""

    problem: Problem
    at: str
    where: str = ""
    """Names the row and the field, for who reads the problem elsewhere."""

    @property
    def message(self) -> str:
        """What is wrong."""
        return self.problem.message

    @property
    def hint(self) -> str:
        """What to do."""
        return self.problem.hint


def placed(form: Form, typed: Typed, problems: Iterable[Problem], language: str) -> tuple[Placed, ...]:
    """The problems at their fields, each once. `language` is that of the page: a text without any goes there."""
    found = ((told(one), _place(form, typed, one, language)) for one in problems)
    return tuple(dict.fromkeys(Placed(one, at, _where(form, typed, at)) for one, at in found))


def _where(form: Form, typed: Typed, at: str) -> str:
    """ "Contract 1, Deliverable 2, Kind", as the headings of the page have it."""
    pieces, said = at.split("-"), []
    for end in range(2, len(pieces), 2):
        name = "-".join(pieces[: end - 1])
        group, number = form.group(name), int(pieces[end - 1])
        if group is not None and number in typed.numbers(name):
            said.append(f"{group.one} {typed.numbers(name).index(number) + 1}")
    if (field := form.field(at)) is not None and field.label:
        said.append(str(field.label))
    elif (rows := form.group(at)) is not None:
        said.append(str(rows.label))
    return ", ".join(said)


def _place(form: Form, typed: Typed, problem: Problem, language: str) -> str:
    return next((name for name in _candidates(form, typed, problem, language) if _is_there(form, name)), "")


def _is_there(form: Form, name: str) -> bool:
    return form.field(name) is not None or form.group(name) is not None


def _candidates(form: Form, typed: Typed, problem: Problem, language: str) -> Iterator[str]:
    name = problem.field
    if form.group(name) is None:
        yield name
    head, _, tail = name.partition(".")
    if problem.row.isdecimal():
        yield f"{head}-{problem.row}-{tail}"
        yield from _first_of_row(form, f"{head}-{problem.row}")
    yield f"{name}.{language}"
    yield f"{name}.{LANGUAGES[0]}"
    for unit in (name, head):
        yield from _with_value(typed, unit, problem.value)
    yield head
    yield from (path for path in form.fields if "-" not in path and unit_of(path) == head)


def _first_of_row(form: Form, row: str) -> Iterator[str]:
    group = form.group(row.rpartition("-")[0])
    if isinstance(group, Rows):
        yield from (f"{row}-{part.names[0]}" for part in group.parts if isinstance(part, Field))


def _with_value(typed: Typed, unit: str, value: str) -> Iterator[str]:
    """The places of the unit at which that value begins: services say what they were given, not in which row it was."""
    if value:
        yield from (one for one, typed_value in typed.pairs if unit_of(one) == unit and typed_value.startswith(value))
