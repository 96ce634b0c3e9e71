"""What templates may call: filters that show a value in the page's language, and addresses of assets."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask_babel
from babel import Locale, dates, numbers, units
from flask import Flask, current_app, request
from markupsafe import Markup, escape

from opendata.catalog import grounds, moments
from opendata.catalog.licenses import License
from opendata.catalog.run_words import Part, parts
from opendata.catalog.values import Localized, PartialDate, Period, Text
from opendata.services.actors import SYSTEM
from opendata.web.i18n import in_this_language, page_language, unprefixed_root
from opendata.web.labels import label

EXCERPT = 320
"""Characters of an abstract on a card."""
REMEMBERED = 4096
"""Formatted values of a kind that are kept: Babel takes longer over one than a template over a whole file."""

_BINARY = (("gigabyte", 1024**3), ("megabyte", 1024**2), ("kilobyte", 1024))
_SIZES = (("gigabyte", 1000**3), ("megabyte", 1000**2), ("kilobyte", 1000), ("byte", 1))


WEB_SCHEMES = frozenset(("http", "https", "ftp", "ftps", "mailto"))
"""Where links of records lead."""


def _locale() -> Locale:
    return flask_babel.get_locale() or Locale("en")


def shown(text: Text) -> Localized:
    """The text for this page's reader, with the language that it is in."""
    return text.show(page_language())


def _in_language(value: Localized) -> Markup:
    if value.language == page_language():
        return escape(value.value)
    return Markup('<span lang="{}" dir="auto">{}</span>').format(value.language, value.value)


def text(value: Text) -> Markup:
    """`value` as HTML; marked with its language where that is not the page's ("" for an unknown one)."""
    return _in_language(shown(value))


def plain_excerpt(value: Text, characters: int = EXCERPT) -> str:
    """The beginning of `value` in one line, cut at a word, with an ellipsis where something was cut."""
    # Only so much is looked at: an abstract may be a megabyte.
    flat = " ".join(shown(value).value[: characters * 4].split())
    if len(flat) <= characters:
        return flat
    return flat[:characters].rsplit(" ", 1)[0].rstrip(" ,.;:–—-") + "…"


def excerpt(value: Text, characters: int = EXCERPT) -> Markup:
    """As `plain_excerpt`, as HTML, marked with its language where that is not the page's."""
    return _in_language(Localized(plain_excerpt(value, characters), shown(value).language))


def told(message: str, characters: int = 0) -> Markup:
    """What a run or a link says of itself, as HTML; `characters` at most, 0 for all of them."""
    found = parts(message, page_language())
    if characters and sum(len(part.text) for part in found) > characters:
        found = tuple(_begin(found, characters - 1))
    return Markup("").join(_in_language(Localized(part.text, part.language)) for part in found)


def _begin(found: Iterable[Part], characters: int) -> Iterator[Part]:
    """So many characters of them, with an ellipsis."""
    for part in found:
        if len(part.text) >= characters:
            yield Part(part.text[:characters].rstrip() + "…", part.language)
            return
        characters -= len(part.text)
        yield part


def license_name(license_: License) -> Markup:
    """The short name that everybody knows (CC-BY-4.0), else the title."""
    return escape(license_.id) if license_.id[:1].isupper() else text(license_.title)


def number(value: float | Decimal) -> str:
    """A number with the grouping of the page's language."""
    return _number(value, _locale())


@lru_cache(maxsize=REMEMBERED)
def _number(value: float | Decimal, locale: Locale) -> str:
    return str(numbers.format_decimal(value, locale=locale))


def money(value: Decimal, currency: str) -> str:
    """An amount with its currency; a whole amount without decimals."""
    digits = "#,##0" if value == value.to_integral_value() else "#,##0.00"
    return str(numbers.format_currency(value, currency, f"{digits} ¤", locale=_locale(), currency_digits=False))


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in whole percent; "" where there is nothing to divide by."""
    return str(numbers.format_percent(part / whole, locale=_locale())) if whole else ""


def filesize(byte_size: int) -> str:
    """A size in decimal units with at most three digits: 2.4 MB."""
    return _filesize(byte_size, _locale())


@lru_cache(maxsize=REMEMBERED)
def _filesize(byte_size: int, locale: Locale) -> str:
    unit, factor = next(((u, f) for u, f in _SIZES if byte_size >= f), _SIZES[-1])
    amount = byte_size / factor
    pattern = "#,##0.0" if unit != "byte" and amount < 10 else "#,##0"
    return str(units.format_unit(amount, f"digital-{unit}", "short", format=pattern, locale=locale))


def bound(byte_size: int) -> str:
    """The most that something may have, in the units of settings and of people's machines: 100 MB are 100 times 1024².

    Rounded down, so that what is told holds, whichever megabyte the reader counts in.
    """
    return _bound(byte_size, _locale())


@lru_cache(maxsize=REMEMBERED)
def _bound(byte_size: int, locale: Locale) -> str:
    unit, amount = next(((name, byte_size / size) for name, size in _BINARY if byte_size >= size), ("byte", byte_size))
    told = int(amount * 10) / 10 if amount < 10 else int(amount)
    return str(units.format_unit(told, f"digital-{unit}", "short", format="#,##0.#", locale=locale))


def date(value: dt.date | PartialDate) -> str:
    """A civil date in words, as exact as it is known."""
    return _date(value, _locale())


@lru_cache(maxsize=REMEMBERED)
def _date(value: dt.date | PartialDate, locale: Locale) -> str:
    if isinstance(value, PartialDate):
        if not value.month:
            return str(value.year)
        if not value.day:
            return str(dates.format_skeleton("yMMMM", value.first_day(), locale=locale))
        value = value.first_day()
    # CLDR has the American order for English; these stand beside moments, whose day comes first.
    return str(dates.format_date(value, "d MMMM y" if locale.language == "en" else "long", locale=locale))


def period(value: Period) -> str:
    """From and to; an open end is an ellipsis."""
    ends = [date(end) if end else "…" for end in (value.start, value.end)]
    return ends[0] if ends[0] == ends[1] else (" – " if " " in "".join(ends) else "–").join(ends)


def instant(value: dt.datetime) -> str:
    """A moment in the site's time zone."""
    return str(flask_babel.format_datetime(value, moments.PATTERNS.get(page_language(), moments.PATTERNS["en"])))


def clock(value: dt.datetime) -> str:
    """The time of day of a moment in the site's time zone."""
    return str(flask_babel.format_datetime(value, "HH:mm"))


def absolute(path: str) -> str:
    """The full address of a path of this site; its base is the setting, never the Host header."""
    return f"{current_app.config['SITE_URL']}{path}"


@lru_cache(maxsize=256)
def _fingerprint(path: str, _modified: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=256)
def _version(path: str, _moment: int) -> str:
    return _fingerprint(path, Path(path).stat().st_mtime_ns)


def asset(name: str) -> str:
    """The address of a static file, changing with its content within a second, the same in every language."""
    version = _version(f"{current_app.static_folder}/{name}", int(time.monotonic()))
    return f"{unprefixed_root()}/static/{name}?v={version}"


def legal_ground(words: str) -> Markup:
    """A legal ground in the language of the page where it is one of the country's list, else as it was written."""
    listed = grounds.known(words)
    return text(listed.title) if listed else escape(words)


def followed(url: str) -> str:
    """`url` where a browser may go there from a page; "" for all that would run here, whoever wrote it."""
    scheme, colon, _ = url.partition(":")
    return url if url.startswith("/") or (colon and scheme.lower() in WEB_SCHEMES) else ""


def doer(name: str) -> str:
    """Who did something, as events name them: a person, else the site itself or the harvest of a source."""
    if name == SYSTEM.name:
        return str(flask_babel.gettext("the site itself"))
    kind, _, source = name.partition(":")
    return str(flask_babel.gettext("harvest of %(source)s", source=source)) if kind == "harvest" else name


FILTERS: dict[str, Callable[..., Any]] = {
    "shown": shown,
    "text": text,
    "excerpt": excerpt,
    "number": number,
    "money": money,
    "filesize": filesize,
    "bound": bound,
    "date": date,
    "period": period,
    "instant": instant,
    "told": told,
    "license_name": license_name,
    "legal_ground": legal_ground,
    "plain_excerpt": plain_excerpt,
    "absolute": absolute,
    "doer": doer,
    "followed": followed,
    "in_this_language": in_this_language,
}


def install(app: Flask) -> None:
    """Give the templates of `app` the filters above, `label`, `asset`, `percent` and the page's language."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(label=label, asset=asset, percent=percent, lang=_Language())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_cache_assets)


class _Language:
    """The page's language as a value that macros, which have no context, can print."""

    def __str__(self) -> str:
        return page_language()

    def __html__(self) -> str:
        return page_language()

    def __eq__(self, other: object) -> bool:
        return page_language() == other

    __hash__ = None  # type: ignore[assignment]


def _cache_assets(response: Any) -> Any:
    if request.endpoint == "static" and request.args.get("v"):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = 365 * 24 * 3600
        response.cache_control.immutable = True
    return response
