"""Two people changed one study at the same time: what each wrote, put together for the page that asks them."""

from __future__ import annotations

from opendata.catalog.records import StudyRecord
from opendata.catalog.values import LANGUAGES
from opendata.services import studies_writing
from opendata.services.conflicts import Clash, three_way
from opendata.web.forms.merging import Merged, Sides
from opendata.web.forms.typed import Typed
from opendata.web.labels import label
from opendata.web.study_form import FORM
from opendata.web.study_reading import typed


class _Sides(Sides):
    """Those of a study: the ids of what is owed are for nobody to read."""

    def in_words(self, typed: Typed, name: str) -> str:
        """As Sides."""
        return super().in_words(Typed(tuple(pair for pair in typed.pairs if not pair[0].endswith("-id"))), name)


def together(base: StudyRecord | None, mine: StudyRecord, theirs: StudyRecord) -> Merged:
    """What only one of the two changed is taken; where both did, the form holds mine and the page asks."""
    found = three_way(base, mine, theirs)
    both = found.record if isinstance(found.record, StudyRecord) else theirs
    sides = _Sides(FORM, typed(both), typed(mine), typed(theirs), typed(base) if base else Typed())
    labels = {unit: _label(unit) for unit in map(_unit, found.clashes)}
    return sides.together(labels, studies_writing.version(theirs))


def _unit(clash: Clash) -> str:
    """The part of the form that a clash is in: a text in one language, else a whole field of the study."""
    name, _, rest = clash.field.partition(".")
    if name == "contract":
        return "contracts"
    return clash.field if rest in (*LANGUAGES, "other") else name


def _label(unit: str) -> str:
    """What the form calls it."""
    name, _, language = unit.partition(".")
    parts = (part for part in FORM.parts if part.name.partition(".")[0] == name)
    words = next((str(part.label) for part in parts), name)
    return f"{words} ({label('language', language)})" if language in LANGUAGES else words
