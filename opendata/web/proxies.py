"""Believes X-Forwarded-* only from the proxies that the settings name; from anybody else they are removed."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED = "opendata.forwarded"
"""Key of the WSGI environment: True when the request carried forwarding headers, believed or not."""

_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")
_SIGNS = (*_HEADERS, "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_SSL", "HTTP_X_FORWARDED_SERVER")
"""What proxies add, too, by which a request is known not to come from this machine itself."""


class TrustedProxies:
    """WSGI middleware: the asker's address, scheme and host as the nearest trusted proxy saw them."""

    def __init__(self, app: WSGIApplication, proxies: Iterable[str]) -> None:
        self.app = app
        self.networks: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(p, strict=False) for p in proxies)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Rewrite the environment, then answer by the application."""
        environ[FORWARDED] = any(name in environ for name in _SIGNS)
        given = {name: environ.pop(name) for name in _HEADERS if name in environ}
        if given and self.trusts(environ.get("REMOTE_ADDR", "")):
            self._believe(environ, given)
        return self.app(environ, start_response)

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of the proxies; anything that is no address is not."""
        try:
            return any(ip_address(address) in network for network in self.networks)
        except ValueError:
            return False

    def _believe(self, environ: WSGIEnvironment, given: dict[str, str]) -> None:
        # Read from the right: what stands left of the first untrusted address was written by the asker.
        hops = [hop.strip() for hop in given.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        for hop in reversed(hops):
            environ["REMOTE_ADDR"] = hop
            if not self.trusts(hop):
                break
        scheme = _last(given.get("HTTP_X_FORWARDED_PROTO", ""))
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        if host := _last(given.get("HTTP_X_FORWARDED_HOST", "")):
            environ["HTTP_HOST"] = host


def _last(header: str) -> str:
    return header.rpartition(",")[2].strip()
