"""A form as a page draws it (templates/components/edit.html): every field with its words, values, and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from opendata.catalog.values import LANGUAGES
from opendata.web.forms.fields import IN_LANGUAGES, MARK, OTHER, Choice, Field, Form, Kind, Part, Rows, path_of
from opendata.web.forms.offers import Offer
from opendata.web.forms.placing import Placed
from opendata.web.forms.typed import Typed, unit_of


@dataclass(frozen=True, slots=True)
class Said:
    """What the sources say of a field that was written by hand, and when that was done. `name` takes it back."""

    name: str
    value: str
    when: str


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was looked up: `values` are those of the fields that choosing it fills, as JSON."""

    label: str
    note: str
    language: str
    values: str


@dataclass(frozen=True, slots=True)
class Inner:
    """The part of a field that is in one language. `missing`: others are there, and this one is not."""

    name: str
    language: str
    value: str
    missing: bool
    problems: tuple[Placed, ...]

    @property
    def id(self) -> str:
        """Of the input."""
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field. `found` is None where nothing was looked up, and empty where nothing was found."""

    field: Field
    name: str
    values: tuple[str, ...]
    inner: tuple[Inner, ...]
    choices: tuple[tuple[str, tuple[Choice, ...]], ...]
    """(heading, choices below it)"""
    problems: tuple[Placed, ...]
    said: Sequence[Said] = ()
    found: tuple[Found, ...] | None = None
    offers: Sequence[Offer] = ()
    is_rows: bool = False

    @property
    def id(self) -> str:
        """Of the input, or of the group of inputs."""
        return f"field-{self.name}"

    @property
    def value(self) -> str:
        """What stands in it."""
        return self.values[0] if self.values else ""

    @property
    def kind(self) -> str:
        """How it is typed."""
        return self.field.kind.value

    @property
    def described(self) -> str:
        """The ids of what is said about it."""
        there = (("hint", self.field.hint), ("error", self.problems), ("said", self.said))
        return " ".join(f"{what}-{self.name}" for what, is_there in there if is_there)

    @property
    def row(self) -> str:
        """The row that it stands in (contributors-2), "" for none."""
        return self.name.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class RowView:
    """One row with its fields."""

    name: str
    mark: str
    number: int
    parts: tuple[FieldView | RowsView, ...]
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class RowsView:
    """Rows that may be added, removed and moved."""

    rows: Rows
    name: str
    items: tuple[RowView, ...]
    problems: tuple[Placed, ...]
    full: bool
    said: Sequence[Said] = ()
    offers: Sequence[Offer] = ()
    is_rows: bool = True

    @property
    def id(self) -> str:
        """Of the group."""
        return f"field-{self.name}"

    @property
    def described(self) -> str:
        """As of a field."""
        there = (("hint", self.rows.hint), ("error", self.problems), ("said", self.said))
        return " ".join(f"{what}-{self.name}" for what, is_there in there if is_there)


@dataclass(frozen=True, slots=True)
class SectionView:
    """Fields under a heading."""

    name: str
    label: str
    hint: str
    parts: tuple[FieldView | RowsView, ...]
    wrong: int


@dataclass(frozen=True)
class FormView:
    """The form; `problems` are all of them, for the summary. `version` is that of what was read."""

    sections: tuple[SectionView, ...]
    problems: tuple[Placed, ...] = ()
    version: str = ""
    draft: str = ""

    @property
    def offered(self) -> bool:
        """Whether a file tells anything that the form does not hold."""
        return any(part.offers for part in self.parts.values())

    @cached_property
    def parts(self) -> Mapping[str, FieldView | RowsView]:
        """The fields and rows by their names, for a page that places them itself."""
        return {part.name: part for section in self.sections for part in section.parts}


@dataclass(frozen=True)
class Viewing:
    """Makes the view of a form. `offered` are the choices that depend on who asks, by path without numbers of rows;
    `said` by field of the record; `looked` is the field that was looked up, with what was found.
    """

    form: Form
    typed: Typed
    problems: tuple[Placed, ...] = ()
    offered: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    said: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    looked: str = ""
    found: tuple[Found, ...] = ()
    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)

    def view(self, version: str = "", draft: str = "") -> FormView:
        """The whole form."""
        sections = []
        for one in self.form.sections:
            parts = tuple(self._part(part, "") for part in one.parts)
            units = {unit_of(part.name) for part in one.parts}
            wrong = sum(1 for each in self.problems if unit_of(each.at) in units and each.at)
            sections.append(SectionView(one.name, str(one.label), str(one.hint), parts, wrong))
        return FormView(tuple(sections), self.problems, version, draft)

    def _part(self, part: Part, prefix: str) -> FieldView | RowsView:
        return self._rows(part, prefix + part.name) if isinstance(part, Rows) else self._field(part, prefix + part.name)

    def _rows(self, part: Rows, name: str) -> RowsView:
        numbers = self.typed.numbers(name) or list(range(part.start))
        items = tuple(
            RowView(
                name=f"{name}-{number}",
                mark=f"{name}-{number}-{MARK}",
                number=place + 1,
                parts=tuple(self._part(each, f"{name}-{number}-") for each in part.parts),
                first=place == 0,
                last=place == len(numbers) - 1,
            )
            for place, number in enumerate(numbers)
        )
        full, said, offers = len(numbers) >= part.limit, self.said.get(name, ()), self.offers.get(name, ())
        return RowsView(part, name, items, self._at(name), full, said, offers)

    def _field(self, one: Field, name: str) -> FieldView:
        return FieldView(
            field=one,
            name=name,
            values=self.typed.all(name),
            inner=self._inner(name) if one.kind in IN_LANGUAGES else (),
            choices=self._choices(one, name) if one.kind in (Kind.CHOICE, Kind.CHECKS) else (),
            problems=self._at(name),
            said=self.said.get(name, ()),
            found=self.found if self.looked == name else None,
            offers=self.offers.get(name, ()),
        )

    def _inner(self, name: str) -> tuple[Inner, ...]:
        given = {code: self.typed.first(f"{name}.{code}") for code in (*LANGUAGES, OTHER)}
        some = any(value.strip() for value in given.values())
        shown = (*LANGUAGES, OTHER) if given[OTHER].strip() else LANGUAGES
        return tuple(
            Inner(
                f"{name}.{code}", code if code != OTHER else "", given[code], some and not given[code].strip(),
                self._at(f"{name}.{code}"),
            )
            for code in shown
        )  # fmt: skip

    def _choices(self, one: Field, name: str) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
        """The choices by heading; what stands there and is none of them is one as well."""
        offered = list(self.offered.get(path_of(name) or "", one.offered()))
        known = {choice.value for choice in offered}
        offered += [Choice(value, value) for value in self.typed.all(name) if value and value not in known]
        groups: dict[str, list[Choice]] = {}
        for choice in offered:
            groups.setdefault(choice.group, []).append(choice)
        return tuple((heading, tuple(choices)) for heading, choices in groups.items())

    def _at(self, name: str) -> tuple[Placed, ...]:
        return tuple(one for one in self.problems if one.at == name)
