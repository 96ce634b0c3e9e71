"""Which language a page is in: the path says it (/kk, /ru, /en); else the cookie, the browser, the site's default.

The prefix is taken off before Flask routes and put into SCRIPT_NAME: every `url_for` keeps it, no route knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from babel.support import Translations
from flask import Flask, Response, current_app, has_request_context, request
from flask_babel import Babel
from markupsafe import Markup

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600
LANGUAGE = "opendata.language"
"""Key of the WSGI environment: the language that the path names; absent without a prefix."""
NEGOTIATED = "opendata.negotiated"
"""Key of the WSGI environment: the language that the browser and the settings agree on, once it is known."""
ROOT = "opendata.root"
"""Key of the WSGI environment: SCRIPT_NAME without the language."""

NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
"""Each language in its own words."""
SHORT_NAMES = {"kk": "ҚАЗ", "ru": "РУС", "en": "ENG"}
"""The same where there is little room."""

REMEMBERED = 8192
"""Messages of templates that are kept as they are shown, in all languages together."""

UNPREFIXED = ("/static/", "/api/", "/oai", "/id/", "/healthz", "/readyz", "/robots.txt", "/sitemap", "/favicon.ico")
"""What machines read has one address; below a language prefix it is unknown."""
FOR_PEOPLE = ("/api/docs",)
"""Pages among those addresses that people read."""


class LanguagePrefix:
    """WSGI middleware: takes /kk, /ru or /en off the path and remembers it in the environment."""

    def __init__(self, app: WSGIApplication, languages: Iterable[str]) -> None:
        self.app = app
        self.languages = frozenset(languages)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer /kk by a redirect to /kk/, anything else by the application."""
        path, root = environ.get("PATH_INFO", ""), environ.get("SCRIPT_NAME", "")
        environ[ROOT] = root
        first, slash, rest = path.removeprefix("/").partition("/")
        if not path.startswith("/") or first not in self.languages:
            return self.app(environ, start_response)
        if not slash:
            query = environ.get("QUERY_STRING", "")
            location = f"{root}/{first}/" + (f"?{query}" if query else "")
            return Response(status=301, headers={"Location": location})(environ, start_response)
        if f"/{rest}" in FOR_PEOPLE or not f"/{rest}".startswith(UNPREFIXED):
            environ.update({LANGUAGE: first, "SCRIPT_NAME": f"{root}/{first}", "PATH_INFO": f"/{rest}"})
        return self.app(environ, start_response)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page in another language: `url` below this site, `code` for lang and hreflang."""

    code: str
    name: str
    short: str
    url: str
    current: bool


def offered() -> tuple[str, ...]:
    """The languages of the interface, in the order of the switch."""
    languages: Sequence[str] = current_app.config["LANGUAGES"]
    return tuple(languages)


def page_language() -> str:
    """The language of this answer; the site's default outside a request."""
    if not has_request_context():
        return str(current_app.config["DEFAULT_LANGUAGE"])
    if named := request.environ.get(LANGUAGE):
        return str(named)
    remembered = request.cookies.get(COOKIE, "")
    if remembered in offered():
        return remembered
    # Asked for every message of a page, so what the browser prefers is worked out once.
    negotiated: str | None = request.environ.get(NEGOTIATED)
    if negotiated is None:
        negotiated = request.environ[NEGOTIATED] = _accepted() or str(current_app.config["DEFAULT_LANGUAGE"])
    return negotiated


def _accepted() -> str:
    """The language that the browser likes best of ours: en-GB is English, whatever comes after it. "" for none."""
    for tag, quality in request.accept_languages:
        primary = tag.partition("-")[0].lower()
        if quality > 0 and primary in offered():
            return primary
    return ""


def unprefixed_root() -> str:
    """What stands before a path that carries no language: "" unless the site lives below a folder."""
    return str(request.environ.get(ROOT, request.script_root))


def in_this_language(url: str) -> str:
    """A path of `url_for` with the language of this answer fixed in it: for those who come back without a cookie."""
    return f"{unprefixed_root()}/{page_language()}{url.removeprefix(request.script_root)}"


def switch_links() -> tuple[LanguageLink, ...]:
    """This page under each language's prefix, with the same query."""
    query = request.query_string.decode("ascii", "ignore")
    tail = quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    root, here = unprefixed_root(), page_language()
    return tuple(
        LanguageLink(code, NAMES[code], SHORT_NAMES[code], f"{root}/{code}{tail}", code == here) for code in offered()
    )


def mark_language(response: Response) -> Response:
    """Say which language it is and what that depends on; a page that names its language is remembered."""
    if response.mimetype != "text/html":
        return response
    response.content_language.add(page_language())
    response.vary.add("Cookie")
    named = request.environ.get(LANGUAGE)
    if named is None:
        response.vary.add("Accept-Language")
    elif request.cookies.get(COOKIE) != named:
        response.set_cookie(
            COOKIE,
            str(named),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=bool(current_app.config["SECURE"]),
            path=unprefixed_root() or "/",
        )
    return response


def _read_messages_once(app: Flask, folder: str, languages: Iterable[str]) -> None:
    """Templates look messages up in these, and escape those without variables once: Flask-Babel finds its catalogue
    anew for each message, and Jinja goes through three calls for it. As in Jinja's new style, every message is a format
    string, and all our templates are HTML.
    """
    catalogues = {language: Translations.load(folder, [language]) for language in languages}

    def formatted(words: str, variables: Mapping[str, Any]) -> Markup:
        return Markup(words) % variables  # noqa: S704 - the words are ours, the variables are escaped

    @lru_cache(maxsize=REMEMBERED)
    def plain(language: str, message: str) -> Markup:
        return formatted(catalogues[language].ugettext(message), {})

    def gettext(message: str, **variables: Any) -> Markup:
        language = page_language()
        if not variables:
            return plain(language, message)
        return formatted(catalogues[language].ugettext(message), variables)

    def ngettext(one: str, many: str, count: int, **variables: Any) -> Markup:
        found = catalogues[page_language()].ungettext(one, many, count)
        return formatted(found, {"num": count, **variables})

    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]
    app.jinja_env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext)


def install(app: Flask, *, languages: Sequence[str], default: str, timezone: str, translations: str) -> None:
    """Give `app` its languages; `translations` is the folder of the message catalogues."""
    app.config.update(LANGUAGES=tuple(languages), DEFAULT_LANGUAGE=default)
    Babel(
        app,
        default_locale="en",
        default_timezone=timezone,
        default_translation_directories=translations,
        locale_selector=page_language,
    )
    _read_messages_once(app, translations, languages)
    app.after_request(mark_language)
    app.wsgi_app = LanguagePrefix(app.wsgi_app, languages)  # type: ignore[method-assign]
