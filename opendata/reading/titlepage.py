"""What a report says of itself on a title page in the shape of GOST 7.32 (2001, 2017), in Russian or Kazakh.

Conservative: a field is empty rather than wrong. Nothing is read before the heading of a research report was found, and
every field has its own marks (labels, forms of numbers, its place on the page). `plausible_title` is for any document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from opendata.catalog.records import ResourceRole
from opendata.reading import titlemarks as marks
from opendata.reading.contract import Properties

PAGES = 3
"""Pages that are looked at."""
_LINES_AFTER_HEADING = 60
_TITLE_LINES = 12
_LONGEST_TITLE = 500
_SHORTEST_TITLE = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as it was read, and how sure that is: 0 (nothing was read) to 1."""

    value: str = ""
    confidence: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.value)


NOTHING = Reading()


@dataclass(frozen=True, slots=True)
class TitlePage:
    """The fields of a title page, each empty where it was not read with certainty.

    `register_number` names the research (the state registration number, in Russia the one of НИОКТР), `project_number`
    its grant or programme (ИРН, "AP…"), `report_number` this report (inventory number, ИКРБС). `kind` is a value of
    ResourceRole, "interim_report" or "final_report". `udc` and `grnti` may hold several codes, divided by "; ".
    """

    register_number: Reading = NOTHING
    project_number: Reading = NOTHING
    report_number: Reading = NOTHING
    udc: Reading = NOTHING
    grnti: Reading = NOTHING
    organisation: Reading = NOTHING
    title: Reading = NOTHING
    kind: Reading = NOTHING
    city: Reading = NOTHING
    year: Reading = NOTHING
    leader: Reading = NOTHING

    @property
    def role(self) -> ResourceRole | None:
        """What the file is within the research; None where the page does not say."""
        return ResourceRole(self.kind.value) if self.kind else None

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def read(pages: Sequence[str]) -> TitlePage:
    """The title page among the first three of `pages`; all empty where none of them is one."""
    for page in pages[:PAGES]:
        lines = _lines(page)
        found = _heading(lines)
        if found is not None:
            return _fields(lines, *found)
    return TitlePage()


def _lines(page: str) -> list[str]:
    cleaned = (" ".join(line.replace("*", "").replace("_", " ").split()) for line in page[:8000].split("\n"))
    return [line for line in cleaned if line]


def _heading(lines: list[str]) -> tuple[int, int] | None:
    """The first and the line after the last line of "ОТЧЁТ О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ" or its like."""
    for start in range(min(len(lines), 80)):
        for length in (1, 2, 3):
            if marks.HEADING.fullmatch(" ".join(lines[start : start + length])):
                return start, start + length
    return None


def _fields(lines: list[str], start: int, after: int) -> TitlePage:
    before = lines[:start]
    rest = lines[after : after + _LINES_AFTER_HEADING]
    head = "\n".join(before)
    whole = head + "\n" + "\n".join(rest)
    kind_at = next((number for number, line in enumerate(rest[:25]) if marks.KIND.search(line)), None)
    city, year = _place_and_year(rest)
    return TitlePage(
        register_number=_register_number(whole),
        project_number=_labelled(marks.PROJECT_NUMBER, whole),
        report_number=_report_number(whole),
        udc=_codes(marks.UDC, head),
        grnti=_codes(marks.GRNTI, head),
        organisation=_organisation(before),
        title=_title(rest, kind_at),
        kind=_kind(rest[kind_at]) if kind_at is not None else NOTHING,
        city=city,
        year=year,
        leader=_leader(rest),
    )


def _labelled(pattern: re.Pattern[str], text: str) -> Reading:
    found = pattern.search(text)
    return Reading(found.group(1), 0.95) if found else NOTHING


def _state_number(text: str) -> str:
    """A Kazakh state number in its one spelling, whichever alphabet its two letters were typed in."""
    return re.sub(r"[РP][КK]", "РК", text.replace(" ", ""), count=1)


def _register_number(text: str) -> Reading:
    """Numbers of works begin with 01, those of reports with 02, so a label is no condition for them."""
    labelled = marks.REGISTER_NUMBER.search(text)
    if labelled:
        return Reading(_state_number(labelled.group(1)), 0.95)
    numbers = {_state_number(found) for found in marks.WORK_NUMBER.findall(text)}
    return Reading(numbers.pop(), 0.8) if len(numbers) == 1 else NOTHING


def _report_number(text: str) -> Reading:
    labelled = marks.REPORT_NUMBER.search(text)
    if labelled:
        return Reading(_state_number(labelled.group(1)), 0.9)
    numbers = {_state_number(found) for found in marks.INVENTORY_NUMBER.findall(text)}
    return Reading(numbers.pop(), 0.8) if len(numbers) == 1 else NOTHING


def _codes(pattern: re.Pattern[str], text: str) -> Reading:
    found = pattern.search(text)
    if not found:
        return NOTHING
    codes = [code.strip(" .,;") for code in re.split(r"[,;]", found.group(1))]
    return Reading("; ".join(code for code in codes if code), 0.9)


def _organisation(before: list[str]) -> Reading:
    """What stands above the first label or approval, without ministries and committees, where it names a body."""
    lines = []
    for line in before[:12]:
        if marks.END_OF_ORGANISATION.search(line):
            break
        lines.append(line)
    own = [line for line in lines if not marks.MINISTRY.search(line)]
    # A ministry's name goes on over several lines; only what begins at a body of another kind is surely its performer.
    first = next((number for number, line in enumerate(own) if marks.BODY.search(line)), None)
    if first is None or len(own) - first > 5:
        return NOTHING
    name = " ".join(own[first:])
    return Reading(name, 0.75) if len(name) <= 300 else NOTHING


def _title(rest: list[str], kind_at: int | None) -> Reading:
    """The lines between the heading and the kind of report; after "по теме:" where that stands."""
    end = kind_at
    if end is None:
        end = next((number for number, line in enumerate(rest[:25]) if marks.END_OF_TITLE.search(line)), None)
    if not end or end > _TITLE_LINES:
        return NOTHING
    lines = rest[:end]
    topic = next((number for number in reversed(range(len(lines))) if marks.TOPIC.match(lines[number])), None)
    if topic is not None:
        lines = [marks.TOPIC.sub("", lines[topic]), *lines[topic + 1 :]]
    lines = [line for line in lines if not marks.END_OF_TITLE.search(line) and not marks.NOT_TITLE.search(line)]
    title = re.sub(r"(\w)- (?=[а-яёәіңғүұқөһ])", r"\1-", " ".join(lines)).strip(" :.-–—")
    title = _unquoted(title)
    if not _SHORTEST_TITLE <= len(title) <= _LONGEST_TITLE or len(title.split()) < 2:
        return NOTHING
    return Reading(title, 0.9 if kind_at is not None else 0.7)


def _unquoted(title: str) -> str:
    for opening, closing in ("«»", '""', "“”", "„“"):
        inside = title[1:-1]
        if title.startswith(opening) and title.endswith(closing) and opening not in inside and closing not in inside:
            return inside.strip()
    return title


def _kind(line: str) -> Reading:
    found = marks.KIND.search(line)
    if found is None:
        return NOTHING
    final = marks.FINAL.search(found.group(0)) is not None
    return Reading(str(ResourceRole.FINAL_REPORT if final else ResourceRole.INTERIM_REPORT), 0.9)


def _place_and_year(rest: list[str]) -> tuple[Reading, Reading]:
    for number, line in enumerate(rest):
        following = rest[number + 1] if number + 1 < len(rest) else ""
        found = marks.PLACE_AND_YEAR.fullmatch(line) or (
            marks.PLACE_AND_YEAR.fullmatch(f"{line} {following}") if marks.YEAR.fullmatch(following) else None
        )
        if found:
            return Reading(found.group(1), 0.9), Reading(found.group(2), 0.95)
    return NOTHING, NOTHING


def _leader(rest: list[str]) -> Reading:
    for number, line in enumerate(rest):
        label = marks.LEADER.search(line)
        if label is None:
            continue
        near = [line[label.end() :], *rest[number + 1 : number + 5]]
        for text in near:
            if text is not near[0] and marks.OTHER_ROLE.search(text):
                break
            found = marks.PERSON.search(text)
            if found:
                return Reading(" ".join(found.group(0).split()), 0.85)
    return NOTHING


def plausible_title(pages: Sequence[str], properties: Properties) -> Reading:
    """The title that any document states in its properties, where its first page bears it out; nothing otherwise.

    Headings alone were tried: on laws, orders and scans they are the kind of document or its author, not its title.
    """
    first = pages[0][:4000] if pages else ""
    stated = properties.title.strip()
    if stated and not marks.JUNK_TITLE.search(stated) and _words(stated) and _is_inside(stated, first):
        return Reading(stated[:_LONGEST_TITLE], 0.8)
    return NOTHING


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{3,}", text.casefold())


def _is_inside(stated: str, page: str) -> bool:
    """Whether nearly all words of `stated`, three or more, stand on the page."""
    wanted = _words(stated)
    have = set(_words(page))
    return len(wanted) >= 3 and sum(1 for word in wanted if word in have) >= 0.9 * len(wanted)
