"""The sources that are run: what is behind each, and what a run must come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.servers.replay import Answers, by_cassette, by_file, by_mapping, by_recording, replay_ckan, replay_oai


@dataclass(frozen=True)
class Capture:
    """A source and its expected result: `seen` items in the capture, of which `created`, `rejected` (by code),
    `repeated` (the same identifier again) and `gone` (deleted at the source before we ever had them); the job's status.
    """

    name: str
    type: str
    opened: Callable[[Path], AbstractContextManager[str]]
    seen: int
    created: int
    status: str
    rejected: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    gone: int = 0
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counted = self.created + sum(self.rejected.values()) + self.repeated + self.gone
        assert counted == self.seen, f"{self.name}: every item of the capture must be accounted for"


@contextmanager
def _folder(path: str, root: Path) -> Iterator[str]:
    yield str(root / path)


@contextmanager
def _oai(answers: Callable[[Path], Answers], root: Path, prefix: str = "oai_dc") -> Iterator[str]:
    with replay_oai(answers(root / "oai"), prefix) as server:
        yield server.url


@contextmanager
def _ckan(pages: tuple[str, ...], shows: str, root: Path) -> Iterator[str]:
    folder = root / "ckan"
    with replay_ckan([folder / page for page in pages], sorted(folder.glob(shows)) if shows else ()) as server:
        yield server.url


def _sickle(oai: Path) -> Answers:
    verbs = ("Identify", "ListMetadataFormats", "ListSets", "ListRecords")
    return by_file(oai / "sickle", {verb: f"{verb}.xml" for verb in verbs})


def _clarin(page: int, oai: Path) -> Answers:
    files = {"ListMetadataFormats": "FormatLists/resp0000.xml", "ListRecords": f"RecordLists/resp000{page}.xml"}
    return by_file(oai / "clarin/ListRecords/endpoint0000", files)


def _zenodo_empty(oai: Path) -> Answers:
    files = {"Identify": "identify.02.xml", "ListMetadataFormats": "list_metadata_formats.00.xml",
             "ListSets": "list_sets.00.xml", "ListRecords": "list_records.02.xml"}  # fmt: skip
    return by_file(oai / "scythe-cassettes/derived-xml", files)


def _zenodo(chosen: Callable[[Mapping[str, str]], bool], oai: Path) -> Answers:
    return by_cassette((oai / "scythe-cassettes/list_records.yaml").read_text(), chosen)


def _arxiv(oai: Path) -> Answers:
    return by_recording(oai / "paperhive/oaipmh-listrecords---should-list-identifiers-from-arxiv.json")


def _since_april(query: Mapping[str, str]) -> bool:
    return query.get("from") == "2026-04-01" and "until" not in query


def _everything(query: Mapping[str, str]) -> bool:
    return set(query) == {"verb", "metadataPrefix"} and query["metadataPrefix"] == "oai_dc"


def _pyoai(name: str) -> Callable[[Path], AbstractContextManager[str]]:
    return partial(_oai, lambda oai: by_mapping(oai / "pyoai" / name))


DOCUMENTS = Capture("documents", "folder", partial(_folder, "documents"), 303, 303, "complete")

SERVICES = (
    Capture(
        "sickle", "oaipmh", partial(_oai, _sickle), 8, 1, "incomplete",
        rejected={"identifier-missing": 1}, repeated=3, gone=3,
    ),
    Capture("pyoai-fake1", "oaipmh", _pyoai("fake1"), 16, 16, "complete"),
    Capture("pyoai-fake2", "oaipmh", _pyoai("fake2"), 81, 79, "complete", gone=2),
    Capture("pyoai-fake3", "oaipmh", _pyoai("fake3"), 0, 0, "error"),
    Capture("pyoai-fake4", "oaipmh", _pyoai("fake4"), 0, 0, "error"),
    Capture("pyoai-fake5", "oaipmh", _pyoai("fake5"), 0, 0, "error"),
    Capture(
        "clarin-0", "oaipmh", partial(_oai, partial(_clarin, 0)), 8, 8, "complete",
        options={"metadata_prefix": "cmdi0571"},
    ),
    Capture(
        "clarin-1", "oaipmh", partial(_oai, partial(_clarin, 1)), 2, 2, "complete",
        options={"metadata_prefix": "cmdi0571"},
    ),
    Capture(
        "clarin-2", "oaipmh", partial(_oai, partial(_clarin, 2)), 8, 8, "complete",
        options={"metadata_prefix": "cmdi2312"},
    ),
    Capture("zenodo-derived-xml", "oaipmh", partial(_oai, _zenodo_empty), 0, 0, "complete"),
    Capture("zenodo-april", "oaipmh", partial(_oai, partial(_zenodo, _since_april)), 50, 50, "incomplete"),
    Capture("zenodo-all", "oaipmh", partial(_oai, partial(_zenodo, _everything)), 9, 8, "incomplete", gone=1),
    Capture(
        "paperhive-arxiv", "oaipmh", partial(_oai, _arxiv, prefix="arXiv"), 2, 2, "complete",
        options={"metadata_prefix": "arXiv"},
    ),
    Capture("zurich", "ckan", partial(_ckan, ("zurich/ckan_package_search.json",), ""), 3, 3, "incomplete"),
    Capture("envidat", "ckan", partial(_ckan, ("envidat/package_search.json",), ""), 2, 2, "incomplete"),
    Capture(
        "datagovuk", "ckan",
        partial(
            _ckan,
            ("datagovuk/v26/search_dataset_p1.json", "datagovuk/v26/search_dataset_p2.json"),
            "datagovuk/v26/package_show_*.json",
        ),
        5, 2, "incomplete", rejected={"unreadable": 3},
    ),
)  # fmt: skip

ALL = (DOCUMENTS, *SERVICES)
