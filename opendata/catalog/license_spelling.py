"""Recognises a licence in the many ways people write one: address, id, title, or a statement inside a sentence.

Three readers look at a text: addresses (exact, after folding), Creative Commons grammar (cc + elements + version), and
the known titles and aliases as runs of words. What they find together must be one licence, else it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

MAX_TEXT = 4000
"""Characters of a statement that are looked at; a longer one is a whole legal text that quotes many licences."""

_ADDRESS = re.compile(
    r"(?:https?:/{1,2}|www\.)[^\s<>\"'\])]+|\b(?:[a-z0-9-]+\.)+[a-z]{2,6}/[^\s<>\"'\])]+", re.IGNORECASE
)
_WORD = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_SCHEME = re.compile(r"^(?:https?:/{1,2})?(?:www\.)?", re.IGNORECASE)
_TAIL = re.compile(r"/?(?:legalcode|deed|rdf)?(?:\.[a-z]{2,3}(?:[-_][a-z]{2,4})?)?(?:\.html?)?/*\Z")
_CC_ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses|licences)/(by(?:-(?:nc|nd|sa))*|nc(?:-(?:nd|sa))?|nd|sa)"
    r"(?:/(\d\.\d)(?:/([a-z]{2}|igo|scotland))?)?(?=[/.?#]|\Z)"
)
_ACCESS_ONLY = re.compile(r"info:eu-repo/|/access-right/|purl\.org/coar/access_right", re.IGNORECASE)

_NOISE = frozenset(["the", "a", "an", "version", "версия", "нұсқасы", "v"])
"""Words that make no difference between one licence and another."""
_LICENSE = frozenset(
    [
        "license",
        "licence",
        "licenses",
        "licences",
        "lizenz",
        "licencia",
        "licença",
        "licenza",
        "лицензия",
        "лицензии",
        "лицензией",
        "лицензиясы",
    ]
)
_ELEMENTS = {
    "by": "by attribution namensnennung reconocimiento atribución atribuição paternité attribuzione атрибуция "
    "авторства авторством ccby bync bysa bynd byncsa byncnd",
    "nc": "nc noncommercial некоммерческая некоммерческое nichtkommerziell nocomercial bync byncsa byncnd",
    "sa": "sa sharealike bysa byncsa",
    "nd": "nd noderivatives noderivs noderivative bynd byncnd",
}
_PAIRS: dict[tuple[str, ...], str] = {
    ("non", "commercial"): "nc",
    ("не", "коммерческая"): "nc",
    ("nicht", "kommerziell"): "nc",
    ("share", "alike"): "sa",
    ("сохранением", "условий"): "sa",
    ("gleichen", "bedingungen"): "sa",
    ("no", "derivatives"): "nd",
    ("no", "derivs"): "nd",
    ("без", "производных"): "nd",
    ("keine", "bearbeitung"): "nd",
    ("keine", "bearbeitungen"): "nd",
}
_FILLERS = frozenset(
    [
        "license",
        "public",
        "with",
        "under",
        "no",
        "с",
        "указанием",
        "international",
        "generic",
        "unported",
        "weitergabe",
        "unter",
        "и",
    ]
)
_VERSIONS = {"1": "1.0", "1.0": "1.0", "2": "2.0", "2.0": "2.0", "2.5": "2.5", "3": "3.0", "3.0": "3.0", "4": "4.0"}
_VERSIONS["4.0"] = "4.0"
_BY_WORD: dict[str, tuple[str, ...]] = {}
for _element, _words in _ELEMENTS.items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _element)
_UNVERSIONED = {"CC-BY": "cc-by", "CC-BY-SA": "cc-by-sa", "CC-BY-NC": "cc-nc", "CC-BY-ND": "cc-by-nd"}
_UNVERSIONED |= {"CC-BY-NC-SA": "cc-by-nc-sa", "CC-BY-NC-ND": "cc-by-nc-nd"}
_GENERIC = frozenset(("other-pd", "other-open", "other-at"))
_BARE = {short: long for long, short in _UNVERSIONED.items()}


def fold_address(address: str) -> str:
    """An address without scheme, www., last slash, /legalcode or /deed.xx, in lower case."""
    bare = _SCHEME.sub("", address.strip().rstrip(".,;:)")).lower()
    return _TAIL.sub("", bare)


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a statement, in order: "The MIT Licence v1.0" is ("mit", "license", "1.0")."""
    found = (word for word in _WORD.findall(text.casefold()) if word not in _NOISE)
    return tuple("license" if word in _LICENSE else word for word in found)


def _name(found: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a whole name, in which "license" makes no difference either."""
    return tuple(word for word in found if word != "license")


def most_exact(ids: Iterable[str]) -> set[str]:
    """`ids` without those that only say less: "cc-by" beside CC-BY-4.0, CC-BY-3.0 beside its port CC-BY-3.0-DE."""
    every = set(ids)
    return {one for one in every if not any(_says_more(other, one) for other in every if other != one)}


def _says_more(exact: str, vague: str) -> bool:
    if vague in _GENERIC:
        return exact not in _GENERIC
    if vague in _BARE:
        return re.match(re.escape(_BARE[vague]) + r"-\d\.\d", exact) is not None
    return vague[-3:-2].isdigit() and re.match(re.escape(vague) + r"-[A-Z]{2,8}\Z", exact) is not None


_Key = TypeVar("_Key", str, tuple[str, ...])


class Spellings:
    """Every known spelling of every licence, ready to be looked up."""

    def __init__(
        self,
        licenses: Iterable[tuple[str, str, Sequence[str]]],
        registries: Sequence[str],
        ports: Iterable[str],
    ) -> None:
        """`licenses` are (id, address, names and aliases). ValueError where two licences claim one spelling."""
        self._registries = tuple(fold_address(one) + "/" for one in registries)
        self._ports = frozenset(ports)
        self._names: dict[tuple[str, ...], str] = {}
        self._addresses: dict[str, str] = {}
        self._phrases: dict[tuple[str, ...], str] = {}
        for license_id, address, names in licenses:
            self._claim(license_id, address, names)
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for key in sorted(self._phrases, key=len, reverse=True):
            self._by_first.setdefault(key[0], []).append(key)

    def _claim(self, license_id: str, address: str, names: Sequence[str]) -> None:
        for name in filter(None, names):
            looks_like_address = re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,6}(?:/\S*)?", name) and "/" in name
            if looks_like_address:
                self._enter(self._addresses, fold_address(name), license_id)
            else:
                phrase = words(name)
                self._enter(self._names, _name(phrase), license_id)
                if len(phrase) > 1:
                    self._enter(self._phrases, phrase, license_id)
        if address:
            self._enter(self._addresses, fold_address(address), license_id)

    @staticmethod
    def _enter(known: dict[_Key, str], key: _Key, license_id: str) -> None:
        if known.setdefault(key, license_id) != license_id:
            raise ValueError(f"licences {known[key]} and {license_id} both claim {key!r}")

    def candidates(self, text: str) -> set[str]:
        """The ids of every licence that `text` names."""
        text = text[:MAX_TEXT].strip()
        if not text or _ACCESS_ONLY.match(text):
            return set()
        whole = self._names.get(_name(words(text)))
        if whole is not None:
            return {whole}
        found = {one for address in _ADDRESS.findall(text) if (one := self._of_address(address))}
        rest = words(_ADDRESS.sub(" ", text))
        # An id without spaces is exact: BSD-3-Clause-No-Military-License is not BSD-3-Clause.
        named = self._of_words(rest) if " " in text else self._of_creative_commons(rest)
        return (found | set(named)) - {""}

    def _of_address(self, address: str) -> str | None:
        folded = fold_address(address)
        for key in (folded, folded.split("#")[0], folded.split("?")[0].rstrip("/")):
            if key in self._addresses:
                return self._addresses[key]
        common = _CC_ADDRESS.search(folded + "/")
        if common:
            return self._creative_commons(common[1].split("-"), common[2] or "", common[3] or "")
        for registry in self._registries:
            if folded.startswith(registry):
                tail = words(folded[len(registry) :])
                return self._names.get(_name(tail)) or next(self._of_creative_commons(tail), None)
        return None

    def _creative_commons(self, elements: Iterable[str], version: str, port: str = "") -> str | None:
        order = [one for one in ("by", "nc", "sa", "nd") if one in elements]
        name = "-".join(["CC", *order]).upper()
        if name not in _UNVERSIONED:
            return None
        if not version:
            return _UNVERSIONED[name]
        suffix = f"-{port.upper()}" if port in self._ports and version != "4.0" else ""
        return f"{name}-{version}{suffix}"

    def _of_words(self, found: tuple[str, ...]) -> Iterator[str]:
        """Licences named inside a sentence: Creative Commons by its grammar, the others by their titles."""
        elements, version, _, end = _statement(found, 0) if found else (set(), "", False, 0)
        if version and "by" in elements and all(word in _FILLERS for word in found[end:]):
            # "Attribution-NonCommercial 4.0" alone: how DSpace writes it, without the name.
            yield self._creative_commons(elements, version) or ""
        yield from self._of_creative_commons(found)
        at = 0
        while at < len(found):
            phrases = self._by_first.get(found[at], ())
            hit = next((key for key in phrases if found[at : at + len(key)] == key), None)
            if hit is not None and not self._phrases[hit].lower().startswith(("cc-by", "cc-nc")):
                yield self._phrases[hit]
            at += len(hit) if hit else 1

    def _of_creative_commons(self, found: tuple[str, ...]) -> Iterator[str]:
        at = 0
        while at < len(found):
            start = _after_name(found, at)
            if start == at:
                at += 1
                continue
            elements, version, zero, at = _statement(found, start)
            # SPDX writes a port last (CC-BY-3.0-DE); inside a sentence "in", "at" or "it" would be countries.
            port = found[at] if at == len(found) - 1 and version else ""
            license_id = "CC0-1.0" if zero else self._creative_commons(elements, version, port)
            if license_id is not None:
                yield license_id


def _after_name(found: tuple[str, ...], at: int) -> int:
    """The position behind "cc" or "creative commons" at `at`; `at` itself where neither stands there."""
    if found[at] in ("cc", "ccby"):
        return at + 1
    return at + 2 if found[at : at + 2] == ("creative", "commons") else at


def _statement(found: tuple[str, ...], at: int) -> tuple[set[str], str, bool, int]:
    """Elements, version, whether it is CC0, and the position behind it, of the statement that begins at `at`."""
    elements: set[str] = {"by"} if found[at - 1] == "ccby" else set()
    if at < len(found) and found[at] in ("0", "zero", "cczero"):
        return elements, "", True, at + 1
    while at < len(found):
        word = found[at]
        pair = _PAIRS.get(found[at : at + 2])
        if pair:
            elements.add(pair)
            at += 1
        elif word in _BY_WORD:
            elements.update(_BY_WORD[word])
        elif word in _VERSIONS:
            return elements, _version(found, at), False, at + 1
        elif word not in _FILLERS:
            break
        at += 1
    return elements, "", False, at


def _version(found: tuple[str, ...], at: int) -> str:
    """The version at `at`: "4.0", "4", or "4" followed by "0" as in CC_BY_4_0."""
    two = ".".join(found[at : at + 2])
    return _VERSIONS.get(two, _VERSIONS[found[at]])
