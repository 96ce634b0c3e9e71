"""A browser that tells what ran on a page, and what would have run there without the policy of the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

WATCH = """
window.ran = [];
window.alert = window.confirm = window.prompt = (words) => { window.ran.push(`dialog ${words}`); };
document.addEventListener("securitypolicyviolation", (event) =>
  window.ran.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
"""Notes what ran, and what would have run without the policy."""
RAN = """() => [...window.ran, ...[...document.querySelectorAll("x-evil, [onerror], [onload], [onfocus]")]
  .map((one) => one.tagName)]"""


@dataclass
class Watcher:
    """A page of a browser that is looked at; in its frames too."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def look(self, path: str) -> list[str]:
        """What ran, or would have, when the page was opened."""
        self.errors.clear()
        self.page.goto(path, wait_until="load")
        return self.ran()

    def ran(self) -> list[str]:
        """What ran, or would have, since it was opened."""
        told = [*self.errors, *(one for frame in self.page.frames for one in frame.evaluate(RAN))]
        return [f"{self.page.url}: {one}" for one in told]


@contextmanager
def watching(browser: Browser, url: str, session: str = "") -> Iterator[Watcher]:
    """A watcher of the site at `url`, signed in by that session."""
    context = browser.new_context(base_url=url, reduced_motion="reduce")
    context.route(re.compile(r"\.(css|woff2|svg|png)(\?|$)"), lambda route: route.abort())
    context.add_init_script(WATCH)
    if session:
        context.add_cookies([{"name": "session", "value": session, "url": url}])
    watcher = Watcher(context.new_page())
    watcher.page.on("pageerror", lambda error: watcher.errors.append(str(error)))
    yield watcher
    context.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The site on loopback, by a thread of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(WSGIRequestHandler):
    def log(self, *args: object) -> None:
        """Nothing."""
