"""Computes the data files of this package from official texts.

`python -m opendata.search.analysis.build_seed --source "where from" PATH ...`
Laws, decisions and reports of public bodies are nobody's property. Only counts and stems are kept of them, no text.
Each line of a file is taken for Kazakh, Russian or English by its letters, so one folder may hold all of them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from opendata.reading.extract import Reader
from opendata.search.analysis import models, stem_list
from opendata.search.analysis.endings import TABLE_VERSION
from opendata.search.analysis.language import KAZAKH_SHARE
from opendata.search.analysis.variants import LATIN_ALPHABETS, RUSSIAN_KEYBOARD, written
from opendata.search.analysis.words import fold

DATA = Path(__file__).parent / "data"

_WORD = re.compile(r"[^\W\d_]+")
_KAZAKH = re.compile("[әғқңөұүһі]")
_CYRILLIC_WORD = re.compile("[а-яәғқңөұүһі]+")
_LATIN_WORD = re.compile("[a-z]+")


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files named and those in the folders named, in order."""
    found = [one for path in paths for one in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [path for path in found if path.is_file()]


def words_by_language(texts: Iterable[str]) -> dict[str, Counter[str]]:
    """Folded words of each language (kk, ru, en) with how often they stand, each line judged by its letters."""
    found: dict[str, Counter[str]] = {"kk": Counter(), "ru": Counter(), "en": Counter()}
    for text in texts:
        for line in text.splitlines():
            words = _WORD.findall(fold(line))
            cyrillic = [word for word in words if _CYRILLIC_WORD.fullmatch(word)]
            letters = "".join(cyrillic)
            kazakh = len(_KAZAKH.findall(letters)) >= KAZAKH_SHARE * len(letters)
            found["kk" if kazakh else "ru"].update(cyrillic)
            if not cyrillic:
                found["en"].update(word for word in words if _LATIN_WORD.fullmatch(word))
    return found


def triples(words: Mapping[str, int]) -> Counter[str]:
    """How often each triple of letters stands in the words; a frequent word counts less than its share."""
    found = Counter[str]()
    for word, count in words.items():
        padded = f"^{word}$"
        # Texts of one subject repeat its words; other subjects have other words, but of the same make.
        weight = 1 + round(4 * math.log(count))
        for place in range(len(padded) - 2):
            found[padded[place : place + 3]] += weight
    return found


def counts(words: Mapping[str, Mapping[str, int]]) -> dict[str, Counter[str]]:
    """The triples of every class of `models`; Kazakh on other keyboards is written from the Kazakh words."""
    kazakh = words["kk"]
    folded, latin = Counter[str](), Counter[str]()
    for letters in RUSSIAN_KEYBOARD.values():
        folded.update(triples(_written(kazakh, letters)))
    for letters in LATIN_ALPHABETS.values():
        latin.update(triples(_written(kazakh, letters)))
    return {
        "kk": triples(kazakh),
        "kk-folded": folded,
        "kk-latin": latin,
        "ru": triples(words["ru"]),
        "en": triples(words["en"]),
    }


def _written(words: Mapping[str, int], letters: Mapping[str, str]) -> Counter[str]:
    found = Counter[str]()
    for word, count in words.items():
        found[written(word, letters)] += count
    return found


def _texts(files: Iterable[Path]) -> Iterator[str]:
    with Reader() as reader:
        for path in files:
            yield "\n".join(reader.read(path).pages)


def _header(what: str, files: list[Path], source: str) -> str:
    return (
        f"# {what}\n# Source: {source}\n"
        f"# Files: {', '.join(path.name for path in files)}\n"
        f"# Made by opendata.search.analysis.build_seed, table {TABLE_VERSION}; made anew, never edited.\n"
    )


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--source", required=True, help="Where the texts are from, for the head of the files.")
@click.option("--into", default=DATA, type=click.Path(path_type=Path), help="Where to write.")
def main(paths: tuple[Path, ...], source: str, into: Path) -> None:
    """Count the texts in PATHS (files or folders) and write the data files."""
    files = files_in(paths)
    words = words_by_language(_texts(files))
    stems = stem_list.mine(words["kk"])
    into.mkdir(parents=True, exist_ok=True)
    head = _header("Stems of Kazakh words (N noun, V verb), each seen under two words or more.", files, source)
    (into / "stems-kk.txt").write_text(head + stem_list.dump(stems), "utf-8")
    head = _header("Triples of letters by language, weighted counts of the most frequent ones.", files, source)
    (into / "trigrams.txt").write_text(head + models.dump(counts(words)), "utf-8")
    for language, found in words.items():
        click.echo(f"{language}: {sum(found.values())} words, {len(found)} different", err=True)
    click.echo(f"{len(stems)} stems", err=True)


if __name__ == "__main__":
    main()
