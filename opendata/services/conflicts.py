"""Two people changed one record at the same time: what each of them wrote, put together. Pure rules, no store.

What only one side changed is taken. Texts are compared language by language, files and contracts one by one, and of
lists without an order what either side added or took out is done. Only what both wrote differently is a clash, for
people to choose; until they do, theirs stands, which is in the store already, and the stricter of two disclosures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from opendata.catalog.records import Contract, DatasetRecord, ResourceRecord, StudyRecord
from opendata.catalog.values import LANGUAGES, Disclosure, OrganizationRef, Text

_Record = TypeVar("_Record", DatasetRecord, StudyRecord)

OURS = (
    "id", "demo", "source", "sources", "edited", "tombstone", "metadata_created", "metadata_modified", "views",
    "downloads", "published_at", "creator_id", "datasets", "read_from_file", "study",
)  # fmt: skip
"""Fields of a record that nobody writes; theirs stand."""

OURS_OF_FILES = (
    "id", "key", "position", "text", "fetch_problem", "link", "downloads", "created", "metadata_modified",
)  # fmt: skip

WITHOUT_ORDER = ("keywords", "themes", "subjects", "identifiers", "languages", "relations", "extras")
"""Lists of which it does not matter what stands first."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both sides wrote, each in its own way; None: it was not there, or was taken out.

    `field` is named as edits are: title.ru, keywords, file.KEY.name.ru, contract.NUMBER.signed.
    """

    field: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """Both sides together. Where they clash `record` holds theirs; of two disclosures the stricter."""

    record: DatasetRecord | StudyRecord
    clashes: tuple[Clash, ...] = ()


def three_way(base: _Record | None, mine: _Record, theirs: _Record) -> Merged:
    """What `mine` and `theirs` come to, both made of `base` (None: not known any more, so all that differs clashes)."""
    work = _Work()
    changed = {
        one.name: work.value(
            one.name, getattr(base, one.name, _MISSING), getattr(mine, one.name), getattr(theirs, one.name)
        )
        for one in dataclasses.fields(theirs)
        if one.name not in OURS
    }
    return Merged(replace(theirs, **changed), tuple(work.clashes))


_MISSING: Any = object()
"""Stands for a value that nobody knows: it equals no other."""


@dataclass
class _Work:
    """The clashes met so far."""

    clashes: list[Clash] = field(default_factory=list)

    def value(self, name: str, base: Any, mine: Any, theirs: Any) -> Any:
        """What stands of a value; noted where both sides changed it."""
        if _same(mine, theirs) or _same(mine, base):
            return theirs
        if _same(theirs, base):
            return mine
        if isinstance(mine, Text) and isinstance(theirs, Text):
            return self._text(name, base, mine, theirs)
        if name == "resources":
            return self._rows("file", _files(base), _files(mine), _files(theirs), _paired(base, mine, theirs))
        if name == "contracts":
            return self._rows("contract", _contracts(base), _contracts(mine), _contracts(theirs), {})
        if name in WITHOUT_ORDER and base is not _MISSING:
            return _together(base, mine, theirs)
        return self.clash(name, base, mine, theirs)

    def clash(self, name: str, base: Any, mine: Any, theirs: Any) -> Any:
        """Note it. What stands meanwhile."""
        self.clashes.append(Clash(name, None if base is _MISSING else base, mine, theirs))
        if isinstance(mine, Disclosure) and isinstance(theirs, Disclosure) and mine.is_stricter_than(theirs):
            return mine
        return theirs

    def _text(self, name: str, base: Any, mine: Text, theirs: Text) -> Text:
        parts = {}
        for language in (*LANGUAGES, "other"):
            stood = getattr(base, language, _MISSING)
            parts[language] = self.value(
                f"{name}.{language}", stood, getattr(mine, language), getattr(theirs, language)
            )
        return replace(theirs, **parts)

    def _rows(
        self, kind: str, base: _Rows, mine: _Rows, theirs: _Rows, pairs: dict[Hashable, Hashable]
    ) -> tuple[Any, ...]:
        """Rows that have a name of their own: in the order of theirs, of mine where mine alone put them in another one;
        then what mine alone has.
        """
        own = {pairs.get(key, key): row for key, row in mine.items()}
        kept = []
        for key in (*_ordered(list(base), list(own), list(theirs)), *(one for one in own if one not in theirs)):
            stood = base.get(key) if base is not _UNKNOWN else _MISSING
            row = self._row(f"{kind}.{key}", stood, own.get(key), theirs.get(key))
            if row is not None:
                kept.append(row)
        return tuple(kept)

    def _row(self, name: str, base: Any, mine: Any, theirs: Any) -> Any:
        if mine is not None and theirs is not None:
            changed = {
                one.name: self.value(
                    f"{name}.{one.name}",
                    getattr(base, one.name, _MISSING),
                    getattr(mine, one.name),
                    getattr(theirs, one.name),
                )
                for one in dataclasses.fields(theirs)
                if not (isinstance(theirs, ResourceRecord) and one.name in OURS_OF_FILES)
            }
            return replace(theirs, **changed)
        left = mine or theirs
        if base is None or base is _MISSING:
            return left  # one side has added it
        if _alike(left, base):
            return None  # one side has taken it out, the other left it as it was
        self.clashes.append(Clash(name, base, mine, theirs))
        return left


_Rows = dict[Hashable, Any]
_UNKNOWN: _Rows = {}


def _files(value: Any) -> _Rows:
    return _UNKNOWN if value is _MISSING else {one.key: one for one in cast("Sequence[ResourceRecord]", value)}


def _contracts(value: Any) -> _Rows:
    return _UNKNOWN if value is _MISSING else {one.contract_number: one for one in cast("Sequence[Contract]", value)}


def _paired(base: Any, mine: Sequence[ResourceRecord], theirs: Sequence[ResourceRecord]) -> dict[Hashable, Hashable]:
    """The keys of mine that are others in theirs, for one file: a file keeps its id."""
    stood = () if base is _MISSING else base
    keys = {one.id: one.key for one in (*stood, *theirs) if one.id}
    return {one.key: keys[one.id] for one in mine if one.id in keys}


def _ordered(base: list[Hashable], mine: list[Hashable], theirs: list[Hashable]) -> list[Hashable]:
    """The keys of theirs, those that all three have in the order of mine where theirs is that of the base."""
    common = [one for one in theirs if one in base and one in mine]
    if common != [one for one in base if one in common]:
        return theirs
    wanted = iter([one for one in mine if one in common])
    return [next(wanted) if one in common else one for one in theirs]


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same: of an organisation it is the id that says which one it is."""
    if one is _MISSING or other is _MISSING:
        return False
    if isinstance(one, OrganizationRef) and isinstance(other, OrganizationRef) and one.id and other.id:
        return one.id == other.id
    return bool(one == other)


def _alike(one: Any, other: Any) -> bool:
    """Whether a row is what it was, but for what nobody writes."""
    passing = OURS_OF_FILES if isinstance(one, ResourceRecord) else ()
    names = [each.name for each in dataclasses.fields(one) if each.name not in passing]
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _together(base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any]) -> tuple[Any, ...]:
    """Theirs, without what mine took out and with what mine added."""
    gone = [one for one in base if one not in mine]
    added = [one for one in mine if one not in base and one not in theirs]
    return (*(one for one in theirs if one not in gone), *added)
