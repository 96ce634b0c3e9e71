"""The desk: what waits for who asks, each thing with the link that mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from opendata.catalog.values import Text
from opendata.services import desk_work
from opendata.services.desk_work import Place, Scope, WorkGroup, WorkLine
from opendata.services.rights import Right, may
from opendata.web import desk_drafts, inside
from opendata.web.contexts import Link
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.rendering import date, instant, shown
from opendata.web.work_contexts import GroupView, ScopeView, WorkContext, WorkRow

blueprint = inside.make_blueprint("desk_work", __name__, "/desk/work")

PER_PAGE = 25

TITLES: Mapping[str, LazyString] = {
    "forms": _l("Forms that you began"),
    "returned": _l("Returned: mend them and send them in again"),
    "review": _l("Sent in: accept or return them"),
    "proposed": _l("Changes that were proposed: accept or return them"),
    "reports": _l("Readers’ reports to answer"),
    "overdue": _l("Overdue: register the report"),
    "due": _l("Due within 30 days: register the report"),
    "held": _l("Files held back: answer for them"),
    "uploads": _l("Uploads to go on with"),
    "harvests": _l("Harvests that did not go through"),
    "links": _l("Dead links: correct the address, or add the file"),
    "embargoes": _l("Files and studies that open within 30 days"),
    "drafts": _l("Drafts: complete and publish them"),
    "invited": _l("Invited, and not come yet"),
    "languages": _l("Titles and descriptions to translate"),
    "licenses": _l("Licences to state"),
    "unowned": _l("Nobody answers for these: name somebody"),
}
"""What is to be done, by kind of work."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/<kind>")
def listing(kind: str) -> str:
    """All that waits of one kind."""
    scope, back = asked(), request.args.get("before", "")
    place = Place(back or request.args.get("after", ""), bool(back))
    found = desk_work.listing(the_catalogue(), actor(), kind, scope, PER_PAGE, place)
    view = _view(found, scope)
    leaf = inside.beside(view.url, found.before, found.after)
    return render_template("desk/work.html", page=WorkContext(view, scope_view(scope), leaf))


def asked() -> Scope:
    """What of it the address asks for."""
    return Scope(request.args.get("organization", "")[:200], request.args.get("mine") == "1")


def groups(scope: Scope) -> tuple[GroupView, ...]:
    """What waits for who asks."""
    return tuple(_view(one, scope) for one in desk_work.waiting(the_catalogue(), actor(), scope))


def scope_view(scope: Scope) -> ScopeView:
    """The choice among one's organisations."""
    found = desk_work.organizations(the_catalogue(), actor())
    named = tuple((slug, shown(title).value) for slug, title in found)
    return ScopeView(named if len(named) > 1 else (), scope.organization, scope.mine)


def beginnings() -> tuple[Link, ...]:
    """The ways to begin something new."""
    if not may(actor(), Right.EDIT_RECORDS):
        return ()
    return (
        Link(_("New record"), url_for("desk_datasets.new")),
        Link(_("Begin with a file"), url_for("desk_begin.ask")),
        Link(_("New study"), url_for("desk_studies.new")),
        Link(_("Upload a spreadsheet"), url_for("uploads.new")),
    )


def address(group: str, line: WorkLine) -> str:
    """Where the thing is mended; "" where there is no such page."""
    return _ADDRESSES[group](line)


def _kept(scope: Scope) -> dict[str, str]:
    kept = {"organization": scope.organization, "mine": "1" if scope.mine else ""}
    return {name: value for name, value in kept.items() if value}


def _view(group: WorkGroup, scope: Scope) -> GroupView:
    rows = tuple(_row(group.name, line) for line in group.lines)
    url = url_for("desk_work.listing", kind=group.name, **_kept(scope))  # type: ignore[arg-type]
    return GroupView(group.name, str(TITLES[group.name]), group.count, group.more, rows, url)


def _row(group: str, line: WorkLine) -> WorkRow:
    title, words = line.title, line.name
    told: list[str] = []
    if group == "unowned":
        title, words = line.organization, "" if line.organization else _("Of no agency")
        told = [_count(line), label("unowned", line.detail), line.name]
    elif group == "invited":
        told = [line.detail if line.detail != line.name else ""]
    elif title:
        words, told = "", [line.name]
    if group not in ("unowned", "invited"):
        told.append(_detail(group, line))
    told.append(_when(group, line))
    agency = Text() if group == "unowned" else line.organization
    return WorkRow(title, words or (line.slug if not title else ""), address(group, line), _some(told), agency)


def _some(told: list[str]) -> tuple[str, ...]:
    return tuple(one for one in told if one)


def _count(line: WorkLine) -> str:
    return f"{label('owned', line.kind)}: {line.count}"


_CODES = {
    "reports": "report_state",
    "harvests": "job_status",
    "uploads": "upload_status",
    "links": "link_status",
    "overdue": "deliverable_kind",
    "due": "deliverable_kind",
}


def _detail(group: str, line: WorkLine) -> str:
    if group == "languages":
        return "; ".join(_lacking(line.detail))
    if group == "harvests" and line.detail == "stopped":
        return str(_("Stopped by itself"))
    return label(_CODES[group], line.detail) if group in _CODES and line.detail else ""


def _lacking(codes: str) -> list[str]:
    """ "title.kk description.kk description.en" in words."""
    found: dict[str, list[str]] = {}
    for code in codes.split():
        field, _point, language = code.partition(".")
        found.setdefault(field, []).append(label("language", language))
    return [
        _("%(field)s missing: %(languages)s", field=label("field", field), languages=", ".join(names))
        for field, names in found.items()
    ]


def _when(group: str, line: WorkLine) -> str:
    if line.at is None:
        return ""
    if group in ("overdue", "due"):
        return str(_("due on %(date)s", date=date(line.at)))
    if group == "embargoes":
        return str(_("opens on %(date)s", date=date(line.at)))
    return str(instant(line.at))  # type: ignore[arg-type]


def _edit(line: WorkLine, field: str = "") -> str:
    endpoint = "desk_studies.edit" if line.kind == "study" else "desk_datasets.edit"
    return url_for(endpoint, slug=line.slug, _anchor=field or None)


def _life(line: WorkLine) -> str:
    return url_for(f"desk_life.{line.kind}", slug=line.slug)


def _report(line: WorkLine) -> str:
    return url_for("desk.problems", state=line.detail, _anchor=f"report-{line.id}")


def _owed(line: WorkLine) -> str:
    return url_for("desk_studies.report", slug=line.slug, owed=line.id)


def _file(line: WorkLine) -> str:
    return url_for("desk_files.edit", slug=line.slug, resource_id=line.id)


def _harvest(line: WorkLine) -> str:
    if line.ref is not None and line.detail != "stopped":
        return url_for("desk.job", job_id=line.ref)
    return url_for("desk.source", name=line.slug)


def _invited(line: WorkLine) -> str:
    if may(actor(), Right.MANAGE_SITE):
        return url_for("desk_people.person", user_id=line.id)
    return url_for("desk_organizations.show", slug=line.slug)


_ADDRESSES: Mapping[str, Callable[[WorkLine], str]] = {
    "forms": lambda line: desk_drafts.url_of(line.draft) if line.draft else "",
    "returned": _life,
    "review": _life,
    "proposed": _life,
    "reports": _report,
    "overdue": _owed,
    "due": _owed,
    "held": lambda _line: url_for("held.index"),
    "uploads": lambda line: url_for("uploads.show", upload_id=line.id),
    "harvests": _harvest,
    "links": _file,
    "embargoes": lambda line: _edit(line) if line.kind == "study" else _file(line),
    "drafts": _life,
    "invited": _invited,
    "languages": lambda line: _edit(line, "field-" + line.detail.partition(".")[0]),
    "licenses": lambda line: _edit(line, "field-license_id"),
    "unowned": lambda _line: url_for("desk_people.hand_over_form", _anchor="unowned"),
}
"""Where each kind of work is done."""
