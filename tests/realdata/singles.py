"""Every real file that a harvester can be sent to, each as a source of its own, and what a run of all comes to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from opendata.services import desk, harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobReport
from tests.servers.everything import files_below, oai_format

TYPES = {"oai": "oaipmh", "ckan": "ckan", "dcat": "dcat", "datajson": "datajson", "tables": "spreadsheet"}
"""The harvester of each kind of files; schemaorg is one site per folder."""
SITES = ("croissant/1.0", "croissant/1.1", "datapackage-profiles", "datapackages", "science-on-schema")
ITEMS = (
    "oai/dspace-cuni",
    *(f"oai/datacite/meta/kernel-{v}/example" for v in ("4", "4.3", "4.4", "4.5", "4.6", "4.7")),
)
"""Folders of single records, each listed as one."""
SERVED = {"oai": "oai/", "ckan": "ckan/"}
"""Where the server answers as a service of the kind (tests.servers.everything)."""
FEWEST = 6
"""At least so many files of a kind are taken."""
TITLES = 100
"""As many rows are read where the first column is taken for a title: some tables have thousands."""
_FIRST_HEADING = re.compile(r"It begins with: ([^|;]+?)(?: \||\.? The option columns)")


@dataclass(frozen=True)
class Single:
    """A source: `path` is its file or folder, `files` how many files that are.

    `columns` says what headings mean, where the harvester has such an option.
    """

    name: str
    group: str
    type: str
    path: str
    url: str
    files: int = 1
    columns: str = ""


@dataclass
class Line:
    """What the files of one group came to. `silent` are files with neither a record nor a problem."""

    group: str
    type: str
    files: int = 0
    sources: int = 0
    results: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


def singles(root: Path, every: int = 1) -> Iterator[Single]:
    """The sources of all files, or of every so many of each kind, without the largest sites."""
    number = 0
    for kind, harvester_name in TYPES.items():
        paths = [path for path in files_below(root, kind) if not path.startswith(ITEMS)]
        for path in paths[:: min(every, len(paths) // FEWEST)]:
            number += 1
            group = "/".join(Path(path).parts[:2])
            yield Single(f"s-{number}", group, harvester_name, path, SERVED.get(kind, "") + path)
    for path in ITEMS[::every]:
        number += 1
        files = len(list((root / path).iterdir()))
        group = "/".join(Path(path).parts[:2])
        yield Single(f"s-{number}", group, "oaipmh", path, f"oai/{path}", files)
    for site in SITES if every == 1 else SITES[2:]:
        number += 1
        folder = f"schemaorg/{site}"
        yield Single(f"s-{number}", folder, "schemaorg", folder, folder, len(files_below(root, folder)))


def run_all(catalogue: Catalogue, root: Path, server: str, every: int = 1) -> dict[Single, JobReport]:
    """Harvest each source of `singles`; a table without a known heading again, its first one taken for a title."""
    found = {}
    for single in singles(root, every):
        found[single] = run_single(catalogue, root, server, single)
        if single.type == "spreadsheet" and (heading := _FIRST_HEADING.search(found[single].job.message)):
            group, columns = f"{single.group}, first column as title", f"{heading[1].strip()}=title_ru"
            named = replace(single, name=f"{single.name}-named", group=group, files=0, columns=columns)
            found[named] = run_single(catalogue, root, server, named)
    return found


def run_single(catalogue: Catalogue, root: Path, server: str, single: Single) -> JobReport:
    """Add the source and harvest it."""
    options = {}
    if single.type == "schemaorg":
        options["sitemap"] = f"{server}/sitemap/{single.path}"
    if single.type == "oaipmh":
        options["metadata_prefix"] = oai_format(root / single.path)
    if single.columns:
        options["columns"] = single.columns
    url = f"{server}/{single.url.replace(' ', '%20').replace('#', '%23')}"
    sources.add(catalogue, SYSTEM, sources.NewSource(single.name, single.type, url, options=options))
    report = harvest.run(catalogue, single.name, actor=SYSTEM, limit=TITLES if single.columns else None)
    return desk.report(catalogue, SYSTEM, report.job.id, limit=100_000)


def summed(found: Mapping[Single, JobReport]) -> list[Line]:
    """One line per group, in the order of the sources."""
    lines: dict[str, Line] = {}
    for single, report in found.items():
        line = lines.setdefault(single.group, Line(single.group, single.type))
        line.files += single.files
        line.sources += 1
        line.jobs[str(report.job.status)] += 1
        line.results.update({key: number for key, number in report.job.counts.items() if number})
        for problem in report.problems:
            (line.reasons if problem.severity == "error" else line.warnings)[problem.code] += 1
    return list(lines.values())


def is_told(report: JobReport) -> bool:
    """Whether a run gave records, says why it gave none, or was told by the source that there are none."""
    job = report.job
    return bool(any(job.counts.values()) or job.message or report.problems) or job.status == "complete"


def unclear(found: Mapping[Single, JobReport]) -> list[str]:
    """Runs that nobody could make sense of: without records and reason, or with a fault of ours."""
    wrong = []
    for single, report in found.items():
        codes = {problem.code for problem in report.problems}
        texts = [report.job.message, *(problem.message for problem in report.problems)]
        if not is_told(report) or codes & {"unexpected", "too_slow"} or any(_is_fault(text) for text in texts):
            wrong.append(f"{single.path}: {report.job.status} {sorted(codes)} {report.job.message[:200]}")
    return wrong


def _is_fault(text: str) -> bool:
    return "Traceback" in text or "cannot be mapped (" in text or "Unexpected " in text


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table, with their sums by type."""
    rows = [
        "| files of | harvester | files | sources | created | other results | rejected | jobs | warnings |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    by_type: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_type[line.type].append(line)
    for kind, group in by_type.items():
        total = Line(f"**all {kind}**", kind)
        for line in group:
            rows.append(_row(line))
            total.files += line.files
            total.sources += line.sources
            for name in ("results", "jobs", "reasons", "warnings"):
                getattr(total, name).update(getattr(line, name))
        rows.append(_row(total))
    return "\n".join(rows)


def _row(line: Line) -> str:
    others = {key: n for key, n in line.results.items() if key not in ("created", "rejected")}
    rejected = f"{line.results['rejected']}{_listed(line.reasons)}"
    warnings = f"{sum(line.warnings.values())}{_listed(line.warnings)}"
    cells = (
        line.group, line.type, line.files, line.sources, line.results["created"],
        ", ".join(f"{key} {n}" for key, n in others.items()) or 0, rejected,
        ", ".join(f"{key} {n}" for key, n in line.jobs.most_common()), warnings,
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _listed(counter: Counter[str]) -> str:
    return f" ({', '.join(f'{key} {n}' for key, n in counter.most_common())})" if counter else ""
