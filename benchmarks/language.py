"""How well and how fast words become keys: `OPENDATA_REALDATA=… python -m benchmarks.language`.

Recall and precision are of pairs of words (see tests.search.analysis.measures); the figures that the project asks of
itself stand beside them. Speeds are of one core.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from opendata.search.analysis import TrilingualAnalyser, russian
from opendata.search.analysis.alphabets import cyrillic, skeletal
from opendata.search.analysis.kazakh import Stemmer
from opendata.search.analysis.skeleton import skeleton
from opendata.search.analysis.stem_list import Stems, mine, seed, skeletal_stems
from opendata.search.document import SearchDocument
from opendata.search.open import open_index
from tests.search.analysis import measures
from tests.search.analysis.measures import Found, Key, Pairs

RECORDS = 5_000


def kazakh_keys(stems: Stems | None = None) -> dict[str, Key]:
    """The two Kazakh stemmers with a list, or without one."""
    precise = Stemmer(cyrillic(), stems)
    coarse = Stemmer(skeletal(), skeletal_stems(stems or {}))
    return {"precise": precise, "skeleton": lambda word: coarse(skeleton(word))}


def _line(what: str, found: Found, asked: str = "") -> None:
    wanted = f"  asked {asked}" if asked else ""
    print(f"  {what:<44} {found.recall:.3f} / {found.precision:.3f}  ({found.pairs} pairs){wanted}")


def kazakh(realdata: Path) -> None:
    """Stemmers with no list, with the list that comes with the program, and with one of all Kazakh text at hand."""
    nouns, verbs = measures.kazakh_nouns(realdata), measures.kazakh_verbs(realdata)
    asked = {
        ("no list", "precise"): (".97/.89", ".85/.95"),
        ("mined list", "precise"): (".975/.92", ".87/.96"),
        ("mined list", "skeleton"): (".97/.88", ".87/.96"),
    }
    lists = {"no list": None, "seed list": seed(), "mined list": mine(measures.kazakh_words(realdata))}
    print("Kazakh, recall / precision")
    for name, stems in lists.items():
        for kind, key in kazakh_keys(stems).items():
            wanted = asked.get((name, kind), ("", ""))
            size = f" of {len(stems)}" if stems else ""
            _line(f"nouns, {kind}, {name}{size}", measures.measure(nouns, key), wanted[0])
            _line(f"verbs, {kind}, {name}{size}", measures.measure(verbs, key), wanted[1])
    pairs = [*nouns, *verbs]
    found = measures.recovered(measures.mined(realdata), pairs)
    by_seed = measures.recovered(TrilingualAnalyser(), pairs)
    print("Kazakh forms that find their dictionary form, by how they are written (asked .91): mined list, seed list")
    for name, share in found.items():
        print(f"  {name:<44} {share:.3f}  {by_seed[name]:.3f}")


def others(realdata: Path) -> None:
    """Russian, keyboard layouts, languages told."""
    print("Russian, recall / precision (asked .955/.95)")
    for name, pairs in measures.russian_pairs(realdata).items():
        _line(name, measures.measure(pairs, lambda word: russian.lemmas(word)[0]))
        print(f"  {name + ', asked by all dictionary forms':<44} {_found_by_any(pairs):.3f}")
    wrong, right = measures.layout_errors(realdata)
    print(
        f"Layout: English words wrongly converted {wrong:.2%} (asked 0.5 %), Kazakh recovered {right:.1%} (asked 92 %)"
    )
    told = measures.languages_told(realdata)
    print("Language of three words (asked .98):", ", ".join(f"{name} {share:.3f}" for name, share in told.items()))


def _found_by_any(pairs: Pairs) -> float:
    distinct = {(lemma, form) for lemma, form in pairs if lemma != form}
    return sum(russian.lemmas(form)[0] in russian.lemmas(lemma) for lemma, form in distinct) / len(distinct)


def speed(realdata: Path) -> None:
    """Words a second, with and without what is remembered."""
    running = measures.kazakh_words(realdata)
    different = sorted(set(running))
    analyser = TrilingualAnalyser()
    analyser.kazakh_stem("сөз")
    print("Speed, words a second on one core")
    _rate("Kazakh keys, different words (asked 40,000)", kazakh_keys(seed())["skeleton"], different)
    _rate("Kazakh keys, running text (asked 300,000)", analyser.kazakh_stem, running)
    texts = _texts(realdata)
    words = [word for text in texts["Russian"] for word in measures.words_of([text], measures.CYRILLIC, 1)]
    _rate("Russian, different words of each document", russian.lemmas, words)
    _rate("Russian, the same again", russian.lemmas, words)
    for name, given in texts.items():
        fresh = TrilingualAnalyser()
        for when in ("first", "again"):
            print(f"  {f'whole analysis, {name}, {when}':<44} {_analysed(fresh, given):>12,.0f}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  memory of this process after all this: {memory} MB")


class WordsAlone(TrilingualAnalyser):
    """The yardstick of indexing: the same words without any stem."""

    def __init__(self) -> None:
        super().__init__({})

    def _stems_in(self, word: str, spoken: int | None) -> Iterator[str]:  # noqa: ARG002
        return iter(())


def indexing(realdata: Path) -> None:
    """Whole records into a search index: what the keys cost of it."""
    given = _records(realdata)
    print(f"Indexing {len(given)} records of about 100 words in three languages, first without stems")
    for name, analyser in {"words alone": WordsAlone(), "all keys": TrilingualAnalyser()}.items():
        for when in ("first", "again"):
            with tempfile.TemporaryDirectory() as folder:
                index = open_index(Path(folder), create=True, analyser=analyser)
                started = time.process_time()
                index.rebuild(given)
                seconds = time.process_time() - started
                size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            each = f"{seconds / len(given) * 1000:.2f} ms each, {size / 1e6:.1f} MB"
            print(f"  {f'{name}, {when}':<44} {len(given) / seconds:>12,.0f} a second, {each}")


def _records(realdata: Path) -> list[SearchDocument]:
    """Records made of pieces of real texts: a title and an abstract in each language."""
    titles = [_pieces(texts, 8) for texts in _texts(realdata).values()]
    abstracts = [_pieces(texts, 25) for texts in _texts(realdata).values()]
    count = min(RECORDS, *map(len, titles), *map(len, abstracts))
    return [
        SearchDocument(
            id=UUID(int=number + 1),
            kind="dataset",
            type="report",
            slug=f"record-{number}",
            title=titles[0][number],
            titles=tuple(one[number] for one in titles),
            descriptions=tuple(one[number] for one in abstracts),
        )
        for number in range(count)
    ]


def _pieces(texts: list[str], size: int) -> list[str]:
    words = [word for text in texts for word in text.split()]
    found = [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
    random.Random(20261121).shuffle(found)
    return found


def _texts(realdata: Path) -> dict[str, list[str]]:
    return {
        "Kazakh": measures.kazqad(realdata),
        "Russian": measures.russian_texts(realdata),
        "English": measures.cranfield(realdata),
    }


def _rate(what: str, key: Callable[[str], object], words: list[str]) -> None:
    print(f"  {what:<44} {measures.tokens_per_second(words, key):>12,.0f}")


def _analysed(analyser: TrilingualAnalyser, texts: list[str]) -> float:
    started = time.process_time()
    count = sum(1 for text in texts for _token in analyser.index_keys(text))
    return count / (time.process_time() - started)


def main() -> None:
    """Print everything; a minute or two."""
    realdata = os.environ.get("OPENDATA_REALDATA", "")
    if not realdata:
        sys.exit("OPENDATA_REALDATA is not set: it names the folder of real data that is measured on.")
    folder = Path(realdata)
    kazakh(folder)
    others(folder)
    speed(folder)
    indexing(folder)


if __name__ == "__main__":
    main()
