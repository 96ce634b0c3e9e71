"""Letters to people: queued with the change that they tell of, sealed, and sent by the worker until they are through.

Where no mail server is named they are shown on the console of the worker. What a letter says stands sealed in the
queue: it may hold a link by which an account is opened.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

from sqlalchemy.orm import Session

from opendata.catalog.moments import in_words
from opendata.catalog.tables import table
from opendata.catalog.values import LANGUAGES
from opendata.services import posting
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.secrets import seal, unseal
from opendata.store.accounts import User
from opendata.store.queue import enqueue

logger = logging.getLogger(__name__)

JOB = "letter"

FIRST_WAIT, LONGEST_WAIT = dt.timedelta(seconds=20), dt.timedelta(minutes=15)
"""Between two tries while the mail server does not take the letter; the wait doubles from one to the other."""
KEPT = dt.timedelta(days=7)
"""How long a letter is tried. No link in one is good for longer."""
MOST = 300
"""Characters of a value in a letter, such as somebody's name: nobody writes half a letter by the name they took."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, in the language of its receiver: plain paragraphs, then a link on a line of its own.

    `link` is a whole address, or "" for none; `after` comes behind it.
    """

    subject: str
    lines: tuple[str, ...]
    link: str = ""
    after: tuple[str, ...] = ()


def written(catalogue: Catalogue, name: str, language: str, link: str = "", **values: object) -> Letter:
    """The letter `name` of data/letters.toml in that language. What the values hold stays within its line; a line
    that is about an empty one is left out.
    """
    said = {key: _tame(str(value)) for key, value in values.items()} | {"site": _tame(catalogue.config.site.title)}
    after = _words().get(f"{name}_after")
    behind = _filled(after[language], said) if after else ""
    return Letter(
        _words()[f"{name}_subject"][language].format(**said),
        (_filled(_words()[name][language], said),),
        link,
        (behind,) if behind else (),
    )


def _filled(text: str, said: Mapping[str, str]) -> str:
    lines = text.split("\n")
    return "\n".join(one.format(**said) for one in lines if all(said[name] for name in _names(one)))


def _names(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]


@cache
def _words() -> dict[str, dict[str, str]]:
    return table("letters")


def _tame(value: str) -> str:
    """On one line, without control characters, and no longer than a name is."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())[:MOST]


def language_of(catalogue: Catalogue, user: User | None, language: str = "") -> str:
    """In which language somebody is written to: the one that they chose, else `language`, else the site's default."""
    wanted = (user.language if user else "", language, catalogue.config.languages.default)
    return next(one for one in wanted if one in LANGUAGES)


def address(catalogue: Catalogue, path: str, language: str = "") -> str:
    """A whole address of this site for a letter. It never comes from a request: whoever asks can claim any host."""
    start = catalogue.config.site.url.rstrip("/")
    return f"{start}/{language}{path}" if language in catalogue.config.languages.enabled else f"{start}{path}"


def moment(catalogue: Catalogue, at: dt.datetime, language: str) -> str:
    """A time as letters say it: in the site's time zone, which is named."""
    return in_words(at, language, catalogue.config.site.timezone)


def send(session: Session, catalogue: Catalogue, to: User | str, letter: Letter, language: str = "") -> None:
    """Queue the letter in the session's transaction: it is sent if that is committed, and not before."""
    person = to if isinstance(to, User) else None
    receiver = to.email if isinstance(to, User) else to
    body = _body(catalogue, letter, language_of(catalogue, person, language))
    content = {"to": receiver, "subject": _tame(letter.subject), "body": body}
    _queue(
        session, catalogue, {"letter": _sealed(catalogue, content), "since": catalogue.now().isoformat(), "tries": 0}
    )


def _body(catalogue: Catalogue, letter: Letter, language: str) -> str:
    site = catalogue.config.site
    words = {"site": _tame(site.title), "email": site.contact_email}
    ending = [_words()["signature"][language].format(**words)]
    ending += [_words()["contact"][language].format(**words)] if site.contact_email else []
    paragraphs = [*letter.lines, *((letter.link,) if letter.link else ()), *letter.after]
    return "\n\n".join([*paragraphs, "\n".join(["-- ", *ending, site.url]).rstrip()]) + "\n"


def _sealed(catalogue: Catalogue, content: Mapping[str, str]) -> str:
    return seal(catalogue, content).decode("ascii")


def _queue(
    session: Session, catalogue: Catalogue, payload: Mapping[str, Any], wait: dt.timedelta | None = None
) -> None:
    now = catalogue.now()
    not_before = now + wait if wait else None
    enqueue(session, JOB, payload, now, lane=Lane.MAIL, not_before=not_before)


def work(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """Send a queued letter. While the server does not take it, it is queued again, for `KEPT` at most.

    posting.NotSent for one that can never be sent, which ends as a failed job.
    """
    content = unseal(catalogue, str(payload["letter"]).encode("ascii"))
    if not catalogue.config.mail.host:
        sys.stderr.write(f"\n=== {content['to']}\n=== {content['subject']}\n{content['body']}===\n")
        sys.stderr.flush()
        return
    try:
        posting.mail(catalogue, content["to"], content["subject"], content["body"])
    except posting.NotSent as error:
        since, tries = dt.datetime.fromisoformat(str(payload["since"])), int(payload["tries"])
        if error.final or catalogue.now() - since > KEPT:
            raise
        wait = min(FIRST_WAIT * 2 ** min(tries, 16), LONGEST_WAIT)
        logger.warning("letter not sent tries=%s reason=%s", tries + 1, error.message)
        with catalogue.sessions.write.begin() as session:
            _queue(session, catalogue, {**payload, "tries": tries + 1}, wait)
