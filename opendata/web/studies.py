"""The page of a commissioned study."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template

from opendata.services import register, related
from opendata.web.helping import alike_links
from opendata.web.identity import actor, count, the_catalogue
from opendata.web.records import study_context

blueprint = Blueprint("studies", __name__, url_prefix="/study")


@blueprint.get("/<slug>")
def page(slug: str) -> str:
    """A study with its contracts, what they owe, and what has been deposited."""
    found = register.page(the_catalogue(), actor(), slug)
    count("view", found.record.id)
    alike = alike_links(related.records_like(the_catalogue(), found.record))
    return render_template("studies/page.html", page=replace(study_context(found), alike=alike))
