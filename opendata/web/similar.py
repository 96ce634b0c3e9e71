"""Whether a question was studied already: a text, a file or a record beside the catalogue."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.catalog.records import StudyRecord
from opendata.errors import Invalid, Problem
from opendata.search.marking import Piece
from opendata.services import similar, similar_upload
from opendata.services.similar_results import CLOSE, Match, Place, Record, Similar, Similarity
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import limited
from opendata.web.listing import card_view
from opendata.web.rendering import number, percent, shown
from opendata.web.similar_contexts import MatchView, SideView, SimilarContext, SimilarFormContext, SimilarView
from opendata.web.wording import in_words

blueprint = Blueprint("similar", __name__)

FORM_BYTES = 8 * similar.MOST_CHARACTERS
"""Of a pasted text as it is sent; what is longer is refused, and what is longer than is compared is cut."""


@blueprint.get("/similar")
def page() -> ResponseReturnValue:
    """The form; with `record` (and `kind`, where a dataset and a study have one name) what resembles that record."""
    slug = request.args.get("record", "").strip()
    return _of_record(slug, request.args.get("kind", "")) if slug else _form()


@limited("comparisons")
def _of_record(slug: str, kind: str) -> ResponseReturnValue:
    return _answer(similar.of_record(the_catalogue(), actor(), slug, kind=kind, language=page_language()))


@blueprint.post("/similar")
@limited("comparisons")
def compare() -> ResponseReturnValue:
    """Compare the text, or the file where one was chosen. Neither is kept."""
    request.max_form_memory_size = FORM_BYTES
    text, file = request.form.get("text", ""), request.files.get("file")
    try:
        if file and file.filename:
            with file.stream:
                found = similar_upload.of_file(
                    the_catalogue(), actor(), file.stream, file.filename, language=page_language()
                )
            return _answer(found, file.filename)
        if not text.strip():
            raise Invalid("Paste a text, or choose a file.", [Problem("no_text", "There is no text.", field="text")])
        return _answer(similar.of_text(the_catalogue(), actor(), text, language=page_language()))
    except Invalid as error:
        return _form(text, in_words(error.problems)), 400


def _form(text: str = "", problems: tuple[Problem, ...] = ()) -> str:
    context = SimilarFormContext(
        action=url_for("similar.compare"),
        most=similar.MOST_CHARACTERS,
        most_bytes=the_catalogue().config.upload.max_bytes,
        close=_percent(CLOSE),
        text=text,
        problems=problems,
    )
    return render_template("similar/form.html", page=context)


def _answer(found: Similarity, filename: str = "") -> Response:
    context = SimilarContext(
        found=found,
        same_words=tuple(_view(one, found.record) for one in found.same_words),
        same_subject=tuple(_view(one, found.record) for one in found.same_subject),
        close=len(found.close),
        threshold=_percent(CLOSE),
        form_url=url_for("similar.page"),
        record_url=_record_url(found.record) if found.record else "",
        filename=filename,
    )
    answer = make_response(render_template("similar/result.html", page=context))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _record_url(record: Record) -> str:
    return url_for("studies.page" if isinstance(record, StudyRecord) else "datasets.page", slug=record.slug)


def _view(one: Similar, asked: Record | None) -> SimilarView:
    return SimilarView(
        card=card_view(one.card),
        close=one.close,
        share=_percent(one.share),
        reverse=_percent(one.reverse),
        telling=_percent(one.telling),
        common=one.common,
        matches=tuple(_match(match, one.card.record, asked) for match in one.matches),
    )


def _match(match: Match, record: Record, asked: Record | None) -> MatchView:
    given = _side(match.given, match.given_place, asked, match.q)
    found = _side(match.found, match.found_place, record, match.q)
    return MatchView(given, found)


def _side(pieces: tuple[Piece, ...], place: Place, record: Record | None, q: str) -> SideView:
    """A side of a match; of a text that was handed in there is only the page."""
    file = place.resource
    if file is None or record is None:
        words = _("page %(page)s", page=number(place.page)) if place.page else ""
        return SideView(pieces, words if record is None else _("title, abstract and keywords"))
    name = file.filename or shown(file.name).value
    several = place.page if file.text.pages_total > 1 else 0
    words = _("%(file)s, page %(page)s", file=name, page=number(place.page)) if several else name
    url = url_for("datasets.file", slug=record.slug, resource_id=file.id, page=place.page or None, q=q or None)
    return SideView(pieces, words, url, file.text.language or file.language)


def _percent(share: float) -> str:
    """A share in whole percent; what is not all is not called all, and what is something not nothing."""
    return percent(min(99, max(1, round(share * 100))) if 0 < share < 0.9995 else round(share * 100), 100)
