"""The language of package_revise: what a dataset must hold, what of it goes, and what is laid over the rest.

Keys may be flattened: update__resources__1f9ab__name is the name of the resource whose id begins so; a number is a
place in a list, -1 the last. It works on dictionaries alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage

from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params

Json = Any
Path = tuple[str, ...]

SEPARATOR = "__"
EXTEND = "extend"
UPLOAD = "upload"
SHORTEST_ID = 5
"""Letters of an id that tell a resource."""
PARTS = ("match", "filter", "update", "include")
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of fields that stay, or go."""

    keeps: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Revision:
    """One call, read. `files` are the names of the form's fields by the path of the resource that gets the file."""

    match: Mapping[str, Json]
    rules: tuple[Rule, ...]
    update: Mapping[str, Json]
    flat: Mapping[Path, Json]
    wanted: tuple[Rule, ...]
    files: Mapping[Path, str]

    @classmethod
    def of(cls, data: Params, files: Mapping[str, FileStorage]) -> Revision:
        """The revision that a call asks for. ValidationError."""
        strange = [key for key in (*data, *files) if key.split(SEPARATOR)[0] not in PARTS]
        if strange:
            raise ValidationError({"__extras": [f"The input field {strange[0][:100]} was not expected."]})
        if len(data) > MOST_KEYS:
            raise ValidationError({"update": [f"Must be at most {MOST_KEYS} fields"]})
        flat_match = _flat(data, "match")
        match = {**_object(data, "match"), **{SEPARATOR.join(path): value for path, value in flat_match.items()}}
        if not match.get("id") and not match.get("name"):
            raise ValidationError({"match": ["Missing value"]})
        update = _object(data, "update")
        return cls(
            match,
            _rules(data, "filter"),
            {key: value for key, value in update.items() if SEPARATOR not in key},
            {**_flattened(update), **_flat(data, "update")},
            _rules(data, "include"),
            {tuple(name.split(SEPARATOR))[1:-1]: name for name in files if name.endswith(SEPARATOR + UPLOAD)},
        )

    @property
    def name(self) -> str:
        """The dataset that is meant."""
        return str(self.match.get("id") or self.match.get("name"))

    def applied(self, package: Mapping[str, Json]) -> dict[str, Json]:
        """What becomes of `package`. ValidationError where it is not as `match` says."""
        unmatched = list(_unmatched(package, self.match, ()))
        if unmatched:
            raise ValidationError({"message": [{"match": [SEPARATOR.join(path) for path in unmatched]}]})
        found: dict[str, Json] = _filtered(dict(package), self.rules, ()) if self.rules else dict(package)
        found = _merged(found, self.update)
        for path, value in self.flat.items():
            found = _set(found, path, value, "update")
        return found

    def uploads(self, revised: Mapping[str, Json]) -> Iterator[tuple[str, int]]:
        """The field of each file, and the place of its resource in what the package has become."""
        for path, name in self.files.items():
            resources = revised.get("resources")
            if len(path) != 2 or path[0] != "resources" or not isinstance(resources, list):
                raise ValidationError({name: ["Files go to resources"]})
            number = _place(resources, path[1])
            if number is None:
                raise ValidationError({name: ["Unable to find this resource"]})
            yield name, number

    def included(self, package: dict[str, Json]) -> Json:
        """What of the result is wanted."""
        return _filtered(package, self.wanted, ()) if self.wanted else package


def _object(data: Params, name: str) -> Mapping[str, Json]:
    value = data.json(name)
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise ValidationError({name: ["Must be an object"]})
    return value


def _flat(data: Params, name: str) -> dict[Path, Json]:
    start = name + SEPARATOR
    return {tuple(key[len(start) :].split(SEPARATOR)): data.json(key) for key in data if key.startswith(start)}


def _flattened(given: Mapping[str, Json]) -> dict[Path, Json]:
    """Those of its keys that are paths, as {"resources__extend": [...]} has one: no field is called so."""
    return {tuple(key.split(SEPARATOR)): value for key, value in given.items() if SEPARATOR in key}


def _rules(data: Params, name: str) -> tuple[Rule, ...]:
    parts = [part.strip() for word in data.words(name) for part in word.split(",") if part.strip()]
    if any(part[0] not in "+-" or len(part) < 2 for part in parts):
        raise ValidationError({name: ["patterns must start with '+' or '-'"]})
    return tuple(Rule(part[0] == "+", tuple(part[1:].split(SEPARATOR))) for part in parts)


def _place(listed: list[Json], key: str) -> int | None:
    """Where in the list `key` leads: a number, or the beginning of an id."""
    bare = key.removeprefix("-")
    if bare.isdecimal() and len(bare) < SHORTEST_ID:
        number = int(key)
        return number % len(listed) if -len(listed) <= number < len(listed) else None
    if len(key) < SHORTEST_ID:
        return None
    found = [
        number
        for number, one in enumerate(listed)
        if isinstance(one, dict) and str(one.get("id") or "").startswith(key)
    ]
    return found[0] if len(found) == 1 else None


def _unmatched(value: Json, wanted: Json, path: Path) -> Iterator[Path]:
    """The paths at which `value` is not what is wanted."""
    if isinstance(wanted, Mapping):
        for key, one in wanted.items():
            keys = tuple(str(key).split(SEPARATOR))
            found, is_there = _get(value, keys)
            if not is_there:
                yield (*path, *keys)
            else:
                yield from _unmatched(found, one, (*path, *keys))
    elif isinstance(wanted, list):
        if not isinstance(value, list) or len(value) != len(wanted):
            yield path
            return
        for number, one in enumerate(wanted):
            yield from _unmatched(value[number], one, (*path, str(number)))
    elif value != wanted and not (isinstance(value, bool | int) and str(value).lower() == str(wanted).lower()):
        yield path


def _get(value: Json, keys: Path) -> tuple[Json, bool]:
    for key in keys:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and (number := _place(value, key)) is not None:
            value = value[number]
        else:
            return None, False
    return value, True


def _filtered(value: Json, rules: tuple[Rule, ...], path: Path, ids: Path = ()) -> Json:
    """`value` without what the first rule that fits takes out. `ids` is the path with ids in the place of numbers."""
    if isinstance(value, Mapping):
        children = [(key, (*path, key), (*(ids or path), key), one) for key, one in value.items()]
        return {key: _inside(one, rules, to, named) for key, to, named, one in children if _stays(rules, to, named)}
    if isinstance(value, list):
        listed = []
        for number, one in enumerate(value):
            name = str(one.get("id") or number) if isinstance(one, dict) else str(number)
            to, named = (*path, str(number)), (*(ids or path), name)
            if _stays(rules, to, named):
                listed.append(_inside(one, rules, to, named))
        return listed
    return value


def _inside(value: Json, rules: tuple[Rule, ...], path: Path, ids: Path) -> Json:
    """What of a value stays that is not taken out as a whole; all of it where a rule keeps it so."""
    first = next((rule for rule in rules if _fits(rule.path, path, ids)), None)
    return value if first and first.keeps else _filtered(value, rules, path, ids)


def _stays(rules: tuple[Rule, ...], path: Path, ids: Path) -> bool:
    for rule in rules:
        if _fits(rule.path, path, ids):
            return rule.keeps
        if rule.keeps and len(rule.path) > len(path) and _fits(rule.path[: len(path)], path, ids):
            return True
    return True


def _fits(pattern: Path, path: Path, ids: Path) -> bool:
    if len(pattern) != len(path):
        return False
    return all(
        one in ("*", step) or (len(one) >= SHORTEST_ID and name.startswith(one) and step.isdecimal())
        for one, step, name in zip(pattern, path, ids, strict=True)
    )


def _merged(value: Json, over: Json) -> Json:
    """`over` laid on `value`: objects key by key, lists place by place."""
    if isinstance(value, Mapping) and isinstance(over, Mapping):
        return {**value, **{key: _merged(value[key], one) if key in value else one for key, one in over.items()}}
    if isinstance(value, list) and isinstance(over, list):
        laid = [_merged(value[n], over[n]) if n < len(value) else over[n] for n in range(len(over))]
        return laid + value[len(over) :]
    return over


def _set(value: Json, path: Path, new: Json, told: str) -> Json:
    """`value` with `new` at `path`."""
    key, rest = path[0], path[1:]
    where = f"{told}{SEPARATOR}{key}"
    if isinstance(value, list):
        if key == EXTEND and not rest:
            return value + (new if isinstance(new, list) else [new])
        number = _place(value, key)
        if number is None:
            raise ValidationError({where: ["Unable to find this item"]})
        changed = _set(value[number], rest, new, where) if rest else _merged(value[number], new)
        return [*value[:number], changed, *value[number + 1 :]]
    if not isinstance(value, Mapping):
        raise ValidationError({where: ["There is nothing below this"]})
    if not rest:
        return {**value, key: new}
    if key not in value:
        raise ValidationError({where: ["There is no such field"]})
    return {**value, key: _set(value[key], rest, new, where)}
