"""A web site of pages that describe themselves, with its robots.txt and sitemaps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.local import Asked, LocalServer, Reply, serve


@dataclass
class Site:
    """`pages` by path: HTML as text, or a whole Reply. `{site}` in texts stands for the site's own address.

    Without `sitemap` every page is listed; `lastmod` gives days of change by path.
    """

    pages: dict[str, str | Reply] = field(default_factory=dict)
    lastmod: dict[str, str] = field(default_factory=dict)
    robots: str = "User-agent: *\nAllow: /\n"
    sitemaps: Mapping[str, str | bytes] | None = None


@contextmanager
def site_server(site: Site) -> Iterator[LocalServer]:
    """The site until the end of the block; it may be changed meanwhile."""
    with serve(lambda asked: _answer(site, asked, server.url)) as server:
        yield server


def page(*blocks: Any, head: str = "", body: str = "<p>text</p>", lang: str = "") -> str:
    """A page with JSON-LD; a block that is text stands as it is."""
    written = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in blocks)
    scripts = "".join(f'<script type="application/ld+json">{one}</script>' for one in written)
    return f'<!DOCTYPE html><html lang="{lang}"><head><title>t</title>{scripts}{head}</head><body>{body}</body></html>'


def tags(*pairs: tuple[str, str]) -> str:
    """Meta tags."""
    return "".join(f'<meta name="{name}" content="{value}">' for name, value in pairs)


def dataset(number: int, **changes: Any) -> dict[str, Any]:
    """A Dataset with its usual properties."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": f"Набор данных {number}",
        "description": "Описание набора.",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "distribution": [{"@type": "DataDownload", "contentUrl": f"/files/{number}.csv", "encodingFormat": "text/csv"}],
        **changes,
    }


def urlset(urls: Mapping[str, str]) -> str:
    """A sitemap of addresses with their lastmod ("" for none)."""
    entries = "".join(
        f"<url><loc>{url}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for url, day in urls.items()
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def _answer(site: Site, asked: Asked, url: str) -> Reply:
    if asked.path == "/robots.txt":
        return Reply(site.robots.replace("{site}", url).encode())
    sitemaps = site.sitemaps
    if sitemaps is None:
        sitemaps = {"/sitemap.xml": urlset({url + path: site.lastmod.get(path, "") for path in site.pages})}
    if asked.path in sitemaps:
        content = sitemaps[asked.path]
        whole = content.replace("{site}", url).encode() if isinstance(content, str) else content
        return Reply(whole, media_type="application/xml")
    held = site.pages.get(asked.path)
    if held is None:
        return Reply(b"nothing here", 404)
    if isinstance(held, Reply):
        return held
    return Reply(held.replace("{site}", url).encode(), media_type="text/html; charset=utf-8")
