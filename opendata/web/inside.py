"""What the pages behind the sign-in share: the way in, the tabs, addresses that lead nowhere else."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.errors import Invalid, NotAllowed, NotFound
from opendata.services.actors import Actor
from opendata.services.rights import Right, may
from opendata.web.contexts import Link, Pagination
from opendata.web.desk_contexts import Frame
from opendata.web.errors import wants_json
from opendata.web.identity import actor
from opendata.web.listing import pagination

TABS = (
    ("desk.index", Right.SEE_DESK),
    ("desk_life.index", Right.SEE_DESK),
    ("uploads.index", Right.EDIT_RECORDS),
    ("desk.sources", Right.SEE_DESK),
    ("desk.jobs", Right.SEE_DESK),
    ("desk_links.index", Right.EDIT_RECORDS),
    ("held.index", Right.SEE_WITHHELD_FILES),
    ("matches.index", Right.EDIT_RECORDS),
    ("desk.problems", Right.SEE_DESK),
    ("desk.searches", Right.MANAGE_SITE),
    ("alerts.index", Right.MANAGE_SOURCES),
    ("desk_organizations.index", Right.SEE_DESK),
    ("desk_people.hand_over_form", Right.HAND_OVER),
    ("desk_people.index", Right.MANAGE_SITE),
    ("desk_audit.index", Right.READ_AUDIT),
)
"""The pages of the second menu, and what one must be allowed to see them."""


_BELOW = {"desk_life.index": ("datasets", "studies")}
"""What else of the desk belongs to a tab."""


def here() -> str:
    """This page with its query, as `next` takes it."""
    query = request.query_string.decode("ascii", "ignore")
    return f"{request.script_root}{request.path}" + (f"?{query}" if query else "")


def local_path(given: str) -> str:
    """`given` where it is a path of this site, else "". A browser reads "//host", "/\\\\host" and tabs as it likes."""
    if not given.startswith("/") or given.startswith(("//", "/\\")) or not given.isprintable() or "\\" in given:
        return ""
    try:
        parts = urlsplit(given)
    except ValueError:
        return ""
    return given if not parts.scheme and not parts.netloc else ""


def first_page(asker: Actor) -> str:
    """Where somebody who has signed in begins: at the desk, or at their account where they have none."""
    return url_for("desk.index" if may(asker, Right.SEE_DESK) else "account.account")


def show_in() -> ResponseReturnValue | None:
    """Who is not signed in is sent to do that; who holds a one-time password, to change it; who needs a second factor,
    to set it up. None: go on.
    """
    asker, reading = actor(), request.method in ("GET", "HEAD") and not wants_json()
    if not asker.signed_in:
        if reading:
            return redirect(url_for("account.sign_in", next=here()), 303)
        raise NotAllowed("Sign in first.", signed_in=False)
    if asker.must_change_password and reading:
        return redirect(url_for("account.password", next=here()), 303)
    if asker.must_set_second_factor and reading:
        return redirect(url_for("second_factor.page", next=here()), 303)
    if asker.held_back:
        raise NotAllowed("Change your password, or set up a second factor, first.")
    return None


def frame() -> Frame:
    """The second menu, and who is signed in."""
    asker = actor()
    names = {
        "desk.index": _("Overview"),
        "desk_life.index": _("Records"),
        "uploads.index": _("Uploads"),
        "desk.sources": _("Sources"),
        "desk.jobs": _("Jobs"),
        "desk_links.index": _("Links"),
        "held.index": _("Held back"),
        "matches.index": _("Matches"),
        "desk.problems": _("Readers’ reports"),
        "desk.searches": _("Searches"),
        "alerts.index": _("Alerts"),
        "desk_organizations.index": _("Agencies"),
        "desk_people.hand_over_form": _("Hand over"),
        "desk_people.index": _("Accounts"),
        "desk_audit.index": _("Audit"),
    }
    section = request.path.rstrip("/")
    tabs = [
        Link(names[endpoint], url_for(endpoint), _is_section(section, endpoint))
        for endpoint, right in TABS
        if endpoint in current_app.view_functions and may(asker, right)
    ]
    account = Link(_("My account"), url_for("account.account"), _is_section(section, "account.account"))
    return Frame(asker.name or asker.email, tuple(tabs), account, url_for("account.sign_out"))


def _is_section(path: str, endpoint: str) -> bool:
    own = url_for(endpoint).removeprefix(request.script_root).rstrip("/")
    below = [own, *(f"{own.rpartition('/')[0]}/{part}" for part in _BELOW.get(endpoint, ()))]
    return path == own or (endpoint != "desk.index" and path.startswith(tuple(f"{one}/" for one in below)))


def keep_nothing(response: Response) -> Response:
    """No browser and no proxy keeps these pages, not even for the way back after signing out."""
    response.headers["Cache-Control"] = "no-store"
    return response


def page_number(name: str = "page") -> int:
    """`page` (or another such number) of the address, from 1 on; Invalid for anything else."""
    given = request.args.get(name, "1")
    if not (given.isascii() and given.isdecimal() and 0 < len(given) < 7 and int(given) > 0):
        raise Invalid(f"{name} is {given[:40]!r}; allowed is a whole number from 1 on.")
    return int(given)


def leaf(page: int, total: int, size: int, endpoint: str, **values: object) -> Pagination:
    """Leafing through `total` rows; NotFound for a page behind the last one."""
    pages = max(1, -(-total // size))
    if page > pages:
        raise NotFound(f"There are {pages} pages only.")
    return pagination(page, pages, lambda number: url_for(endpoint, **values, page=number))  # type: ignore[arg-type]


def beside(url: str, before: str, after: str) -> Pagination:
    """Leafing through a list of which nobody counts the leaves, by the keys of what stands beyond this one."""

    def turn(name: str, key: str) -> str:
        return f"{url}{'&' if '?' in url else '?'}{urlencode({name: key})}" if key else ""

    return Pagination(1, 2 if before or after else 1, turn("before", before), turn("after", after), ())


def make_blueprint(name: str, module: str, prefix: str = "") -> Blueprint:
    """A group of pages below `prefix` (/`name` where "") that has the frame and is kept out of every cache."""
    made = Blueprint(name, module, url_prefix=prefix or f"/{name}")
    made.context_processor(lambda: {"frame": frame()})
    made.after_request(keep_nothing)
    return made
