"""How well the analysis does on real words: what tests hold it to, and what benchmarks.language prints.

The data are found through OPENDATA_REALDATA; nothing of them is kept here.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from opendata.reading.extract import Reader
from opendata.search.analysis import TrilingualAnalyser, layout, stem_list
from opendata.search.analysis.build_seed import words_by_language
from opendata.search.analysis.language import language_of
from opendata.search.analysis.variants import LATIN_ALPHABETS, RUSSIAN_KEYBOARD, written
from opendata.search.analysis.words import fold

Pairs = Sequence[tuple[str, str]]
"""Dictionary form and another form of it."""
Key = Callable[[str], str]

_WORD = re.compile(r"[^\W\d_]+")
CYRILLIC = re.compile("[а-яәғқңөұүһі]+")
LATIN = re.compile("[a-z]+")
_BACK, _FRONT = frozenset("аоұыя"), frozenset("әеөүіэ")


class Found(NamedTuple):
    """`recall`: of pairs, how many get one key. `precision`: of words with one key, how many pairs share a lemma."""

    pairs: int
    recall: float
    precision: float


def measure(pairs: Pairs, key: Key) -> Found:
    """Recall and precision of `key` over distinct pairs."""
    distinct = {(lemma, form) for lemma, form in pairs if lemma != form}
    lemmas: defaultdict[str, set[str]] = defaultdict(set)
    for lemma, form in distinct:
        lemmas[lemma].add(lemma)
        lemmas[form].add(lemma)
    keys = {word: key(word) for word in lemmas}
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for word, found in keys.items():
        joined[found].append(word)
    right = together = 0
    for words in joined.values():
        for place, word in enumerate(words):
            together += place
            right += sum(not lemmas[word].isdisjoint(lemmas[other]) for other in words[:place])
    recall = sum(keys[lemma] == keys[form] for lemma, form in distinct) / len(distinct)
    return Found(len(distinct), recall, right / together)


def tokens_per_second(words: Sequence[str], key: Callable[[str], object]) -> float:
    """How many of `words` get their keys in a second of one core."""
    started = time.process_time()
    for word in words:
        key(word)
    return len(words) / (time.process_time() - started)


# Kazakh


def _rows(realdata: Path) -> Iterator[list[str]]:
    for line in (realdata / "language/kazakh-stemming/kaz_shared.tsv").read_text("utf-8").splitlines():
        row = line.split("\t")
        if len(row) == 3:
            yield row


def kazakh_nouns(realdata: Path) -> Pairs:
    """Nouns of UniMorph."""
    return [(lemma, form) for lemma, form, tag in _rows(realdata) if tag.startswith("N")]


def kazakh_verbs(realdata: Path) -> Pairs:
    """Verbs of UniMorph without the rows that are wrong by a known pattern."""
    return [
        (lemma, form)
        for lemma, form, tag in _rows(realdata)
        if tag.startswith("V")
        and not {"PROG", "NEG", "PST"} <= set(tag.split(";"))
        and (_BACK.isdisjoint(form) or _FRONT.isdisjoint(form))
        and lemma[:2] == form[:2]
    ]


def golden(realdata: Path) -> list[tuple[str, str, str]]:
    """Words with the keys that the rules were designed to give without a list: precise, skeleton."""
    lines = (realdata / "language/kazakh-stemming/golden_shared.tsv").read_text("utf-8").splitlines()[1:]
    return [(word, precise, skeleton) for word, precise, skeleton in (line.split("\t") for line in lines)]


def acts(realdata: Path) -> list[str]:
    """Kazakh and Russian texts of laws and decisions."""
    return _read(realdata / "documents/kk-ru-acts")


def kazqad(realdata: Path) -> list[str]:
    """Kazakh passages of KazQAD."""
    with gzip.open(
        realdata / "retrieval/kazqad/reading-comprehension-validation.halfA.jsonl.gz", "rt", "utf-8"
    ) as file:
        return [json.loads(line)["context"] for line in file]


@cache
def kazakh_words(realdata: Path) -> list[str]:
    """Every running word of every Kazakh text at hand, folded."""
    texts = [*acts(realdata), *kazqad(realdata)]
    for path in sorted((realdata / "language/kk-text").iterdir()):
        text = path.read_text("utf-8")
        texts += (one["text"] for one in json.loads(text)["samples"]) if path.suffix == ".json" else [text]
    texts += (path.read_text("utf-8") for path in sorted((realdata / "retrieval/kazqad").glob("*topics*.tsv")))
    return [word for word, count in words_by_language(texts)["kk"].items() for _ in range(count)]


@cache
def mined(realdata: Path) -> TrilingualAnalyser:
    """An analyser with the list mined from every Kazakh text at hand."""
    return TrilingualAnalyser(stem_list.mine(kazakh_words(realdata)))


# Russian and English


def russian_pairs(realdata: Path) -> dict[str, Pairs]:
    """Nouns, verbs and adjectives of a treebank, and of inflection tables."""
    treebank = []
    for line in (realdata / "language/UD_Russian-GSD/ru_gsd-ud-dev.conllu").read_text("utf-8").splitlines():
        row = line.split("\t")
        if len(row) == 10 and row[3] in ("NOUN", "VERB", "ADJ") and CYRILLIC.fullmatch(fold(row[1])):
            treebank.append((fold(row[2]), fold(row[1])))
    tables = []
    for line in (realdata / "language/sigmorphon2018-russian/russian-train-high").read_text("utf-8").splitlines():
        lemma, form, _tag = line.split("\t")
        if CYRILLIC.fullmatch(fold(lemma)) and CYRILLIC.fullmatch(fold(form)):
            tables.append((fold(lemma), fold(form)))
    return {"GSD dev": treebank, "SIGMORPHON": tables}


@cache
def russian_texts(realdata: Path) -> list[str]:
    """Russian documents of several kinds."""
    return [*_read(realdata / "documents/dedoc-ru"), *_read(realdata / "documents/ru-gov-mvd")]


def cranfield(realdata: Path) -> list[str]:
    """English abstracts."""
    text = (realdata / "retrieval/cranfield/cran.all.1400").read_text("utf-8")
    return re.findall(r"^\.W\n(.*?)(?=^\.I|\Z)", text, re.S | re.M)


def _read(folder: Path) -> list[str]:
    texts = (".txt", ".html", ".docx", ".odt", ".pdf", ".doc", ".rtf")
    with Reader() as reader:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in texts)
        return ["\n".join(reader.read(path).pages) for path in found]


# Scripts and keyboards

_LOOK_ALIKE = str.maketrans("асеорхук", "aceopxyk")
_IN_TEXTS: dict[str, Callable[[str], str]] = {
    "decomposed (NFD)": lambda word: unicodedata.normalize("NFD", word),
    "soft hyphen": lambda word: f"{word[:3]}\u00ad{word[3:]}",
    "hyphen at a line's end": lambda word: f"{word[:3]}-\n{word[3:]}",
    "schwa for ә": lambda word: word.replace("ә", "ə"),
    "upper case": str.upper,
    "letters of another script": lambda word: f"{word[:2].translate(_LOOK_ALIKE)}{word[2:]}".replace("і", "i"),
}
_IN_QUERIES: dict[str, Callable[[str], str]] = {
    "as it is": lambda word: word,
    **{
        f"Russian keyboard, і as {name}": lambda word, to=to: written(word, to) for name, to in RUSSIAN_KEYBOARD.items()
    },
    **{f"Latin {name}": lambda word, to=to: written(word, to) for name, to in LATIN_ALPHABETS.items()},
    "wrong layout": lambda word: word.translate(layout.TO_ENGLISH),
}


def recovered(analyser: TrilingualAnalyser, pairs: Pairs, size: int = 3_000) -> dict[str, float]:
    """Of `size` forms spelt in some way, how many find the dictionary form, or are found by it."""
    chosen = random.Random(20261121).sample(sorted(set(pairs)), size)
    found = {}
    for name, spell in _IN_QUERIES.items():
        hits = sum(_meet(analyser, spell(form), lemma) for lemma, form in chosen)
        found[name] = hits / size
    for name, spell in _IN_TEXTS.items():
        hits = sum(_meet(analyser, lemma, spell(form)) for lemma, form in chosen)
        found[name] = hits / size
    return found


def _meet(analyser: TrilingualAnalyser, asked: str, stands: str) -> bool:
    """Whether `asked` finds a Kazakh text in which `stands` is the first word."""
    token = next(analyser.index_keys(f"{stands} және өңір үшін"))
    return any(key in token.keys for one in analyser.query_tokens(asked) for key in one.keys)


def words_of(texts: Iterable[str], letters: re.Pattern[str], least: int = 4) -> list[str]:
    """The different words of `least` letters or more that are written in `letters`."""
    words = {word for text in texts for word in _WORD.findall(fold(text))}
    return sorted(word for word in words if len(word) >= least and letters.fullmatch(word))


def layout_errors(realdata: Path) -> tuple[float, float]:
    """(share of English words wrongly converted, share of Kazakh words recovered)."""
    english = words_of(cranfield(realdata), LATIN)
    kazakh = words_of(kazqad(realdata), CYRILLIC)
    wrong = sum(bool(layout.retyped(word)) for word in english) / len(english)
    right = sum(layout.retyped(word.translate(layout.TO_ENGLISH)) == word for word in kazakh) / len(kazakh)
    return wrong, right


def layout_errors_reversed(realdata: Path) -> tuple[float, float]:
    """(share of Cyrillic words wrongly converted, share of English words recovered)."""
    english = words_of(cranfield(realdata), LATIN)
    cyrillic = [*words_of(kazqad(realdata), CYRILLIC), *words_of(russian_texts(realdata), CYRILLIC)]
    typed = {word: word.translate(layout.TO_RUSSIAN) for word in english}
    wrong = sum(bool(layout.retyped(word)) for word in cyrillic) / len(cyrillic)
    right = sum(layout.retyped(typed[word]) == word for word in english) / len(english)
    return wrong, right


def minus_errors(realdata: Path) -> tuple[float, float]:
    """(share of excluded English words taken for words with ө, share of first words in ө recovered)."""
    english = words_of(cranfield(realdata), LATIN)
    kazakh = [word for word in words_of(kazqad(realdata), CYRILLIC) if word.startswith("ө")]
    wrong = sum(bool(layout.letter_of_minus(word, first=True)) for word in english) / len(english)
    typed = {word: word[1:].translate(layout.TO_ENGLISH) for word in kazakh}
    right = sum(layout.letter_of_minus(typed[word], first=True) == word for word in kazakh) / len(kazakh)
    return wrong, right


def languages_told(realdata: Path, size: int = 5_000) -> dict[str, float]:
    """Of `size` pieces of three words in each language, how many are told right."""
    texts = {"kk": kazqad(realdata), "ru": russian_texts(realdata), "en": cranfield(realdata)}
    found = {}
    for name, given in texts.items():
        letters = LATIN if name == "en" else CYRILLIC
        pieces = [piece for text in given for line in text.splitlines() for piece in _threes(line, letters)]
        chosen = random.Random(20261121).sample(pieces, min(size, len(pieces)))
        found[name] = sum(language_of(piece) == name for piece in chosen) / len(chosen)
    return found


def _threes(line: str, letters: re.Pattern[str]) -> Iterator[str]:
    words = _WORD.findall(fold(line))
    for start in range(0, len(words) - 2, 3):
        if all(letters.fullmatch(word) for word in words[start : start + 3]):
            yield " ".join(words[start : start + 3])
