"""What people look for and do not find. Nothing is kept that leads to a person; rare words are not kept at all.

The words of a search are stored only once WANTED_DAYS different days have had them. Until then a keyed hash stands for
them, which nobody without the site's key can try words against; it is forgotten after KEEP_HASHES.
"""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from opendata.keys import site_key
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.services.tally import SearchKey
from opendata.store.counts import add_to
from opendata.store.searches import SearchCount, SearchHash, SearchWords

log = logging.getLogger(__name__)

WANTED_DAYS = 5
"""Different days that must have had the words before they are kept."""
KEEP_HASHES = dt.timedelta(days=90)
KEEP_WORDS = dt.timedelta(days=3 * 366)
MOST_HASHES = 1_000_000
"""Rows of hashes; when there are as many, words that are new are not followed until some are forgotten."""
REPORTED_MONTHS = 12
TOP = 50
MOST_ROWS = 100_000
_AT_ONCE = 200
_PURPOSE = b"opendata demand 1"

Numbers = tuple[int, int]
"""Searches, and those of them that found nothing."""


@dataclass(frozen=True, slots=True)
class DemandMonth:
    """A month (its first day) with its searches by words, those in vain, and those whose words are known."""

    month: dt.date
    searches: int
    in_vain: int
    told: int


@dataclass(frozen=True, slots=True)
class DemandLanguage:
    """Searches by the language of the interface."""

    language: str
    searches: int
    in_vain: int


@dataclass(frozen=True, slots=True)
class DemandWords:
    """Words with their searches, and how many of them found nothing."""

    words: str
    searches: int
    in_vain: int


@dataclass(frozen=True, slots=True)
class DemandReport:
    """What was looked for in `month`, or (None) in all of `months`, which are newest first.

    `searches` is the denominator of `in_vain` and of `told`, the searches whose words are known.
    """

    month: dt.date | None
    months: tuple[DemandMonth, ...]
    searches: int
    in_vain: int
    told: int
    languages: tuple[DemandLanguage, ...]
    missed: tuple[DemandWords, ...]
    """Words that found nothing, most searched first."""
    wanted: tuple[DemandWords, ...]
    """Words that were searched most."""


def add(catalogue: Catalogue, counts: Mapping[SearchKey, int]) -> None:
    """Add `counts` (of SearchTally.drain), in one transaction; words that too few days have had stay hashes."""
    key = hmac.digest(site_key(catalogue.config.home), _PURPOSE, "sha256")
    with catalogue.sessions.write.begin() as session:
        forget(session, catalogue.today())
        _add_counts(session, counts)
        by_words: dict[str, dict[dt.date, Numbers]] = {}
        for search, number in counts.items():
            if search.words:
                days = by_words.setdefault(search.words, {})
                before = days.get(search.day, (0, 0))
                days[search.day] = (before[0] + number, before[1] + (0 if search.found else number))
        for part in _parts(sorted(by_words)):
            _add_words(session, key, {words: by_words[words] for words in part})


def forget(session: Session, today: dt.date) -> None:
    """Delete the hashes and words that are too old."""
    session.execute(delete(SearchHash).where(SearchHash.day < today - KEEP_HASHES))
    session.execute(delete(SearchWords).where(SearchWords.month < today - KEEP_WORDS))


def report(catalogue: Catalogue, actor: Actor, month: dt.date | None = None, top: int = TOP) -> DemandReport:
    """The demand of `month`, or of the last REPORTED_MONTHS. Sysadmins alone."""
    demand(actor, Right.MANAGE_SITE)
    since = _months_before(catalogue.today().replace(day=1), REPORTED_MONTHS - 1)
    with catalogue.sessions.read() as session:
        rows = _counted(session, since)
        told = _told(session, since)
        first = month or since
        missed = _words(session, first, month, top, in_vain=True)
        wanted = _words(session, first, month, top, in_vain=False)
    months = _by_month(rows, told)
    inside = [row for row in rows if month is None or row[0].replace(day=1) == month]
    return DemandReport(
        month=month,
        months=months,
        searches=sum(row[3] for row in inside),
        in_vain=sum(row[3] for row in inside if not row[2]),
        told=sum(one.told for one in months if month in (None, one.month)),
        languages=_by_language(inside),
        missed=missed,
        wanted=wanted,
    )


def words(catalogue: Catalogue, actor: Actor, month: dt.date | None = None) -> tuple[DemandWords, ...]:
    """All words that are known of `month`, or of the last REPORTED_MONTHS, most searched first. Sysadmins alone."""
    return report(catalogue, actor, month, MOST_ROWS).wanted


def _add_counts(session: Session, counts: Mapping[SearchKey, int]) -> None:
    rows: Counter[tuple[dt.date, str, str, int]] = Counter()
    for search, number in counts.items():
        rows[search.day, search.language, search.query_language, search.found] += number
    names = ("day", "language", "query_language", "found")
    given = [{**dict(zip(names, key, strict=True)), "number": number} for key, number in sorted(rows.items())]
    add_to(session, SearchCount, names, given)


def _add_words(session: Session, key: bytes, by_words: Mapping[str, Mapping[dt.date, Numbers]]) -> None:
    known = set(session.scalars(select(SearchWords.words).where(SearchWords.words.in_(by_words)).distinct()))
    _add_known(session, {words: by_words[words] for words in by_words if words in known})
    hashes = {hmac.digest(key, words.encode(), "sha256"): words for words in by_words if words not in known}
    if not hashes:
        return
    if (session.scalar(select(func.count()).select_from(SearchHash)) or 0) >= MOST_HASHES:
        log.warning("words of searches not followed number=%d hashes=%d", len(hashes), MOST_HASHES)
        return
    rows = [
        {"hash": digest, "day": day, "number": number, "in_vain": in_vain}
        for digest, words in hashes.items()
        for day, (number, in_vain) in by_words[words].items()
    ]
    add_to(session, SearchHash, ("hash", "day"), rows)
    _tell(session, hashes)


def _tell(session: Session, hashes: Mapping[bytes, str]) -> None:
    """Keep the words of those hashes that enough days have had, with their numbers, instead of the hashes."""
    counted = select(SearchHash.hash).where(SearchHash.hash.in_(hashes)).group_by(SearchHash.hash)
    ripe = session.scalars(counted.having(func.count() >= WANTED_DAYS)).all()
    if not ripe:
        return
    told: dict[str, dict[dt.date, Numbers]] = {}
    for row in session.scalars(select(SearchHash).where(SearchHash.hash.in_(ripe))):
        told.setdefault(hashes[row.hash], {})[row.day] = (row.number, row.in_vain)
    _add_known(session, told)
    session.execute(delete(SearchHash).where(SearchHash.hash.in_(ripe)))


def _add_known(session: Session, by_words: Mapping[str, Mapping[dt.date, Numbers]]) -> None:
    rows: dict[tuple[str, dt.date], Numbers] = {}
    for words, days in by_words.items():
        for day, (number, in_vain) in days.items():
            place = (words, day.replace(day=1))
            before = rows.get(place, (0, 0))
            rows[place] = (before[0] + number, before[1] + in_vain)
    given = [
        {"words": place[0], "month": place[1], "number": number, "in_vain": in_vain}
        for place, (number, in_vain) in sorted(rows.items())
    ]
    add_to(session, SearchWords, ("words", "month"), given)


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def _months_before(month: dt.date, number: int) -> dt.date:
    index = month.year * 12 + month.month - 1 - number
    return dt.date(index // 12, index % 12 + 1, 1)


_Row = tuple[dt.date, str, int, int]
"""(day, language, band of what was found, number)"""


def _counted(session: Session, since: dt.date) -> list[_Row]:
    total = func.sum(SearchCount.number)
    wanted = select(SearchCount.day, SearchCount.language, SearchCount.found, total).where(SearchCount.day >= since)
    wanted = wanted.group_by(SearchCount.day, SearchCount.language, SearchCount.found)
    return [(day, language, found, int(number)) for day, language, found, number in session.execute(wanted)]


def _told(session: Session, since: dt.date) -> dict[dt.date, int]:
    """How many searches of each month have their words kept."""
    total = func.sum(SearchWords.number)
    wanted = select(SearchWords.month, total).where(SearchWords.month >= since).group_by(SearchWords.month)
    return {month: int(number) for month, number in session.execute(wanted)}


def _by_month(rows: Sequence[_Row], told: Mapping[dt.date, int]) -> tuple[DemandMonth, ...]:
    searches: Counter[dt.date] = Counter()
    in_vain: Counter[dt.date] = Counter()
    for day, _language, found, number in rows:
        searches[day.replace(day=1)] += number
        in_vain[day.replace(day=1)] += 0 if found else number
    months = sorted(searches, reverse=True)
    return tuple(DemandMonth(month, searches[month], in_vain[month], told.get(month, 0)) for month in months)


def _by_language(rows: Sequence[_Row]) -> tuple[DemandLanguage, ...]:
    searches: Counter[str] = Counter()
    in_vain: Counter[str] = Counter()
    for _day, language, found, number in rows:
        searches[language] += number
        in_vain[language] += 0 if found else number
    return tuple(DemandLanguage(name, number, in_vain[name]) for name, number in searches.most_common())


def _words(
    session: Session, first: dt.date, month: dt.date | None, top: int, *, in_vain: bool
) -> tuple[DemandWords, ...]:
    number, vain = func.sum(SearchWords.number), func.sum(SearchWords.in_vain)
    when = SearchWords.month == first if month else SearchWords.month >= first
    wanted = select(SearchWords.words, number, vain).where(when).group_by(SearchWords.words)
    wanted = wanted.having(vain > 0) if in_vain else wanted
    wanted = wanted.order_by((vain if in_vain else number).desc(), SearchWords.words).limit(top)
    return tuple(DemandWords(words, int(all_), int(none)) for words, all_, none in session.execute(wanted))
