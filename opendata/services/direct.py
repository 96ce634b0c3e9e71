"""What was typed may be the name of one record: its address, id, DOI, or the number of a study or contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID

from opendata.catalog import identifiers
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store import queries

MAX_CHARACTERS = 500
"""Of a query that may be a name; longer ones are searched."""

_ADDRESS = re.compile(r"^(?:/(?:kk|ru|en))?/(?P<kind>dataset|study|id)/(?P<name>[^/?#]+)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){2,}")
_LABEL = re.compile(
    r"^(?:ирн|irn|жтн|рег(?:истрационн\w+)?|register|registration|гос(?:ударственн\w+)?|номер\w*|нөмір\w*|number|num|no"
    r"|договор\w*|контракт\w*|шарт\w*|келісімшарт\w*|contract|agreement|grant|грант\w*)?[\s.:№#]*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"[\w/.\\-]{3,60}")
_EDGES = " \t\"'«»“”„()[].,;"


@dataclass(frozen=True, slots=True)
class Direct:
    """The record that was named: `kind` is dataset or study."""

    kind: str
    slug: str


def direct(catalogue: Catalogue, actor: Actor, q: str) -> Direct | None:
    """The one public record that `q` names and nothing else; None where it names none, or several.

    Asked of the store, so that a record that is not indexed yet is found as well.
    """
    del actor
    text = q.strip().strip(_EDGES)
    if not text or len(text) > MAX_CHARACTERS:
        return None
    return _by_address(catalogue, text) or _by_number(catalogue, text)


def _by_address(catalogue: Catalogue, text: str) -> Direct | None:
    """By an address of this site, an id, or a slug of three words or more; shorter ones are what people search for."""
    path = _own_path(catalogue, text)
    found = _ADDRESS.match(path)
    if found:
        name = unquote(found["name"])
        kinds = ("dataset", "study") if found["kind"] == "id" else (found["kind"],)
    elif _is_uuid(text) or _SLUG.fullmatch(text):
        name, kinds = text, ("dataset", "study")
    else:
        return None
    with catalogue.sessions.read() as session:
        for kind in kinds:
            if slug := queries.public_slug(session, kind, name):
                return Direct(kind, slug)
    return None


def _own_path(catalogue: Catalogue, text: str) -> str:
    """The path of an address of this site, "" for any other."""
    if text.startswith("/"):
        return text
    try:
        parts, own = urlsplit(text), urlsplit(catalogue.config.site.url).hostname
        hosts = (own, *catalogue.config.security.allowed_hosts)
        return parts.path if parts.scheme in ("http", "https") and parts.hostname in hosts else ""
    except ValueError:
        return ""


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _by_number(catalogue: Catalogue, text: str) -> Direct | None:
    numbers, named = _numbers(text)
    with catalogue.sessions.read() as session:
        studies = queries.studies_numbered(session, numbers) if numbers else []
        if studies:
            return Direct("study", studies[0]) if len(studies) == 1 else None
        datasets = queries.datasets_named(session, numbers, named) if numbers or named else []
    return Direct("dataset", datasets[0]) if len(datasets) == 1 else None


def _numbers(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Spellings of the number that `text` is, and (scheme, value) of the identifier that it is; empty for neither."""
    if doi := _whole_doi(text):
        return (), (("doi", doi),)
    for scheme, read in (("handle", identifiers.handle), ("isbn", identifiers.isbn), ("issn", identifiers.issn)):
        if " " not in text and (value := read(text)):
            return (), ((scheme, value),)
    bare = _LABEL.sub("", text)
    # "рег. номер № …" has several such words.
    bare = _LABEL.sub("", bare).strip(_EDGES)
    known = identifiers.register_number(bare) or identifiers.registration_number(bare)
    if known and len(known) == len(re.sub(r"[\W_]", "", bare)):
        return identifiers.in_both_scripts(known), ()
    if not _NUMBER.fullmatch(bare) or not any(map(str.isdigit, bare)) or _YEAR.fullmatch(bare):
        return (), ()
    numbers = tuple(dict.fromkeys((bare, bare.upper(), bare.lower(), *identifiers.in_both_scripts(bare))))
    return numbers, tuple(("contract_number", number) for number in numbers)


def _whole_doi(text: str) -> str:
    """The DOI that `text` is, in any spelling; "" where it is more, or none."""
    if re.search(r"\s", re.sub(r"^doi:?\s*", "", text, flags=re.IGNORECASE)):
        return ""
    return identifiers.doi(text) if re.match(r"(?:https?://|doi|dx\.|www\.|info:|urn:|10\.)", text, re.I) else ""
