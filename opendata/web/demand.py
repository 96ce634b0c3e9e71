"""Searches are counted here, and the desk sees what was looked for: by month, by language, with what was not found."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

from flask import Response, render_template, request, url_for
from flask_babel import format_date

from opendata.errors import Invalid
from opendata.services import demand
from opendata.services.counters import is_robot
from opendata.services.results import SearchPage
from opendata.services.tally import search_key
from opendata.web.contexts import Link
from opendata.web.desk_contexts import DemandContext
from opendata.web.i18n import NAMES, page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.tables import csv_answer

COLUMNS = ("words", "searches", "found_nothing")


def count_search(found: SearchPage) -> None:
    """Count a search that a person made with words: not a further page of it, nor its narrowing, nor what robots ask.

    In memory: nobody waits for it.
    """
    query, catalogue = found.query, the_catalogue()
    if not query.q.strip() or query.page > 1 or request.method != "GET" or _is_prefetch():
        return
    if is_robot(request.user_agent.string) or _is_same_search(query.q):
        return
    catalogue.tally.add({search_key(catalogue.today(), page_language(), query.q, found.complete): 1})


def _is_prefetch() -> bool:
    """Whether the browser asks before anybody has."""
    return request.headers.get("Sec-Purpose", "").startswith("prefetch")


def _is_same_search(q: str) -> bool:
    """Whether the reader comes from the results of the same words: they narrow or order them. Nothing of it is kept."""
    try:
        came_from = parse_qs(urlsplit(request.referrer or "").query)
    except ValueError:
        return False
    return " ".join(came_from.get("q", [""])[0].split()) == " ".join(q.split())


def _month() -> dt.date | None:
    """The month of the address (2026-06), None for the last year. Invalid for anything else."""
    given = request.args.get("month", "")
    if not given:
        return None
    try:
        return dt.datetime.strptime(given, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise Invalid(f"month is {given[:20]!r}; allowed is a month such as 2026-06.") from None


def page() -> str:
    """What was looked for in a month, or in the last year."""
    found = demand.report(the_catalogue(), actor(), _month())
    months = tuple(
        Link(
            format_date(line.month, "LLLL y"),
            url_for("desk.searches", month=f"{line.month:%Y-%m}"),
            line.month == found.month,
        )
        for line in found.months
    )
    context = DemandContext(
        report=found,
        months=months,
        year_url=url_for("desk.searches"),
        table_url=url_for("desk.searches_csv", month=f"{found.month:%Y-%m}" if found.month else None),
        languages=tuple((NAMES.get(line.language, line.language), line) for line in found.languages),
        days=demand.WANTED_DAYS,
        keep_days=demand.KEEP_HASHES.days,
    )
    return render_template("desk/searches.html", page=context)


def table() -> Response:
    """All words that are known of a month, or of the last year."""
    month = _month()
    lines = demand.words(the_catalogue(), actor(), month)
    rows = ((line.words, str(line.searches), str(line.in_vain)) for line in lines)
    return csv_answer(f"searches-{month:%Y-%m}.csv" if month else "searches.csv", COLUMNS, rows)
