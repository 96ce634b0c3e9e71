"""What runs, links and files say of themselves, in the reader's language: see run_messages.toml and REASONS in data.

What is stored is English, with what harvesters and servers say in between. It is read back by the very templates that
it was made with: what none of them knows stays as it is, and is told to be English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from opendata.catalog.tables import table

STORED = "en"
"""The language that is stored."""

FIELDS: Mapping[str, str] = {
    "number": r"\d{1,20}",
    "total": r"\d{1,20}",
    "status": r"\d{3}",
    "errno": r"-?\d{1,5}",
    "share": r"\d{1,4}%",
    "address": r"\S+",
    "word": r"[^\s:]+",
    "sheet": r"[^\n]{1,200}?",
    "format": r"[^\n]{1,60}?",
    "wanted": r"[0-9a-f]{1,128}",
    "arrived": r"[0-9a-f]{1,128}",
    "inside": r"[^()]*",
    "said": r".*",
}
"""What a name in a template may stand for. Each is bounded by what follows it, so that reading takes linear time."""

NESTED = ("inside", "said")
"""Names that hold words of their own."""
REASONS = ("link_reasons", "reading_reasons")
"""The tables of reasons: of links, and of files that could not be read."""
BETWEEN = "; "
"""What stands between several reasons for one thing."""
DEEPEST = 4
"""So many words within words are told; a server may send as many as it likes."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what is said, spaces included, and its language."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class _Template:
    words: Mapping[str, str]
    pattern: re.Pattern[str]


def sentence(code: str, **values: object) -> str:
    """The sentence of run_messages.toml as it is stored."""
    return str(_words("run_messages")[code][STORED].format(**values))


def reason(code: str, **values: object) -> str:
    """The reason of link_reasons.toml as it is stored."""
    return str(_words("link_reasons")[code][STORED].format(**values))


def parts(text: str, language: str) -> tuple[Part, ...]:
    """What was stored, for a reader of `language`, in pieces that are each in one language."""
    if language == STORED:
        return (Part(text, STORED),) if text else ()
    return tuple(_joined(_read(text, language, 0)))


def in_language(text: str, language: str) -> str:
    """The same as one text, for where the language of a piece cannot be told."""
    return "".join(part.text for part in parts(text, language))


def _read(text: str, language: str, depth: int) -> Iterator[Part]:
    """The sentences in `text`, and what stands between them."""
    if depth > DEEPEST:
        yield Part(text, STORED)
        return
    templates, place = _templates("run_messages"), 0
    for code, match in _sentences(text):
        yield from _between(text[place : match.start()], language, depth)
        yield from _told(templates[code], match, language, depth)
        place = match.end()
    yield from _between(text[place:], language, depth)


def _sentences(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for found in _anywhere().finditer(text):
        code = str(found.lastgroup)
        match = _templates("run_messages")[code].pattern.match(text, found.start())
        if match:
            yield code, match


def _between(text: str, language: str, depth: int) -> Iterator[Part]:
    """What is no sentence of ours: a reason, or words that only a harvester or a server knows."""
    bare = text.strip()
    if not bare:
        yield Part(text, language)
        return
    for template in _reasons():
        if match := template.pattern.fullmatch(bare):
            before, _, after = text.partition(bare)
            yield Part(before, language)
            yield from _told(template, match, language, depth)
            yield Part(after, language)
            return
    if BETWEEN in bare and depth < DEEPEST:
        yield from _each(text.split(BETWEEN), language, depth + 1)
    else:
        yield Part(text, STORED)


def _each(texts: Iterable[str], language: str, depth: int) -> Iterator[Part]:
    """Several reasons; what stands between two is in the language of the former."""
    last: Part | None = None
    for one in texts:
        if last:
            yield Part(BETWEEN, last.language)
        for last in _between(one, language, depth):
            yield last


def _told(template: _Template, match: re.Match[str], language: str, depth: int) -> Iterator[Part]:
    values = match.groupdict()
    for literal, name, _, _ in Formatter().parse(template.words[language]):
        yield Part(literal, language)
        if name in NESTED:
            yield from _read(values[name], language, depth + 1)
        elif name:
            yield Part(values[name], language)


def _joined(found: Iterable[Part]) -> Iterator[Part]:
    """Neighbours of one language together; what is only space belongs to whatever stands before it."""
    last: Part | None = None
    for part in found:
        if last and (part.language == last.language or not part.text.strip()):
            last = Part(last.text + part.text, last.language)
        elif part.text:
            if last:
                yield last
            last = part
    if last:
        yield last


@cache
def _words(name: str) -> Mapping[str, Mapping[str, str]]:
    return table(name)


@cache
def _templates(name: str) -> Mapping[str, _Template]:
    return {code: _Template(words, _compiled(words[STORED])) for code, words in _words(name).items()}


@cache
def _reasons() -> tuple[_Template, ...]:
    return tuple(template for name in REASONS for template in _templates(name).values())


@cache
def _anywhere() -> re.Pattern[str]:
    """Any sentence, at the begin of a word; the group that is closed last names it."""
    templates = _templates("run_messages").items()
    known = "|".join(f"(?P<{code}>{_pattern(template.words[STORED], named=False)})" for code, template in templates)
    return re.compile(rf"(?<!\S)(?:{known})", re.DOTALL)


def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(_pattern(words, named=True), re.DOTALL)


def _pattern(words: str, *, named: bool) -> str:
    found = []
    for literal, name, _, _ in Formatter().parse(words):
        found.append(re.escape(literal))
        if name:
            found.append(f"(?P<{name}>{FIELDS[name]})" if named else f"(?:{FIELDS[name]})")
    return "".join(found) + r"(?![^\s;,.)])"
