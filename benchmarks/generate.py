"""Records of a catalogue of any size, the same for the same seed: trilingual, with agencies, licences, files and years.

They are written by the store's own way from records to rows, in large transactions and without the queue; then the
index is rebuilt. That is the quickest honest way to a full catalogue: what harvesting costs has its own benchmark.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from uuid import UUID
from xml.sax.saxutils import escape

from benchmarks.words import COMMON, RARE, vocabulary
from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole, TextInfo, TextStatus
from opendata.catalog.values import Contributor, Identifier, Keyword, OrganizationRef, PartialDate, Subject, Text
from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.store.inserting import insert_datasets
from opendata.store.organizations import Organization

SEED = 20_260_101
ORGANIZATIONS = 200
BATCH = 1000

LICENSES = ("CC-BY-4.0", "", "CC-BY-SA-4.0", "CC0-1.0", "CC-BY-NC-4.0", "other-closed", "ODbL-1.0")
LANGUAGES = ("ru", "kk", "en")
FORMATS = ("PDF", "CSV", "XLSX", "DOCX", "GeoJSON", "ZIP", "HTML", "XML")
TYPES = (DatasetType.REPORT, DatasetType.DATASET, DatasetType.ARTICLE, DatasetType.MAP, DatasetType.SOFTWARE)
THEMES = ("environment", "agriculture", "health", "education", "transport", "energy", "economy", "science")
GRNTI = ("06.71.07", "68.35.29", "70.27.11", "76.33.35", "14.25.05", "87.15.03", "34.35.33", "50.41.25")


@dataclass(frozen=True, slots=True)
class Shape:
    """What records are like: every so many of them have a file whose text was read, of so many pages of so many words.

    `vocabulary` is how many different words a language has beyond the common ones; 0 leaves the short lists.
    """

    text_every: int = 20
    pages: int = 4
    words: int = 150
    vocabulary: int = 0


PLAIN = Shape()
RICH = Shape(vocabulary=20_000)
"""Words as many as in life, which makes an index larger."""
REPORTS = Shape(text_every=1, pages=50, words=300, vocabulary=20_000)


@cache
def _zipf(size: int) -> tuple[float, ...]:
    return tuple(itertools.accumulate(1 / rank for rank in range(1, size + 1)))


Choice = TypeVar("Choice")


class Words:
    """Words, sentences and choices by Zipf's law, from one seed."""

    def __init__(self, seed: int, size: int = 0) -> None:
        self.random = random.Random(seed)
        self._many = {language: vocabulary(language, size) for language in LANGUAGES} if size else COMMON

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them, the first most often."""
        weights = _zipf(len(choices))
        return choices[bisect(weights, self.random.random() * weights[-1])]

    def words(self, language: str, count: int) -> list[str]:
        """That many words, one in twenty of them rare."""
        given = self.random
        return [
            given.choice(RARE[language]) if given.random() < 0.05 else self.pick(self._many[language])
            for _ in range(count)
        ]

    def sentence(self, language: str, count: int) -> str:
        """That many words as a sentence without its full stop."""
        found = " ".join(self.words(language, count))
        return found[:1].upper() + found[1:]

    def text(self, language: str, count: int) -> str:
        """Sentences of twelve words."""
        return " ".join(f"{self.sentence(language, 12)}." for _ in range(max(1, count // 12)))


@dataclass(frozen=True, slots=True)
class Generated:
    """A record and the public texts of its files by checksum."""

    record: DatasetRecord
    texts: tuple[tuple[str, tuple[str, ...]], ...] = ()


def organizations(words: Words, count: int = ORGANIZATIONS) -> list[OrganizationRef]:
    """Agencies with names of their own."""
    return [
        OrganizationRef(
            id=UUID(int=words.random.getrandbits(128), version=4),
            slug=f"agency-{number}",
            title=Text(**{language: words.sentence(language, 4) for language in LANGUAGES}, original="ru"),
        )
        for number in range(count)
    ]


def records(count: int, seed: int = SEED, shape: Shape = PLAIN) -> Iterator[Generated]:
    """That many records. Agencies, types, licences, formats and words are by Zipf's law; years from 1995 to 2025."""
    words = Words(seed, shape.vocabulary)
    agencies = organizations(words)
    return (_record(words, number, agencies, shape) for number in range(count))


def _record(words: Words, number: int, agencies: Sequence[OrganizationRef], shape: Shape) -> Generated:
    chance = words.random
    original = words.pick(LANGUAGES)
    said = {original, *(language for language in LANGUAGES if chance.random() < 0.4)}
    title = Text(**{language: words.sentence(language, 8) for language in sorted(said)}, original=original)
    has_text = number % shape.text_every == 0
    resources = tuple(
        _resource(words, number, position, original, pages=shape.pages if has_text and not position else 0)
        for position in range(words.pick((1, 2, 3, 4)))
    )
    pages = tuple(words.text(original, shape.words) for _ in range(shape.pages)) if has_text else ()
    record = DatasetRecord(
        id=UUID(int=chance.getrandbits(128), version=4),
        slug=f"{make_slug(title)[:150]}-{number}",
        identifier=f"generated:{number}",
        type=words.pick(TYPES),
        title=title,
        description=Text(**{language: words.text(language, 48) for language in sorted(said)}, original=original),
        keywords=tuple(Keyword(word, original) for word in dict.fromkeys(words.words(original, 5))),
        themes=(words.pick(THEMES),),
        subjects=(Subject("grnti", words.pick(GRNTI)),),
        organization=words.pick(agencies),
        contributors=tuple(Contributor(f"{chance.choice(RARE['ru'])}ов {chance.choice('АБДЕЖКМНС')}.") for _ in "12"),
        license_id=words.pick(LICENSES),
        identifiers=(Identifier("doi", f"10.5555/opendata.{number}"),),
        issued=PartialDate(chance.randint(1995, 2025), chance.randint(1, 12)),
        languages=(original,),
        landing_page=f"https://repository.example/item/{number}",
        resources=resources,
    )
    return Generated(record, ((resources[0].checksum, pages),) if pages else ())


def _resource(words: Words, number: int, position: int, language: str, *, pages: int) -> ResourceRecord:
    kind = "PDF" if pages else words.pick(FORMATS)
    name = f"{number}-{position}.{kind.lower()}"
    read = TextInfo(TextStatus.TEXT, "", pages, pages, language)
    return ResourceRecord(
        key=name,
        id=UUID(int=words.random.getrandbits(128), version=4),
        name=Text(**{language: words.sentence(language, 3)}, original=language),
        role=ResourceRole.FINAL_REPORT if kind == "PDF" else ResourceRole.DATA,
        position=position,
        filename=name,
        format=kind,
        byte_size=words.random.randint(1_000, 9_000_000),
        checksum=hashlib.sha256(name.encode()).hexdigest() if pages else "",
        stored=bool(pages),
        download_url=f"https://repository.example/file/{name}",
        language=language,
        text=read if pages else TextInfo(TextStatus.NOT_STORED),
    )


def fill(catalogue: Catalogue, count: int, seed: int = SEED, shape: Shape = PLAIN) -> float:
    """Put that many records into an empty catalogue and index them. How many seconds the index took."""
    _write_organizations(catalogue, organizations(Words(seed, shape.vocabulary)))
    stream = records(count, seed, shape)
    while batch := list(itertools.islice(stream, BATCH)):
        with catalogue.sessions.write.begin() as session:
            insert_datasets(session, [generated.record for generated in batch], catalogue.now())
        for generated in batch:
            for checksum, pages in generated.texts:
                catalogue.page_texts.put(checksum, READER_VERSION, pages)
    begun = time.monotonic()
    indexing.rebuild(catalogue)
    return time.monotonic() - begun


def _write_organizations(catalogue: Catalogue, refs: Sequence[OrganizationRef]) -> None:
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        for ref in refs:
            session.add(Organization(id=ref.id, slug=ref.slug, title=ref.title, created=now, modified=now))


def oai_dc(record: DatasetRecord) -> str:
    """The record as a repository gives it in ListRecords: header, and Dublin Core with its languages marked."""
    parts = [_element("title", text.value, text.language) for text in record.title.values()]
    parts += [_element("creator", person.name) for person in record.contributors]
    parts += [_element("subject", keyword.text, keyword.language) for keyword in record.keywords]
    parts += [_element("description", text.value, text.language) for text in record.description.values()]
    agency = record.organization
    parts.append(_element("publisher", agency.title.show("ru").value if agency else "", "ru"))
    parts += [_element("date", str(record.issued)), _element("type", record.type.value)]
    parts += [_element("identifier", record.landing_page)]
    parts += [_element("identifier", f"https://doi.org/{each.value}") for each in record.identifiers]
    parts += [_element("identifier", resource.download_url) for resource in record.resources]
    parts += [_element("format", resource.media_type or resource.format) for resource in record.resources]
    parts += [_element("language", language) for language in record.languages]
    parts += [_element("rights", record.license_id)] if record.license_id else []
    return (
        f"<record><header><identifier>oai:{record.identifier}</identifier><datestamp>2024-01-01</datestamp></header>"
        f'<metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{"".join(parts)}</oai_dc:dc></metadata></record>'
    )


def _element(name: str, value: str, language: str = "") -> str:
    marked = f' xml:lang="{language}"' if language else ""
    return f"<dc:{name}{marked}>{escape(value)}</dc:{name}>"
