"""Files that would run in a browser, whatever they are called: what is served of them runs nowhere near the site."""

from __future__ import annotations

import io

import pytest

from tests.hostile.desk import Doors
from tests.web.people import HERE

HTML = b"<!doctype html><html><body onload=alert(1)><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
XHTML = b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'
GIF = b"GIF89a/*" + HTML + b"*/=1;"
PDF = b"%PDF-1.4\n" + HTML
MHTML = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n"
    + HTML
)
FILES = {
    "a.html": HTML, "a.htm": HTML, "a.xhtml": XHTML, "a.svg": SVG, "a.svgz": SVG, "a.xml": SVG, "a.txt": HTML,
    "a.pdf": HTML, "b.pdf": PDF, "a.png": HTML, "a.gif": GIF, "a.jpg": SVG, "a.mht": MHTML, "a.csv": HTML,
    "a.json": HTML, "a.js": b"alert(1)", "a.swf": b"CWS" + HTML, "a": HTML, "a.html\u202efdp.": HTML,
    'x"\r\nX-Evil: 1\r\n\r\n<script>.html': HTML,
}  # fmt: skip
RUNS = ("html", "svg", "xml", "javascript", "mhtml", "message/", "multipart/", "flash")


@pytest.mark.parametrize("name", FILES)
def test_what_runs_is_saved_or_shown_as_text(doors: Doors, name: str) -> None:
    token = {"Authorization": f"Bearer {doors.tokens['sysadmin']}"}
    client = doors.app.test_client()
    sent = {"file": (io.BytesIO(FILES[name]), name, "text/html")}
    made = client.post("/api/v1/datasets/su-balansy/resources", data=sent, headers=token)
    assert made.status_code == 201, made.text
    path = f"/dataset/su-balansy/resource/{made.json['id']}/download"
    for address in (path, f"{path}?inline=1", f"{path}/evil.html?inline=1"):
        with doors.browsers["sysadmin"].get(address) as answer:
            assert answer.status_code == 200, address
            headers, kind = answer.headers, answer.headers["Content-Type"].lower()
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "X-Evil" not in headers
            policy, shown = headers["Content-Security-Policy"], headers["Content-Disposition"].startswith("inline")
            assert policy.startswith("default-src 'none'"), policy
            assert "sandbox" in policy or kind == "application/pdf", (policy, kind)
            assert not shown or not any(one in kind for one in RUNS), (kind, headers["Content-Disposition"])


@pytest.mark.parametrize("content", [HTML, SVG, XHTML, PDF, b"", b"\x89PNG" + HTML])
def test_no_picture_is_anything_else(doors: Doors, content: bytes) -> None:
    browser = doors.browsers["sysadmin"]
    sent = {"picture": (io.BytesIO(content), "logo.png", "image/png"), "act": "picture"}
    before = len(set(doors.catalogue.files.keys()))
    answer = browser.post("/desk/organizations/su/picture", data=sent, headers=HERE)
    assert answer.status_code in (400, 413), answer.status_code
    assert len(set(doors.catalogue.files.keys())) == before
