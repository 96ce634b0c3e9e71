"""The desk: a new record that begins with its file, whose title page is then offered at the fields of the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, Problem, TooLarge
from opendata.services import dataset_forms, told_by_file
from opendata.web import inside
from opendata.web.file_contexts import Sending, sending
from opendata.web.forms.fields import Choice
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import shown
from opendata.web.sent_files import refused, sent

blueprint = inside.make_blueprint("desk_begin", __name__, "/desk/datasets/new/file")


@dataclass(frozen=True, slots=True)
class BeginContext:
    """desk/datasets/begin.html. `owners` are the agencies for which the asker may make records, `owner` that chosen."""

    sending: Sending
    owners: tuple[Choice, ...]
    owner: str = ""
    problems: tuple[Problem, ...] = ()


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def ask() -> str:
    """The form for the file."""
    return _page()


@blueprint.post("")
def begin() -> ResponseReturnValue:
    """Make a draft with it, and go on to the form of that."""
    try:
        owner = _owner()
        with sent() as (stream, filename):
            made = told_by_file.begin(the_catalogue(), actor(), owner, stream, filename)
    except (Invalid, TooLarge) as error:
        return _page(refused(error)), 413 if isinstance(error, TooLarge) else 400
    return redirect(url_for("desk_datasets.edit", slug=made.slug, done="begun"), 303)


def owners() -> Sequence[Choice]:
    """The agencies for which the asker may make records. NotAllowed where there are none."""
    found = dataset_forms.owners(the_catalogue(), actor())
    return sorted((Choice(str(id_), shown(title).value) for id_, title in found), key=lambda one: one.words)


def _owner() -> UUID:
    """The agency that was chosen, or the only one. Invalid."""
    known = [one.value for one in owners()]
    chosen = known[0] if len(known) == 1 else request.form.get("organization", "")
    if chosen not in known:
        raise Invalid("Choose the agency.", [Problem("no_organization", "Choose the agency.", "organization")])
    return UUID(chosen)


def _page(problems: tuple[Problem, ...] = ()) -> str:
    page = BeginContext(
        sending(the_catalogue().config), tuple(owners()), request.form.get("organization", ""), problems
    )
    return render_template("desk/datasets/begin.html", page=page)
