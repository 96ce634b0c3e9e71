"""What was typed, as values. What cannot be one is a problem at its field; nothing is cut or dropped silently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from opendata.catalog import dates
from opendata.catalog.values import LANGUAGES, Keyword, PartialDate, Text
from opendata.errors import Invalid, Problem
from opendata.web.forms.checks import CHECKS, wrong
from opendata.web.forms.fields import IN_LANGUAGES, OTHER, Choice, Field, Form, Kind, Rows, path_of
from opendata.web.forms.typed import Typed

SHOWN = 80
"""Characters of a value that a problem repeats."""
_COUNT_AS_TYPED = frozenset({Kind.CHECKS, Kind.FLAG})


@dataclass(frozen=True)
class Answers:
    """Reads `typed` by the fields of `form`; `prefix` is that of the row which it is (contracts-0-).

    Problems of this and of all its rows are collected in `problems`.
    """

    form: Form
    typed: Typed
    prefix: str = ""
    problems: list[Problem] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One line, or several of a long field, without blanks around."""
        return self.typed.first(self.prefix + name).strip()

    def text(self, name: str, before: Text | None = None) -> Text:
        """The text in its languages. The original is the one of `before` while it has words, else the first given."""
        before = before or Text()
        given = {code: self.line(f"{name}.{code}") for code in (*LANGUAGES, OTHER)}
        there = [code for code in LANGUAGES if given[code]]
        kept = before.original in there or (given[OTHER] and before.original not in LANGUAGES)
        original = before.original if kept else next(iter(there), "")
        return Text(**given, original=original)

    def words(self, name: str) -> tuple[Keyword, ...]:
        """Keywords: one a line, or between semicolons, in each language."""
        return tuple(
            Keyword(word, "" if code == OTHER else code)
            for code in (*LANGUAGES, OTHER)
            for piece in self.line(f"{name}.{code}").replace(";", "\n").split("\n")
            if (word := " ".join(piece.split()))
        )

    def choices(self, name: str) -> tuple[str, ...]:
        """The boxes that are ticked."""
        return tuple(dict.fromkeys(value for value in self.typed.all(self.prefix + name) if value))

    def flag(self, name: str) -> bool:
        """Whether the one box is ticked."""
        return bool(self.choices(name))

    def date(self, name: str) -> PartialDate | None:
        """A day, month or year, however people write it."""
        text = self.line(name)
        found = dates.parse(text).date if text else None
        if text and found is None:
            self._wrong("form_date", name, text)
        return found

    def day(self, name: str) -> dt.date | None:
        """A day."""
        text = self.line(name)
        found = dates.parse(text).date if text else None
        if text and (found is None or not found.day):
            self._wrong("form_day", name, text)
            return None
        return found.first_day() if found else None

    def whole(self, name: str) -> int | None:
        """A whole number from 0."""
        text = self.line(name)
        if not text:
            return None
        digits = "".join(text.split())
        if digits.isascii() and digits.isdecimal() and len(digits) < 16:
            return int(digits)
        self._wrong("form_whole", name, text)
        return None

    def decimal(self, name: str) -> Decimal | None:
        """A number, with a point or a comma."""
        text = self.line(name)
        if not text:
            return None
        try:
            found = Decimal("".join(text.split()).replace(",", ".")) if len(text) < 40 else Decimal("NaN")
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            self._wrong("form_number", name, text)
            return None
        return found

    def rows(self, name: str) -> Iterator[Answers]:
        """The rows that have something in them, in their order."""
        group = self.form.group(self.prefix + name)
        if group is None:
            raise ValueError(f"the form has no rows {self.prefix + name!r}")
        for number in self.typed.numbers(self.prefix + name):
            row = replace(self, prefix=f"{self.prefix}{name}-{number}-")
            if not row.blank(group):
                yield row

    def blank(self, group: Rows) -> bool:
        """Whether nothing was typed into this row: what is chosen unasked does not count."""
        for part in group.parts:
            if isinstance(part, Rows):
                if any(True for _ in self.rows(part.name)):
                    return False
            elif _says(part) and any(self.line(one) for one in part.names):
                return False
        return True

    def say(self, code: str, name: str, message: str, hint: str = "") -> None:
        """Note a problem of that field (of this row)."""
        value = self.line(name) if self.form.field(self.prefix + name) else ""
        self.problems.append(Problem(code, message, self.prefix + name, hint=hint, value=value[:SHOWN]))

    def _wrong(self, code: str, name: str, value: str) -> None:
        shown = value[:SHOWN]
        self.problems.append(Problem(code, f"{shown!r} cannot be read.", self.prefix + name, value=shown))

    def check(self, offered: Mapping[str, Sequence[Choice]] | None = None, stored: Typed | None = None) -> None:
        """Look at every field by itself: its bound, its choices, what it is checked for. `offered` as for the views.

        What stands in `stored` already, in whatever row, may stay as it is.
        """
        known = {(path_of(name), value.strip()) for name, value in stored.pairs} if stored else set()
        for name, value in self.typed.pairs:
            one = self.form.field(name)
            if one is not None and value.strip() and (path_of(name), value.strip()) not in known:
                self.problems.extend(_problems(one, name, value.strip(), self, offered or {}))
        for group in self.form.rows:
            self._count(group)

    def _count(self, path: str) -> None:
        rows = self.form.rows[path]
        if "-" not in path and len(self.typed.numbers(path)) > rows.limit:
            most = f"At most {rows.limit} can be given."
            self.problems.append(Problem("form_rows", most, path, value=str(rows.limit)))

    def refuse(self) -> None:
        """Invalid where there are problems."""
        if self.problems:
            raise Invalid(" ".join(one.message for one in self.problems), self.problems)


def _says(part: Field) -> bool:
    """Whether something in it shows that the row is meant."""
    return part.kind not in _COUNT_AS_TYPED and (part.kind is not Kind.CHOICE or bool(part.empty))


def _problems(
    one: Field, name: str, value: str, answers: Answers, offered: Mapping[str, Sequence[Choice]]
) -> Iterator[Problem]:
    shown = value[:SHOWN]
    if len(value) > one.most:
        over = f"{len(value)} characters; {one.most} are the most."
        yield Problem("form_too_long", over, name, value=f"{len(value)} > {one.most}")
    if one.kind in (Kind.CHOICE, Kind.CHECKS):
        allowed = {choice.value for choice in offered.get(_path(answers.form, one), one.offered())}
        if allowed and value not in allowed:
            yield Problem("form_choice", f"{shown!r} is not among the choices.", name, value=shown)
    kind = answers.typed.first(f"{name.rpartition('-')[0]}-{one.check_by}") if one.check_by else one.check
    kind = kind or {Kind.URL: "url", Kind.EMAIL: "email"}.get(one.kind, "")
    if kind in CHECKS and one.kind not in IN_LANGUAGES and wrong(kind, value):
        yield Problem(f"form_{kind}", f"{shown!r} is not a valid {kind.upper()}.", name, value=shown)


def _path(form: Form, one: Field) -> str:
    return next(path for path, each in form.fields.items() if each is one)
