"""Alerts at the desk: who is told when a harvest failed or links broke."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, Problem
from opendata.services import alerts, sources
from opendata.services.alerts import KINDS, AlertLine
from opendata.services.rights import Right, may
from opendata.web import inside
from opendata.web.contexts import Pagination
from opendata.web.i18n import NAMES
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.rendering import shown
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("alerts", __name__, "/desk/alerts")

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class AlertsContext:
    """desk/alerts.html. `owners` are (slug, title) of the agencies that may be chosen, `whole_site` whether all of it
    may; `key` is that of a webhook just added, shown this once; `error` what became of a test.
    """

    lines: tuple[AlertLine, ...]
    pagination: Pagination
    kinds: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str], ...]
    whole_site: bool
    languages: tuple[tuple[str, str], ...]
    hours: int
    mail: bool
    """Whether the site has a mail server."""
    done: str = ""
    key: str = ""
    error: str = ""
    kind: str = "email"
    address: str = ""
    organization: str = ""
    language: str = ""
    problems: tuple[Problem, ...] = ()


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """Everybody who is told."""
    return _page(done=request.args.get("done", ""))


@blueprint.post("")
def add() -> ResponseReturnValue:
    """Add a receiver. The page that answers shows the key of a webhook, and nobody keeps that page."""
    given = {name: request.form.get(name, "") for name in ("kind", "address", "organization", "language")}
    try:
        added = alerts.add(the_catalogue(), actor(), **given)
    except Invalid as error:
        return _page(**given, problems=in_words(error.problems)), 400
    if added.key:
        return _page(key=added.key)
    return redirect(url_for("alerts.index", done="alert_added"), 303)


@blueprint.post("/<uuid:alert_id>/test")
def try_out(alert_id: UUID) -> ResponseReturnValue:
    """Send a test message."""
    error = alerts.try_out(the_catalogue(), actor(), alert_id)
    return _page(error=error) if error else redirect(url_for("alerts.index", done="alert_tested"), 303)


@blueprint.post("/<uuid:alert_id>/remove")
def remove(alert_id: UUID) -> ResponseReturnValue:
    """Tell it no more."""
    alerts.remove(the_catalogue(), actor(), alert_id)
    return redirect(url_for("alerts.index", done="alert_removed"), 303)


def _page(**given: object) -> str:
    config = the_catalogue().config
    number = inside.page_number()
    lines = alerts.listing(the_catalogue(), actor(), PER_PAGE, (number - 1) * PER_PAGE)
    context = AlertsContext(
        lines=lines,
        pagination=inside.leaf(number, alerts.number(the_catalogue(), actor()), PER_PAGE, "alerts.index"),
        kinds=tuple((kind, label("alert_kind", kind)) for kind in KINDS),
        owners=tuple((slug, shown(title).value) for slug, title in sources.owners(the_catalogue(), actor())),
        whole_site=may(actor(), Right.MANAGE_SITE),
        languages=tuple((code, NAMES[code]) for code in config.languages.enabled),
        hours=config.mail.digest_hours,
        mail=bool(config.mail.host),
        **given,  # type: ignore[arg-type]
    )
    return render_template("desk/alerts.html", page=context)
