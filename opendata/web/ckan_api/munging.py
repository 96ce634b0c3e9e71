"""Names as they can be taken, made of what somebody typed: where CKAN leaves out what is not Latin, it is written in
Latin letters here.
"""

from __future__ import annotations

import re

from opendata.catalog.slugs import slug
from opendata.services.naming import LONGEST, SHORTEST

_NAME = re.compile(rf"[a-z0-9_-]{{{SHORTEST},{LONGEST}}}")


def name_of(text: str) -> str:
    """The name of a dataset: `text` itself where it is one."""
    return text if _NAME.fullmatch(text) else slug(text, LONGEST).ljust(SHORTEST, "_")


def tag_of(text: str) -> str:
    """A keyword in small letters of any alphabet, digits and hyphens, of 2 to 100 characters."""
    kept = re.sub(r"[^\w -]|_", "", text[: LONGEST * 10].lower()).strip()
    return kept.replace(" ", "-")[:LONGEST].ljust(SHORTEST, "_")
