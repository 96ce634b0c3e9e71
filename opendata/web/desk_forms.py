"""The form for a source, new or known, made of what its kind declares about itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.errors import Conflict, Invalid, Problem
from opendata.harvesting.contract import Option, OptionType
from opendata.services import schedule, sources
from opendata.services.source_rules import BUCKET, KINDS, OPTION, PATH, PRIORITY, GivenCredentials, NewSource
from opendata.services.sources import Changes, SourceType
from opendata.web.contexts import Link
from opendata.web.desk_contexts import OptionField, SourceFormContext
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.rendering import shown
from opendata.web.wording import in_words

CRON = "cron"
"""The choice of the form that stands for a cron line, which is typed beside it."""
KEEP, NONE = "keep", ""
"""What may be chosen for credentials beside their kinds: those that are there already, and none."""
WRONG = -1
"""Stands for what is no number; it is outside of all bounds, and is refused with the same words."""
NUMBERS = ("priority", "grace_days", "full_days")


def empty_form() -> str:
    """The form for the kind of source that the address names, else for the first one."""
    return _page(request.args)


def add_source() -> ResponseReturnValue:
    """Add the source, or show the form again as it was filled in."""
    given = _given()
    try:
        new = NewSource(name=given.get("name", ""), type=given.get("type", ""), **_fields(given))
        sources.add(the_catalogue(), actor(), new)
    except Invalid as error:
        return _page(given, error.problems), 400
    except Conflict as error:
        return _page(given, (Problem("taken", error.message, "name"),)), 409
    return redirect(url_for("desk.source", name=new.name, done="added"), 303)


def edit_form(name: str) -> str:
    """The form for a source that there is, filled in with everything but its credentials."""
    known, has_credentials = sources.form(the_catalogue(), actor(), name)
    return _page(_values(known), known=known, has_credentials=has_credentials)


def revise_source(name: str) -> ResponseReturnValue:
    """Change the source, or show the form again as it was filled in."""
    known, has_credentials = sources.form(the_catalogue(), actor(), name)
    given = {**_given(), "type": known.type}
    changes = _fields(given)
    if given.get("credentials", NONE) == KEEP:
        del changes["credentials"]
    try:
        revised = sources.revise(the_catalogue(), actor(), name, changes)
    except Invalid as error:
        return _page(given, error.problems, known=known, has_credentials=has_credentials), 400
    return redirect(url_for("desk.source", name=name, done="dropped" if revised.dropped else "revised"), 303)


def _given() -> dict[str, str]:
    return {key: value.strip() for key, value in request.form.items()}


def _fields(given: Mapping[str, str]) -> Changes:
    """What the form says, as the service takes it. An empty number stands for what the site's settings say."""
    frequency = given.get("frequency", "")
    share = given.get("withdraw_share", "")
    priority = _whole(given.get("priority", ""))
    return Changes(
        title=given.get("title", ""),
        url=given.get("url", ""),
        organization=given.get("organization", ""),
        frequency=given.get("cron", "") or CRON if frequency == CRON else frequency,
        options={key.removeprefix(OPTION): value for key, value in given.items() if key.startswith(OPTION) and value},
        priority=PRIORITY if priority is None else priority,
        withdraw_share=_percent(share) if share else None,
        grace_days=_whole(given.get("grace_days", "")),
        full_days=_whole(given.get("full_days", "")),
        credentials=_credentials(given),
    )


def _credentials(given: Mapping[str, str]) -> GivenCredentials | None:
    kind = given.get("credentials", NONE)
    if kind in (NONE, KEEP):
        return None
    return GivenCredentials(kind, given.get("credential_name", ""), given.get("credential_value", ""))


def _whole(text: str) -> int | None:
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else WRONG


def _percent(text: str) -> float:
    try:
        return float(text.removesuffix("%").replace(",", ".").strip()) / 100
    except ValueError:
        return WRONG


def _values(known: NewSource) -> dict[str, str]:
    """The source as the form holds it."""
    timed = known.frequency in ("", schedule.MANUAL) or known.frequency in schedule.INTERVALS
    share = known.withdraw_share
    return {
        **{f"{OPTION}{key}": value for key, value in known.options.items()},
        **{key: "" if getattr(known, key) is None else str(getattr(known, key)) for key in NUMBERS},
        "type": known.type,
        "name": known.name,
        "title": known.title,
        "url": known.url,
        "organization": known.organization,
        "frequency": (known.frequency or schedule.MANUAL) if timed else CRON,
        "cron": "" if timed else known.frequency,
        "withdraw_share": "" if share is None else f"{share * 100:g}",
    }


def _page(
    values: Mapping[str, str],
    problems: tuple[Problem, ...] = (),
    *,
    known: NewSource | None = None,
    has_credentials: bool = False,
) -> str:
    kinds = {kind.name: kind for kind in sources.types()}
    kind = kinds.get(values.get("type", "")) or next(iter(kinds.values()))
    settings = the_catalogue().config.harvest
    page = SourceFormContext(
        name=known.name if known else "",
        heading=known.title if known else "",
        types=() if known else tuple(_type_link(one, one is kind) for one in kinds.values()),
        type=kind.name,
        type_title=_(kind.title),
        path=PATH in kind.addresses,
        bucket=BUCKET in kind.addresses,
        web="https://" in kind.addresses,
        folders=settings.folders,
        owners=tuple((slug, shown(title).value) for slug, title in sources.owners(the_catalogue(), actor())),
        owner_required=not actor().sysadmin,
        frequencies=tuple((code, label("frequency", code)) for code in (schedule.MANUAL, *schedule.INTERVALS, CRON)),
        timezone=the_catalogue().config.site.timezone,
        options=tuple(_field(option, values) for option in kind.options),
        credentials=_credential_kinds(kind, has_credentials=has_credentials),
        has_credentials=has_credentials,
        defaults={
            "withdraw_share": f"{settings.withdraw_share * 100:g}",
            "grace_days": str(settings.grace_days),
            "full_days": str(settings.full_days),
        },
        values={key: value for key, value in values.items() if key != "credential_value"},
        problems=in_words(problems),
    )
    return render_template("desk/source_form.html", page=page)


def _credential_kinds(kind: SourceType, *, has_credentials: bool) -> tuple[tuple[str, str], ...]:
    fitting = [one for one in KINDS if (BUCKET in kind.addresses if one == "s3" else "https://" in kind.addresses)]
    kept = [(KEEP, _("Keep those that are there"))] if has_credentials else []
    return (*kept, (NONE, _("None")), *((one, label("credentials", one)) for one in fitting))


def _type_link(kind: SourceType, current: bool) -> Link:
    return Link(_(kind.title), url_for("desk.new_source", type=kind.name), current)


def _field(option: Option, values: Mapping[str, str]) -> OptionField:
    words = _(option.help)
    name = f"{OPTION}{option.name}"
    bounded = option.type is OptionType.INTEGER
    choices = ("true", "false") if option.type is OptionType.BOOLEAN else option.choices
    return OptionField(
        name=name,
        words=words.removesuffix("."),
        language="en" if words == option.help else page_language(),
        kind=option.type.value,
        value=values.get(name, option.default),
        choices=tuple((code, label("truth", code)) for code in choices),
        bounds=f"{option.minimum}–{option.maximum}" if bounded else "",
    )
