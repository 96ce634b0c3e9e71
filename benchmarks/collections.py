"""Texts with questions whose answers are known, read from the real data: what retrieval is measured on.

Cranfield (English abstracts with judged queries), KazQAD (Kazakh questions on passages), and known items made here:
three words of one passage of a Russian or Kazakh document, each asked for in another form than the one that stands
there. Other forms come from pymorphy3 (Russian) and from the UniMorph pairs (Kazakh), never from our own analysis.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opendata.reading.extract import Reader
from opendata.search.analysis.common import COMMON
from tests.search.analysis import measures

SEED = 20261121
PASSAGE_WORDS = 300
KNOWN_ITEMS = 300
_WORD = re.compile(r"[^\W\d_]+")

Forms = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Collection:
    """`records` are (title, text) by name; `relevant` names by query those that answer it. `stem` is the language."""

    name: str
    language: str
    records: Mapping[str, tuple[str, str]]
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]


def cranfield(realdata: Path) -> Collection:
    """Query n is the n-th of the file, not the one numbered n; judgements of code -1 are left out."""
    folder = realdata / "retrieval" / "cranfield"
    records = {}
    for entry in re.split(r"^\.I ", (folder / "cran.all.1400").read_text("utf-8"), flags=re.M)[1:]:
        parts = dict(re.findall(r"^\.([TABW])\n(.*?)(?=^\.[TABW]\n|\Z)", entry, flags=re.M | re.S))
        records[entry.split("\n", 1)[0].strip()] = (parts.get("T", ""), parts.get("W", ""))
    asked = re.split(r"^\.I \d+\s*\n\.W\n", (folder / "cran.qry").read_text("utf-8"), flags=re.M)[1:]
    queries = {str(number): " ".join(text.split()) for number, text in enumerate(asked, 1)}
    relevant: defaultdict[str, set[str]] = defaultdict(set)
    for line in (folder / "cranqrel").read_text("utf-8").splitlines():
        query, record, code = line.split()[:3]
        if code != "-1":
            relevant[query].add(record)
    return _collection("Cranfield", "en", records, queries, relevant)


def kazqad(realdata: Path) -> Collection:
    """The half of KazQAD: its questions that a passage at hand answers."""
    folder = realdata / "retrieval" / "kazqad"
    records = {}
    with gzip.open(folder / "reading-comprehension-validation.halfA.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            records[row["id"].partition("#")[2]] = (row["title"], row["context"])
    queries = dict(_rows(folder / "topics-validation.halfA.tsv"))
    relevant: defaultdict[str, set[str]] = defaultdict(set)
    for query, _zero, record, code in _rows(folder / "qrels-validation.halfA.tsv"):
        if code != "0" and record in records:
            relevant[query].add(record)
    return _collection("KazQAD", "kk", records, queries, relevant)


def known_items(realdata: Path, language: str) -> Collection:
    """Passages of the documents of that language, and three words of one of them as each query."""
    records = {
        f"{name} {number}": ("", passage)
        for name, text in _documents(realdata, language)
        for number, passage in enumerate(_passages(text))
    }
    forms: Forms = russian_forms if language == "ru" else kazakh_forms(realdata)
    chance = random.Random(SEED)
    queries: dict[str, str] = {}
    relevant: dict[str, set[str]] = {}
    names = sorted(records)
    while len(queries) < KNOWN_ITEMS:
        record = chance.choice(names)
        asked = _another_way(records[record][1], forms, chance)
        if asked:
            number = str(len(queries) + 1)
            queries[number], relevant[number] = asked, {record}
    return _collection(f"known items {language}", language, records, queries, relevant)


def _collection(
    name: str,
    language: str,
    records: Mapping[str, tuple[str, str]],
    queries: Mapping[str, str],
    relevant: Mapping[str, set[str]],
) -> Collection:
    answered = {query: frozenset(names) for query, names in relevant.items() if query in queries}
    return Collection(name, language, records, {query: queries[query] for query in answered}, answered)


def _rows(path: Path) -> Iterator[list[str]]:
    return (line.split("\t") for line in path.read_text("utf-8").splitlines() if line)


def _documents(realdata: Path, language: str) -> Iterator[tuple[str, str]]:
    """Name and running text of the documents of that language."""
    documents = realdata / "documents"
    folders = {"ru": ("kk-ru-acts", "dedoc-ru", "ru-gov-mvd"), "kk": ("kk-ru-acts",)}[language]
    paths = (path for folder in folders for path in sorted((documents / folder).rglob("*")) if path.is_file())
    with Reader() as reader:
        for path in paths:
            in_kazakh = "kaz." in path.name or path.stem.endswith("_kk")
            if path.suffix in (".zip", ".png", ".jpg", ".gz") or in_kazakh != (language == "kk"):
                continue
            yield path.name, "\n".join(reader.read(path).pages)


def _passages(text: str) -> Iterator[str]:
    words = text.split()
    for start in range(0, len(words), PASSAGE_WORDS):
        passage = words[start : start + PASSAGE_WORDS]
        if len(passage) > PASSAGE_WORDS // 3:
            yield " ".join(passage)


def _another_way(text: str, forms: Forms, chance: random.Random) -> str:
    """Three words of `text`, each in a form that it does not have; "" where there are not three."""
    standing = {word.lower() for word in _WORD.findall(text)}
    content = sorted(word for word in standing if len(word) > 3 and word not in COMMON)
    chance.shuffle(content)
    asked: list[str] = []
    for word in content:
        others = [form for form in forms(word) if form not in standing]
        if others:
            asked.append(chance.choice(others))
        if len(asked) == 3:
            return " ".join(asked)
    return ""


@cache
def russian_forms(word: str) -> Sequence[str]:
    """Every form of a Russian noun, adjective or verb in the word's own lexeme but the word."""
    parse = _morph().parse(word)[0]
    if not parse.is_known or parse.tag.POS not in ("NOUN", "ADJF", "VERB", "INFN"):
        return ()
    kept = ("NOUN", "ADJF", "VERB", "INFN")
    return sorted({form.word for form in parse.lexeme if form.tag.POS in kept} - {word})


@cache
def _morph():  # type: ignore[no-untyped-def] # pymorphy3 has no types
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


def kazakh_forms(realdata: Path) -> Forms:
    """Gives the other forms that the UniMorph pairs have of a Kazakh noun or verb."""
    by_lemma: defaultdict[str, set[str]] = defaultdict(set)
    lemmas: defaultdict[str, set[str]] = defaultdict(set)
    for lemma, form in (*measures.kazakh_nouns(realdata), *measures.kazakh_verbs(realdata)):
        by_lemma[lemma] |= {lemma, form}
        lemmas[form].add(lemma)
        lemmas[lemma].add(lemma)

    def forms(word: str) -> Sequence[str]:
        # A form of two words tells nothing about which one the text means.
        found = lemmas.get(word, set())
        return sorted(by_lemma[next(iter(found))] - {word}) if len(found) == 1 else ()

    return forms


def words(text: str) -> Iterable[str]:
    """The words of a text, lower case: what the public baselines are given."""
    return (word.lower() for word in re.findall(r"\w+", text))
