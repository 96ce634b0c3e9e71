"""The form for a new source, made of what each kind of source declares about itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from opendata.errors import Conflict, Invalid, Problem
from opendata.harvesting.contract import Option, OptionType
from opendata.services import sources
from opendata.services.sources import OPTION, NewSource, SourceType
from opendata.web.contexts import Link
from opendata.web.desk_contexts import OptionField, SourceFormContext
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.rendering import shown
from opendata.web.wording import in_words

FIELDS = ("name", "title", "url", "organization", "frequency")


def empty_form() -> str:
    """The form for the kind of source that the address names, else for the first one."""
    return render_template("desk/new_source.html", page=_context(request.args))


def add_source() -> ResponseReturnValue:
    """Add the source, or show the form again as it was filled in."""
    form = request.form
    given = {key: value.strip() for key, value in form.items()}
    options = {key.removeprefix(OPTION): value for key, value in given.items() if key.startswith(OPTION) and value}
    new = NewSource(type=given.get("type", ""), options=options, **{key: given.get(key, "") for key in FIELDS})
    try:
        sources.add(the_catalogue(), actor(), new)
    except Invalid as error:
        return render_template("desk/new_source.html", page=_context(form, error.problems)), 400
    except Conflict as error:
        taken = (Problem("taken", error.message, "name"),)
        return render_template("desk/new_source.html", page=_context(form, taken)), 409
    return redirect(url_for("desk.source", name=new.name, done="added"), 303)


def _context(values: Mapping[str, str], problems: tuple[Problem, ...] = ()) -> SourceFormContext:
    owners = sources.owners(the_catalogue(), actor())
    kinds = {kind.name: kind for kind in sources.types()}
    kind = kinds.get(values.get("type", "")) or next(iter(kinds.values()))
    return SourceFormContext(
        types=tuple(_type_link(one, one is kind) for one in kinds.values()),
        type=kind.name,
        local=kind.local,
        folders=the_catalogue().config.harvest.folders,
        owners=tuple((slug, shown(title).value) for slug, title in owners),
        owner_required=not actor().sysadmin,
        frequencies=tuple((code, label("frequency", code)) for code in ("manual", *sources.FREQUENCIES)),
        options=tuple(_field(option, values) for option in kind.options),
        values=values,
        problems=in_words(problems),
    )


def _type_link(kind: SourceType, current: bool) -> Link:
    return Link(gettext(kind.title), url_for("desk.new_source", type=kind.name), current)


def _field(option: Option, values: Mapping[str, str]) -> OptionField:
    words = gettext(option.help)
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
