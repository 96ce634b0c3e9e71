"""Finds harvesters by entry point, and checks the options given to one.

opendata never names a harvester: whoever installs a package with an entry point in the group `opendata.harvesters`
has added one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from opendata.errors import ConfigError, Invalid, NotFound, Problem
from opendata.harvesting.contract import Harvester, Option, OptionType

GROUP = "opendata.harvesters"
MOST_TEXT = 4_000
"""Characters of an option."""
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def names() -> tuple[str, ...]:
    """The names of all installed harvesters, in order."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def harvester(name: str) -> Harvester:
    """A new harvester of that name. NotFound lists those there are; ConfigError where its code cannot be loaded."""
    for point in entry_points(group=GROUP, name=name):
        try:
            made: Harvester = point.load()()
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"the harvester {name} ({point.value}) cannot be loaded: {error}") from error
        return made
    raise NotFound(f"there is no harvester {name!r}; installed are: {', '.join(names()) or 'none'}")


def check_options(harvester: Harvester, given: Mapping[str, str]) -> dict[str, str]:
    """Every declared option, in its normal form, defaults filled in. Invalid with one Problem per wrong option."""
    declared = {option.name: option for option in harvester.options}
    problems = [_unknown(name, declared) for name in given if name not in declared]
    values: dict[str, str] = {}
    for option in harvester.options:
        value, problem = _checked(option, given.get(option.name, ""))
        values[option.name] = value
        problems += [problem] if problem else []
    if problems:
        wrong = ", ".join(problem.field for problem in problems)
        raise Invalid(f"options of the harvester {harvester.name} are wrong: {wrong}", problems)
    return values


def _unknown(name: str, declared: Mapping[str, Option]) -> Problem:
    allowed = ", ".join(declared) or "none"
    return Problem("option-unknown", f"there is no option {name!r}", field=name, hint=f"allowed are: {allowed}")


def _checked(option: Option, given: str) -> tuple[str, Problem | None]:
    value = given.strip()
    if not value:
        return option.default, None
    if option.type is OptionType.INTEGER:
        return _integer(option, value)
    if option.type is OptionType.BOOLEAN:
        word = value.lower()
        if word in _TRUE | _FALSE:
            return ("true" if word in _TRUE else "false"), None
        return value, _wrong(option, value, "true or false")
    if option.type is OptionType.CHOICE and value not in option.choices:
        return value, _wrong(option, value, ", ".join(option.choices))
    if len(value) > MOST_TEXT:
        return value, _wrong(option, f"{value[:40]}…", f"a text of at most {MOST_TEXT} characters")
    return value, None


def _integer(option: Option, value: str) -> tuple[str, Problem | None]:
    bounds = f"a whole number from {option.minimum} to {option.maximum}"
    if not (value.isascii() and value.isdecimal() and len(value) < 20):
        return value, _wrong(option, value, bounds)
    number = int(value)
    return str(number), None if option.minimum <= number <= option.maximum else _wrong(option, value, bounds)


def _wrong(option: Option, value: str, allowed: str) -> Problem:
    return Problem(
        "option-value", f"{option.name} is {value!r}; allowed is {allowed}", field=option.name, hint=option.help
    )
