"""The advanced search form, which writes the same query as anybody could type, and the page that explains how to."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.errors import Problem
from opendata.search.arguments import Pairs, pairs_of, read_filters, read_sort, read_words
from opendata.search.composing import Boxes, compose, decompose
from opendata.search.filters import FILTERS, years
from opendata.search.query import SORTS, SearchQuery
from opendata.services import advanced
from opendata.web.advanced_contexts import AdvancedContext, Group, HelpPageContext, Option
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.limits import limited
from opendata.web.listing import query_url
from opendata.web.search_help import examples, prefix_rows

blueprint = Blueprint("advanced", __name__)

BOXES = ("every", "phrase", "any", "none")
TYPED = ("performer", "keyword")
"""Filters of too many values for a list: one of them is typed."""
OPEN_GROUPS = ("kind", "type", "open")
FIRST_YEAR, LAST_YEAR = 1900, 2100


@blueprint.get("/search/advanced")
@limited("searches")
def form() -> str:
    """The form, filled with the search that the address names."""
    query = SearchQuery.from_args(request.args)
    span = years(query.filters.get("year", ("",))[0])
    from_to = ("", "") if span is None else tuple(str(year) if FIRST_YEAR <= year <= LAST_YEAR else "" for year in span)
    return _page(query, decompose(query.q), from_to)


@blueprint.get("/search/advanced/find")
def find() -> ResponseReturnValue:
    """The search that the form comes to; the form again where a year is none."""
    pairs = pairs_of(request.args)
    boxes = Boxes(**{name: read_words([("q", value) for one, value in pairs if one == name])[0] for name in BOXES})
    given = [(name, value) for name, value in pairs if name in FILTERS and name != "year"]
    from_to = (_typed(pairs, "from"), _typed(pairs, "to"))
    problems = _problems(from_to)
    if not problems and (span := _span(from_to)):
        given.append(("year", span))
    query = SearchQuery(compose(boxes), read_filters(given), read_sort(pairs))
    if problems:
        return _page(query, boxes, from_to, problems), 400
    return redirect(query_url("discovery.everything", query), 302)


def _typed(pairs: Pairs, name: str) -> str:
    return next((value.strip()[:10] for one, value in pairs if one == name), "")


def _problems(from_to: Iterable[str]) -> tuple[Problem, ...]:
    expected = _("A year of four digits, such as 2021.")
    return tuple(
        Problem("year", expected, name)
        for name, value in zip(("from", "to"), from_to, strict=True)
        if value and not (value.isascii() and value.isdigit() and FIRST_YEAR <= int(value) <= LAST_YEAR)
    )


def _span(from_to: tuple[str, str]) -> str:
    first, last = from_to
    if first and last and int(first) > int(last):
        first, last = last, first
    return first if first == last else f"{first}..{last}"


def _page(query: SearchQuery, boxes: Boxes, from_to: tuple[str, ...], problems: tuple[Problem, ...] = ()) -> str:
    context = AdvancedContext(
        boxes=boxes,
        year_from=from_to[0],
        year_to=from_to[1],
        groups=tuple(_groups(query)),
        typed=tuple((name, label("facet", name), query.filters.get(name, ("",))[0]) for name in TYPED),
        kept=_kept(query),
        sorts=tuple((name, label("sort", name)) for name in SORTS),
        sort=query.sort,
        action=url_for("advanced.find"),
        help_url=url_for("advanced.help_page"),
        problems=problems,
    )
    return render_template("datasets/advanced.html", page=context)


def _kept(query: SearchQuery) -> tuple[tuple[str, str], ...]:
    """What the form has no field for and does not lose."""
    kept = [(name, value) for name in TYPED for value in query.filters.get(name, ())[1:]]
    return (*kept, *(("disclosure", value) for value in query.filters.get("disclosure", ())))


def _groups(query: SearchQuery) -> Iterable[Group]:
    for name, offered in advanced.choices(the_catalogue(), actor()).items():
        chosen = query.filters.get(name, ())
        options = [Option(one.value, one.label, one.count, one.value in chosen, one.level) for one in offered]
        known = {option.value for option in options}
        # What is chosen and no record has any more can still be taken off.
        options += [Option(value, advanced.label_of(name, value), 0, True) for value in chosen if value not in known]
        if options:
            yield Group(name, label("facet", name), tuple(options), bool(chosen) or name in OPEN_GROUPS)


@blueprint.get("/search/help")
def help_page() -> str:
    """How to search, with examples that are searches."""
    context = HelpPageContext(
        examples=examples(page_language()),
        prefixes=prefix_rows(page_language()),
        advanced_url=url_for("advanced.form"),
        search_url=url_for("discovery.everything"),
    )
    return render_template("pages/search_help.html", page=context)
