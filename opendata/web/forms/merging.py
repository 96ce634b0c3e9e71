"""What two people wrote at the same time, for the page of a conflict: put together, and each clash in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from opendata.web.forms.fields import MARK, OTHER, Choice, Field, Form, Kind, path_of
from opendata.web.forms.typed import Typed, is_of
from opendata.web.labels import label


@dataclass(frozen=True, slots=True)
class ClashView:
    """A field that both changed: what either wrote, and what stood there before, as people read it."""

    name: str
    label: str
    mine: str
    theirs: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """What two people wrote, put together; where both changed a field it holds mine. `version` is that of theirs.

    `quiet`: theirs is no person's: only what was empty was filled in meanwhile, by what a file says.
    """

    clashes: tuple[ClashView, ...]
    typed: Typed
    version: str
    quiet: bool = False


def without_base(form: Form, mine: Typed, theirs: Typed, version: str) -> Merged:
    """Mine beside theirs where nobody keeps what stood before: all that differs is to be chosen."""
    labels = {
        name: f"{part.label} ({_language(name)})" if "." in name else str(part.label)
        for part in form.parts
        for name in (part.names if isinstance(part, Field) else (part.name,))
        if mine.of(name) != theirs.of(name)
    }
    return Sides(form, theirs, mine, theirs).together(labels, version)


def _language(name: str) -> str:
    code = name.rpartition(".")[2]
    return _("Another language") if code == OTHER else str(label("language", code))


@dataclass(frozen=True)
class Sides:
    """The form as it holds both together (`merged`, theirs where they clash), mine, theirs, and what stood before."""

    form: Form
    merged: Typed
    mine: Typed
    theirs: Typed
    base: Typed = Typed()
    offered: Mapping[str, Sequence[Choice]] = field(default_factory=dict)

    def together(self, labels: Mapping[str, str], version: str) -> Merged:
        """Both, with mine where they clash. `labels` names those fields (title.ru, contributors), in words."""
        typed = self.merged
        for name in labels:
            typed = typed.with_field(name, self.mine)
        clashes = (
            ClashView(name, label, *(self.in_words(side, name) for side in (self.mine, self.theirs, self.base)))
            for name, label in labels.items()
        )
        return Merged(tuple(clashes), typed, version)

    def in_words(self, typed: Typed, name: str) -> str:
        """What a field of the record says, one line a row."""
        lines: dict[str, list[str]] = {}
        for one, value in typed.pairs:
            if is_of(one, name) and value.strip() and not one.endswith(f"-{MARK}"):
                lines.setdefault(one.rpartition("-")[0], []).append(self._shown(one, value))
        return "\n".join(" · ".join(values) for values in lines.values())

    def _shown(self, name: str, value: str) -> str:
        one = self.form.field(name)
        if one is None or one.kind not in (Kind.CHOICE, Kind.CHECKS, Kind.FLAG):
            return value
        if one.kind is Kind.FLAG:
            return str(one.label)
        choices = self.offered.get(path_of(name) or "", one.offered())
        return next((choice.words for choice in choices if choice.value == value), value)
