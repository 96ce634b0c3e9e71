"""Agencies at the desk: their tree, one with its people, the form that makes and changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import emails, images, invitations, memberships, organization_desk, organizations_writing
from opendata.services.actors import Role
from opendata.services.memberships import Inherited, Member
from opendata.services.organization_desk import Agency, AgencyLine
from opendata.services.organizations_writing import OrganizationChange
from opendata.services.rights import Right, demand_over, may
from opendata.web import inside
from opendata.web.dataset_values import text_pairs
from opendata.web.forms import sheet
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice, Field, Form, Kind, Section
from opendata.web.forms.merging import Merged, without_base
from opendata.web.forms.sheet import Sheet, SheetView
from opendata.web.forms.typed import Typed
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import shown
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk_organizations", __name__, "/desk/organizations")

FORM = Form((
    Section("about", _l("What it is"), (
        Field("title", _l("Title"), Kind.TEXT, _l("In every language in which it has one."), limit=500, required=True),
        Field("description", _l("What it does"), Kind.TEXTS),
        Field(
            "slug", _l("Address"), Kind.LINE,
            _l("The last part of its address here: a-z, 0-9 and hyphens. A former address leads here for ever."),
            limit=100, required=True,
        ),
        Field("parent", _l("Above it"), Kind.CHOICE, _l("Roles held there hold here too."), empty=_l("None")),
        Field("homepage", _l("Web site"), Kind.URL, limit=2000),
        Field("email", _l("E-mail"), Kind.EMAIL, _l("Shown to everybody."), limit=320),
    )),
    Section("work", _l("How it works"), (
        Field(
            "review", _l("A reviewer looks before anything becomes public"), Kind.FLAG,
            _l("Holds for the agencies below it too. Editors send records in; a reviewer accepts or returns them."),
        ),
    )),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class TreeContext:
    """desk/organizations.html."""

    agencies: tuple[AgencyLine, ...]
    may_add: bool
    done: str = ""


@dataclass(frozen=True, slots=True)
class AgencyContext:
    """desk/organization.html. `link` is that of an invitation which must be handed over, shown this once; `leaving` is
    who would be taken away though nobody else administers the agency; `waiting` are the e-mails of those who were
    invited and did not come yet, by account.
    """

    agency: Agency
    members: tuple[Member, ...]
    inherited: tuple[Inherited, ...]
    roles: tuple[Role, ...] = tuple(Role)
    done: str = ""
    link: str = ""
    email: str = ""
    name: str = ""
    role: str = ""
    leaving: str = ""
    leaving_role: str = ""
    waiting: Mapping[UUID, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class FormContext:
    """desk/organization_form.html. `agency` None: a new one."""

    sheet: SheetView
    agency: Agency | None
    back: str


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The tree."""
    found = organization_desk.tree(the_catalogue(), actor())
    page = TreeContext(found, may(actor(), Right.EDIT_ORGANIZATION), request.args.get("done", ""))
    return render_template("desk/organizations.html", page=page)


@blueprint.get("/<slug>")
def show(slug: str) -> str:
    """One agency with its people."""
    return _page(slug, done=request.args.get("done", ""))


@blueprint.post("/<slug>/close")
def close(slug: str) -> ResponseReturnValue:
    """Close it: it is shown nowhere, its name stays taken. Only without records, sources and agencies below."""
    try:
        organizations_writing.delete(the_catalogue(), actor(), slug)
    except Conflict:
        return _page(slug, problems=in_words([Problem("organization_in_use", "It is in use.")])), 409
    return redirect(url_for("desk_organizations.index", done="agency_closed"), 303)


@blueprint.post("/<slug>/reopen")
def reopen(slug: str) -> ResponseReturnValue:
    """Open it again."""
    organizations_writing.update(the_catalogue(), actor(), slug, OrganizationChange(state="active"))
    return _at(slug, "agency_reopened")


@blueprint.post("/<slug>/picture")
def picture(slug: str) -> ResponseReturnValue:
    """Keep the picture that was sent, or take away the one there is."""
    sent = request.files.get("picture")
    try:
        if sent is None or not sent.filename:
            organizations_writing.update(the_catalogue(), actor(), slug, OrganizationChange(image_url=""))
            return _at(slug, "agency_saved")
        with images.kept(the_catalogue(), actor(), sent.stream, "picture") as path:  # type: ignore[arg-type]
            organizations_writing.update(the_catalogue(), actor(), slug, OrganizationChange(image_url=path))
    except Invalid as error:
        return _page(slug, problems=in_words([replace(one, code="picture") for one in error.problems])), 400
    return _at(slug, "agency_saved")


@blueprint.post("/<slug>/members")
def give(slug: str) -> ResponseReturnValue:
    """Give somebody who has an account a role, or another one; "" takes it away."""
    user, given = request.form.get("user", ""), request.form.get("role", "")
    if given and given not in list(Role):
        raise Invalid(f"role is {given[:40]!r}; allowed are {', '.join(Role)}.")
    weaker = given != Role.ADMIN and not request.form.get("sure")
    if weaker and memberships.is_last_admin(the_catalogue(), actor(), slug, user):
        return _page(slug, leaving=user, leaving_role=given), 409
    if given:
        memberships.give_role(the_catalogue(), actor(), slug, user, Role(given))
    else:
        memberships.take_role(the_catalogue(), actor(), slug, user)
    return _at(slug, "role_given" if given else "role_taken")


@blueprint.post("/<slug>/invite")
def invite(slug: str) -> ResponseReturnValue:
    """Give whoever has that e-mail the role, by a letter with a link where there is no account yet."""
    given = {name: request.form.get(name, "").strip() for name in ("email", "name", "role")}
    if given["role"] not in list(Role):
        raise Invalid(f"role is {given['role'][:40]!r}; allowed are {', '.join(Role)}.")
    role = Role(given["role"])
    waiting = {email: user_id for user_id, email in _waiting(slug).items()}.get(emails.folded(given["email"]))
    try:
        memberships.give_role(the_catalogue(), actor(), slug, given["email"], role)
    except NotFound:
        pass  # there is no such account yet
    else:
        if waiting is None:
            return _at(slug, "role_given")
        return _invited(slug, invitations.renew(the_catalogue(), actor(), waiting).link)
    try:
        whom = given["email"], given["name"], slug, role
        made = invitations.invite(the_catalogue(), actor(), *whom, page_language())
    except Invalid as error:
        problems = [replace(one, code="invitation_email", field="email") for one in error.problems]
        return _page(slug, **given, problems=in_words(problems)), 400
    return _invited(slug, made.link)


def _invited(slug: str, link: str) -> ResponseReturnValue:
    return _page(slug, link=link) if link else _at(slug, "invited")


def _waiting(slug: str) -> dict[UUID, str]:
    return {one.user_id: one.email for one in invitations.pending(the_catalogue(), actor(), slug)}


def _at(slug: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("desk_organizations.show", slug=slug, done=done), 303)


def _page(slug: str, **given: object) -> str:
    agency = organization_desk.one(the_catalogue(), actor(), slug)
    members: tuple[Member, ...] = ()
    above: tuple[Inherited, ...] = ()
    if agency.may_manage:
        members = memberships.listed(the_catalogue(), actor(), agency.line.slug)
        above = memberships.inherited(the_catalogue(), actor(), agency.line.slug)
        given["waiting"] = _waiting(agency.line.slug)
    page = AgencyContext(agency, members, above, **given)  # type: ignore[arg-type]
    return render_template("desk/organization.html", page=page)


@sheet.page(blueprint, "/new", "new", "create")
def _new() -> Sheet:
    found = organization_desk.parents(the_catalogue(), actor())

    def made(answers: Answers, version: str) -> str:
        del version
        change = _change(answers)
        if not change.parent and not may(actor(), Right.MANAGE_SITE):
            answers.say("agency_top", "parent", "Choose the agency above it.")
        _writing(answers, lambda: organizations_writing.create(the_catalogue(), actor(), change))
        return url_for("desk_organizations.show", slug=change.slug, done="agency_saved")

    back, above = url_for("desk_organizations.index"), request.args.get("above", "")
    only = found[0][0] if len(found) == 1 and not may(actor(), Right.MANAGE_SITE) else above
    return Sheet(
        form=FORM,
        kind="organization",
        here=url_for("desk_organizations.new"),
        save=made,
        page=lambda view: render_template("desk/organization_form.html", page=FormContext(view, None, back)),
        stored=Typed((("parent", only),)),
        offered={"parent": _choices(found)},
    )


@sheet.page(blueprint, "/<slug>/edit", "edit", "save")
def _known(slug: str) -> Sheet:
    agency = organization_desk.one(the_catalogue(), actor(), slug)
    demand_over(actor(), Right.EDIT_ORGANIZATION, agency.line.id)
    found = organization_desk.parents(the_catalogue(), actor(), agency.line.id)
    if agency.parent and agency.parent not in {slug for slug, _ in found}:
        found = (*found, (agency.parent, agency.parent_title))
    key = str(agency.line.id)

    def saved(answers: Answers, version: str) -> str:
        change = _change(answers, agency)
        _writing(answers, lambda: organization_desk.rewrite(the_catalogue(), actor(), key, change, version))
        return url_for("desk_organizations.show", slug=change.slug, done="agency_saved")

    back = url_for("desk_organizations.show", slug=agency.line.slug)
    return Sheet(
        form=FORM,
        kind="organization",
        here=url_for("desk_organizations.edit", slug=agency.line.slug),
        save=saved,
        page=lambda view: render_template("desk/organization_form.html", page=FormContext(view, agency, back)),
        stored=_typed(agency),
        object_id=agency.line.id,
        version=agency.version,
        organization_id=agency.line.id,
        offered={"parent": _choices(found)},
        merge=lambda answers, _version: _merged(key, answers),
    )


def _merged(key: str, answers: Answers) -> Merged:
    """What was typed beside what somebody else has written meanwhile. Nobody keeps what stood before."""
    agency = organization_desk.one(the_catalogue(), actor(), key)
    return without_base(FORM, answers.typed, _typed(agency), agency.version)


def _choices(found: Sequence[tuple[str, Text]]) -> list[Choice]:
    return sorted((Choice(slug, shown(title).value) for slug, title in found), key=lambda one: one.words)


def _typed(agency: Agency) -> Typed:
    """The agency as the form shows it."""
    line = agency.line
    plain = (("slug", line.slug), ("parent", agency.parent), ("homepage", agency.homepage), ("email", agency.email))
    texts = (*text_pairs("title", line.title), *text_pairs("description", agency.description))
    return Typed((*texts, *plain, ("review", "yes" if line.review else "")))


def _change(answers: Answers, before: Agency | None = None) -> OrganizationChange:
    """What was typed. Which language is the original stays as it was."""
    return OrganizationChange(
        slug=answers.line("slug"),
        title=answers.text("title", before.line.title if before else None),
        description=answers.text("description", before.description if before else None),
        homepage=answers.line("homepage"),
        email=answers.line("email"),
        parent=answers.line("parent"),
        review=answers.flag("review"),
    )


def _writing(answers: Answers, write: Callable[[], object]) -> None:
    """Write it; what is wrong with the name is told at the address."""
    answers.refuse()
    try:
        write()
    except Invalid as error:
        raise Invalid(error.message, [_placed(one) for one in error.problems]) from error


def _placed(problem: Problem) -> Problem:
    """What services say of a name is about the address here."""
    if problem.field == "name":
        return replace(problem, field="slug", code="agency_taken" if problem.code == "taken" else "agency_name")
    return replace(problem, code="agency_parent") if problem.field == "parent" else problem
