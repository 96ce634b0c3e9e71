"""What a form of the desk offers while one types, and checks at once: JSON for completion.js and fields.js."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from opendata.errors import Problem
from opendata.services import completion_desk
from opendata.services.completion_desk import Offer
from opendata.services.rights import Right, demand
from opendata.web import inside
from opendata.web.forms.checks import wrong
from opendata.web.forms.views import Found
from opendata.web.forms.wording import told
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import number

blueprint = inside.make_blueprint("desk_completion", __name__, "/desk/complete")

MOST_CHECKED = 1_000
SHOWN = 80


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/<kind>")
def complete(kind: str) -> Response:
    """Choices for what was typed, with the values that each fills, and a sentence for screen readers."""
    offered = _offers(kind, request.args.get("q", ""))
    words = ngettext("%(number)s suggestion", "%(number)s suggestions", len(offered), number=number(len(offered)))
    items = [{"label": one.label, "note": one.note, "language": _other(one), "values": one.values} for one in offered]
    return jsonify(items=items, said=words)


def _offers(kind: str, typed: str) -> Sequence[Offer]:
    return completion_desk.offers(the_catalogue(), actor(), kind, typed, page_language())


def _other(one: Offer) -> str:
    return one.language if one.language != page_language() else ""


@blueprint.get("/check")
def check() -> Response:
    """What is wrong with a value of that kind, "" where nothing is."""
    demand(actor(), Right.EDIT_RECORDS)
    kind, value = request.args.get("kind", "")[:20], request.args.get("value", "")[:MOST_CHECKED]
    is_wrong = wrong(kind, value)
    problem = Problem(f"form_{kind}", "", value=value.strip()[:SHOWN])
    return jsonify(problem=told(problem).message if is_wrong else "")


def lookup(kind: str, typed: str) -> tuple[Found, ...]:
    """The same choices for the button that works without JavaScript."""
    return tuple(
        Found(one.label, one.note, _other(one), json.dumps(dict(one.values), ensure_ascii=False))
        for one in _offers(kind, typed)
    )
