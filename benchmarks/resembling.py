"""A test set for `similar`, made of real documents: copies that were revised, shortened, retitled, badly recognised.

Everything is drawn by a generator that begins anew for each document, so that the set is the same every time. Documents
that share a twentieth of their text with another one are versions of one act or form: only the longest of them is kept.
"""

from __future__ import annotations

import random
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from opendata.catalog.normalise import detect_language
from opendata.reading.extract import Reader
from opendata.search.analysis.variants import LATIN_ALPHABETS, written

LEAST_WORDS = 400
"""Shorter documents are left out: they are less than two printed pages."""
MOST_BYTES = 5_000_000
SUFFIXES = (".pdf", ".docx", ".doc", ".odt", ".rtf", ".txt", ".html", ".pptx")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[^\W_a-zа-я])|\n\s*\n")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_CONFUSED = dict(zip("оеаипншщцглбвуcemnrtiolf", "0ёоилпщшдтяббуe0rnictl0jt", strict=False))
_EDGES = {
    "ru": ("ами", "ого", "ых", "ов", "ой", "ом", "ия", "ию"),
    "kk": ("дың", "ның", "лар", "ға", "да"),
    "en": ("s", "ed"),
}


@dataclass(frozen=True)
class Document:
    """A real document with a title and an abstract as a record of it would have them."""

    name: str
    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        """All pages."""
        return "\n\n".join(self.pages)

    @property
    def language(self) -> str:
        """kk, ru or en, as far as it can be told."""
        return detect_language(self.text[:20_000])

    @property
    def title(self) -> str:
        """The first line that has three words."""
        lines = (" ".join(line.split()) for line in self.text.splitlines())
        return next((line[:200] for line in lines if len(_LETTERS.findall(line)) >= 3), self.name)

    @property
    def abstract(self) -> str:
        """One sentence of every tenth of the text, some 120 words in all."""
        return _extract(_sentences(self.text), 120)


@dataclass(frozen=True)
class Copy:
    """A text made of a document: by what means, and what the text is."""

    kind: str
    document: Document
    text: str


def documents(folder: Path) -> list[Document]:
    """The real documents below `folder`, one of each family, by name."""
    found = []
    with Reader() as reader:
        for path in sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES):
            if path.is_file() and path.stat().st_size <= MOST_BYTES:
                pages = tuple(page for page in reader.read(path).pages if page.strip())
                if sum(len(page.split()) for page in pages) >= LEAST_WORDS:
                    found.append(Document(path.relative_to(folder).as_posix(), pages))
    return _one_of_each(found)


def udhr(folder: Path) -> list[Document]:
    """The Universal Declaration of Human Rights in Kazakh, Russian and English."""
    with zipfile.ZipFile(folder / "udhr" / "udhr2.zip") as archive:
        texts = {name: archive.read(f"udhr2/{name}.txt").decode("utf-8") for name in ("kaz", "rus", "eng")}
    return [Document(f"udhr/{name}.txt", (text,)) for name, text in texts.items()]


def _one_of_each(found: Sequence[Document]) -> list[Document]:
    """Without documents that share a twentieth of their runs of five words with a longer one."""
    kept: list[tuple[Document, set[tuple[str, ...]]]] = []
    for document in sorted(found, key=lambda one: -len(one.text)):
        words = _LETTERS.findall(document.text.lower())
        runs = set(zip(*(words[place:] for place in range(5)), strict=False))
        if runs and all(len(runs & others) < 0.05 * len(runs) for _document, others in kept):
            kept.append((document, runs))
    return sorted((document for document, _runs in kept), key=lambda one: one.name)


def halves(found: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """The documents in two halves by a checksum of their names: one to choose constants on, one to report on."""
    ordered = sorted(found, key=lambda one: zlib.crc32(one.name.encode()))
    return ordered[::2], ordered[1::2]


def copies(document: Document, other: Document) -> Iterator[Copy]:
    """Every kind of copy of the document; `other` is one whose text is mixed in where a copy is to be partial."""
    draw = random.Random(zlib.crc32(document.name.encode()))
    sentences = _sentences(document.text)
    for share in (10, 20, 30):
        yield Copy(f"revised {share} %", document, _revised(sentences, share / 100, document.language, draw))
    yield Copy("a third of the sentences", document, "\n".join(s for s in sentences if draw.random() < 1 / 3))
    yield Copy("one chapter", document, _chapter(document.text, draw))
    yield Copy("an extract of 150 words", document, _extract(sentences[1:], 150))
    yield Copy("another title", document, "Итоги работы за отчётный период\n\n" + document.text[len(document.title) :])
    yield Copy("abstract alone, another title", document, f"Жұмыс қорытындысы туралы есеп\n\n{document.abstract}")
    yield Copy("a third of it within another text", document, _within(document.text, other.text, draw))
    for share in (5, 10):
        yield Copy(f"recognised badly ({share} % of words)", document, noisy(document.text, share / 100, draw))
    if document.language == "kk":
        for alphabet in ("2021", "2018"):
            yield Copy(
                f"in Latin letters of {alphabet}", document, written(document.text.lower(), LATIN_ALPHABETS[alphabet])
            )


def _sentences(text: str) -> list[str]:
    """The sentences; text without full stops (tables, lists) in stretches of lines."""
    found = []
    for part in _SENTENCE.split(text):
        words = part.split()
        found += [" ".join(words[at : at + 60]) for at in range(0, len(words), 60)]
    return found


def _revised(sentences: Sequence[str], share: float, language: str, draw: random.Random) -> str:
    """A third of `share` of the sentences dropped, a third moved, a third with other forms of every other word."""
    kept: list[str] = []
    for sentence in sentences:
        fate = draw.random() / share
        if fate < 1 / 3:
            continue
        if fate < 2 / 3:
            kept.insert(draw.randint(0, len(kept)), sentence)
        else:
            kept.append(_other_forms(sentence, language, draw) if fate < 1 else sentence)
    return "\n".join(kept)


def _other_forms(sentence: str, language: str, draw: random.Random) -> str:
    edges = _EDGES.get(language, _EDGES["en"])

    def other(match: re.Match[str]) -> str:
        word = match.group()
        return word if draw.random() < 0.5 or len(word) < 5 else word.rstrip("аяоеиыуюйsь") + draw.choice(edges)

    return _LETTERS.sub(other, sentence)


def _chapter(text: str, draw: random.Random) -> str:
    """A fifth of the text in one piece, of 150 words at least."""
    words = text.split(" ")
    size = max(150, len(words) // 5)
    start = draw.randint(0, max(0, len(words) - size))
    return " ".join(words[start : start + size])


def _within(text: str, other: str, draw: random.Random) -> str:
    """A third of the text in one piece, with twice as much of the other around it."""
    words, around = text.split(" "), other.split(" ")
    size = max(150, len(words) // 3)
    start = draw.randint(0, max(0, len(words) - size))
    around = (around * (1 + 2 * size // len(around)))[: 2 * size]
    return " ".join((*around[:size], *words[start : start + size], *around[size:]))


FORM = """Министерство науки и высшего образования Республики Казахстан. Утверждаю: председатель правления, подпись,
дата, место печати. УДК {udc}. МРНТИ {grnti}. Номер государственной регистрации {number}. Отчёт о научной
работе, заключительный, по договору {number}. Руководитель темы: {name}. Исполнители: ответственный исполнитель,
старший научный сотрудник, младший научный сотрудник, нормоконтролёр. Реферат. Отчёт содержит {pages} страниц, рисунков,
таблиц, использованных источников и приложений. Объект исследования, цель работы, методы исследования, полученные
результаты и их новизна, степень внедрения, область применения, экономическая эффективность и значимость работы,
прогнозные предположения о развитии объекта исследования. Содержание. Определения, обозначения и сокращения. Введение.
Основная часть. Заключение. Список использованных источников. Приложения."""
"""What the first pages of a report by GOST 7.32 have in common, in our words."""


def form(document: Document) -> str:
    """The form as filled in for the document."""
    draw = random.Random(zlib.crc32(document.name.encode()))
    number = f"BR{draw.randint(10**7, 10**8 - 1)}"
    names = ("Ахметов", "Ким", "Сериков", "Иванова", "Оспанова", "Жумабаев")
    return FORM.format(
        udc=draw.randint(100, 999),
        grnti=f"{draw.randint(10, 89)}.31.01",
        number=number,
        name=draw.choice(names),
        pages=len(document.pages),
    )


def _extract(sentences: Sequence[str], words: int) -> str:
    """Sentences from all over the text, in order, of so many words in all."""
    step = max(1, len(sentences) * 18 // words)
    chosen, size = [], 0
    for sentence in [one for one in sentences[::step] if len(one.split()) > 4] or list(sentences):
        chosen.append(sentence)
        size += len(sentence.split())
        if size >= words:
            break
    return " ".join(chosen)


def noisy(text: str, share: float, draw: random.Random) -> str:
    """As a scan is recognised: `share` of the words with a wrong letter, words broken over lines, heads of pages."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        lines.append(" ".join(_misread(word, share, draw) for word in line.split(" ")))
        if number % 40 == 39:
            lines.append(f"стр. {number // 40} из 99")
    return "\n".join(lines)


def _misread(word: str, share: float, draw: random.Random) -> str:
    if len(word) > 8 and draw.random() < 0.03:
        return f"{word[:4]}-\n{word[4:]}"
    if len(word) < 3 or draw.random() >= share:
        return word
    place = draw.randrange(len(word))
    wrong = _CONFUSED.get(word[place].lower(), draw.choice("оаеіtl1"))
    return word[:place] + wrong + word[place + 1 :]
