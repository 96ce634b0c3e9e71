"""Makes the one scanned page: typed lines as an image, a little crooked and grey, in a PDF without a text layer."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
_DOTS_PER_INCH = 200


def write(text: str, title: str, target: Path) -> None:
    """A one-page PDF at `target` whose page is an image of `text`, line by line."""
    width, height = (round(side / 72 * _DOTS_PER_INCH) for side in A4)
    page = Image.new("L", (width, height), 247)
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(_FONT, 38)
    for number, line in enumerate(text.splitlines()):
        pen.text((190, 170 + number * 66), line, fill=38, font=font)
    page = page.rotate(0.35, resample=Image.Resampling.BICUBIC, fillcolor=247)
    _dust(page)
    memory = io.BytesIO()
    page.quantize(8).convert("L").save(memory, "PNG", optimize=True)
    canvas = Canvas(str(target), pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setDateFormatter(lambda *_now: "D:20231201090000+05'00'")
    canvas.setAuthor("Demonstration archive")
    canvas.drawImage(ImageReader(memory), 0, 0, *A4)
    canvas.save()


def _dust(page: Image.Image) -> None:
    draw = random.Random("dust")  # noqa: S311 - specks that are the same every time
    for _ in range(420):
        page.putpixel((draw.randrange(page.width), draw.randrange(page.height)), draw.randrange(90, 200))
