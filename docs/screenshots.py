"""Writes docs/screenshot.png, which README shows: a running site with the demonstration content.

    python docs/screenshots.py http://127.0.0.1:5000

Needs the `test` extra, which brings Playwright and Pillow, and Chromium on the PATH.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "screenshot.png"
SIZE = {"width": 1280, "height": 800}
PAGE = "/kk/search?q=балкаш колинин туздылыгы"
COLOURS = 128
"""Enough for flat colours and their edges; a third of the bytes of true colour."""


def shoot(site: str, page_path: str) -> bytes:
    """What a visitor sees first at that page, as PNG."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--headless"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", locale="kk-KZ")
        page.goto(site.rstrip("/") + page_path, wait_until="networkidle")
        picture = page.screenshot()
        browser.close()
    return picture


def optimised(picture: bytes) -> bytes:
    """The same picture in few colours."""
    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    target = io.BytesIO()
    small.save(target, "PNG", optimize=True)
    return target.getvalue()


def main() -> None:
    """Take the picture and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", help="address of a running site, such as http://127.0.0.1:5000")
    parser.add_argument("--page", default=PAGE, help="path of the page to show")
    arguments = parser.parse_args()
    TARGET.write_bytes(optimised(shoot(arguments.site, arguments.page)))


if __name__ == "__main__":
    main()
