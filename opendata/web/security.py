"""What protects a reader: headers on every answer, hosts we answer to, and who may send a form."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, current_app, request

from opendata.errors import Invalid, NotAllowed
from opendata.web.identity import session_cookie, session_secret

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), interest-cohort=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
STRICT_TRANSPORT = "max-age=31536000"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def add_headers(response: Response) -> Response:
    """Put the headers on, leaving those that a view has set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store" if session_secret() else "no-cache")
    if current_app.config["SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
    return response


def relative_location(response: Response) -> Response:
    """Make a redirect within the site relative: routing builds it from the Host header, which is nobody's word."""
    location = response.headers.get("Location", "")
    if location.startswith(request.host_url):
        response.headers["Location"] = "/" + location.removeprefix(request.host_url)
    return response


def host_name(netloc: str) -> str:
    """The name without port, lower case; an IPv6 address keeps its brackets."""
    head, bracket, _ = netloc.lower().partition("]")
    return head + bracket if bracket else head.partition(":")[0]


def check_host() -> None:
    """Refuse a Host header that the settings do not name."""
    allowed: frozenset[str] = current_app.config["ALLOWED_HOSTS"]
    if host_name(request.headers.get("Host", "")) not in allowed and "*" not in allowed:
        raise Invalid("This host name is not among [security] allowed_hosts.")


def check_address() -> None:
    """Refuse a URL that is not UTF-8 or holds NUL bytes: no store and no file system takes them."""
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")
    query = unquote_to_bytes(request.environ.get("QUERY_STRING", "").encode("latin-1", "replace"))
    for part in (path, query):
        if b"\0" in part:
            raise Invalid("The address holds a NUL byte.")
        try:
            part.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid("The address is not UTF-8.") from error


def check_form_origin() -> None:
    """Refuse a change that another site's page sent. Programs send no Origin; they carry a token and no cookie."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        trusted = site in ("same-origin", "none")
    elif origin is not None:
        trusted = origin in (request.host_url.rstrip("/"), _origin(current_app.config["SITE_URL"]))
    else:
        trusted = session_cookie() not in request.cookies
    if not trusted:
        raise NotAllowed("The form was sent from another site's page. Open the page here and send it again.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def install(app: Flask, *, site_url: str, allowed_hosts: Iterable[str]) -> None:
    """Put the checks in front of every view and the headers on every answer. No allowed hosts: the site's own."""
    own = {urlsplit(site_url).netloc, "localhost", "127.0.0.1", "[::1]"}
    names = {host_name(name) for name in tuple(allowed_hosts) or own}
    app.config.update(
        SITE_URL=site_url.rstrip("/"),
        SECURE=site_url.startswith("https://"),
        ALLOWED_HOSTS=frozenset(names - {""}),
    )
    for check in (check_host, check_address, check_form_origin):
        app.before_request(check)
    app.after_request(add_headers)
    app.after_request(relative_location)
