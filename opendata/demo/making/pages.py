"""Sets a report as PDF after GOST 7.32-2017: title page, performers, abstract, contents, body, appendix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.tableofcontents import TableOfContents

from opendata.demo.making.markup import Block, Chart, Document, Grid, Line
from opendata.demo.making.words import WORDS, Words

_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_BODY, _BOLD = "DejaVuSerifCondensed", "DejaVuSerifCondensed-Bold"
_WIDTH = A4[0] - 45 * mm - 12  # margins of GOST 7.32-2017 §6.1.1 (30 and 15 mm), 6 points inside the frame each side


def _style(name: str, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, **{"fontName": _BODY, "fontSize": 11, "leading": 16.5, **more})


_PLAIN = _style("plain", alignment=TA_JUSTIFY, firstLineIndent=12.5 * mm, spaceAfter=3)
_ITEM = _style("item", alignment=TA_JUSTIFY, leftIndent=18 * mm, bulletIndent=12.5 * mm, spaceAfter=2)
_PART = _style("part", fontName=_BOLD, alignment=TA_CENTER, spaceAfter=12)
_CHAPTER = _style("chapter", fontName=_BOLD, fontSize=12, leftIndent=12.5 * mm, spaceBefore=14, spaceAfter=8)
_SECTION = _style("section", fontName=_BOLD, leftIndent=12.5 * mm, spaceBefore=8, spaceAfter=5)
_CAPTION = _style("caption", fontSize=10, leading=13, spaceBefore=8, spaceAfter=4)
_FIGURE = _style("figure", fontSize=10, leading=13, alignment=TA_CENTER, spaceBefore=4, spaceAfter=10)
_CELL = _style("cell", fontSize=9, leading=11.5)
_HEAD = _style("head", fontSize=9, leading=11.5, fontName=_BOLD, alignment=TA_CENTER)
_MIDDLE = _style("middle", alignment=TA_CENTER)
_TITLE = _style("title", fontName=_BOLD, fontSize=13, leading=19, alignment=TA_CENTER)


class _Report(SimpleDocTemplate):  # type: ignore[misc]  # reportlab has no types
    """Notes headings for the contents as they are set."""

    def afterFlowable(self, flowable: object) -> None:  # noqa: N802 - the name is reportlab's
        if isinstance(flowable, Paragraph) and flowable.style.name in ("part", "chapter", "section"):
            level = 1 if flowable.style.name == "section" else 0
            text = flowable.getPlainText()
            self.notify("TOCEntry", (level, text, self.page))


def write(document: Document, target: Path) -> None:
    """Set `document` at `target`. The abstract's "{pages}" is known only after a first setting."""
    for name in (_BODY, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    pages = _set(document, target, 0)
    _set(document, target, pages)


def _set(document: Document, target: Path, pages: int) -> int:
    head, words = document.head, WORDS[document.head["language"]]
    report = _Report(
        str(target),
        pagesize=A4,
        leftMargin=30 * mm,
        rightMargin=15 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=head["title"],
        author=head["performer"],
        subject=words.kinds[head["kind"]].strip("()"),
        keywords=head.get("keywords", ""),
        creator="Open Data.kz demo",
        lang=head["language"],
        invariant=1,
    )
    stamp = head["date"].replace("-", "")
    story = _front(document, words, pages)
    for block in document.blocks:
        story += _flowables(block)
    last = 0

    def later(canvas: Canvas, _document: object) -> None:
        nonlocal last
        last = canvas.getPageNumber()
        _mark(canvas, words)
        canvas.setFont(_BODY, 10)
        canvas.drawCentredString(A4[0] / 2, 11 * mm, str(last))

    def first(canvas: Canvas, _document: object) -> None:
        canvas.setDateFormatter(lambda *_now: f"D:{stamp}090000+05'00'")
        _mark(canvas, words)

    report.multiBuild(story, onFirstPage=first, onLaterPages=later)
    return last


def _mark(canvas: Canvas, words: Words) -> None:
    """The line at the head of every page that says that all is invented."""
    canvas.setFont(_BODY, 7.5)
    canvas.setFillColor(colors.Color(0.35, 0.35, 0.35))
    canvas.drawCentredString(A4[0] / 2, A4[1] - 11 * mm, words.mark)
    canvas.setFillColor(colors.black)


def _front(document: Document, words: Words, pages: int) -> list[Any]:
    story = _title_page(document.head, words)
    if document.head["kind"] == "summary":
        return story
    rows = [
        [Paragraph(cell.strip(), _CELL) for cell in line.split(",", 1)] for line in document.head["team"].split("¶")
    ]
    team = Table(rows, colWidths=[_WIDTH * 0.45, _WIDTH * 0.55], style=[("BOTTOMPADDING", (0, 0), (-1, -1), 9)])
    sources = sum(isinstance(b, Line) and b.kind == "-" and b.text[:1] == "[" for b in document.blocks)
    appendices = sum(isinstance(b, Line) and b.kind == "=" and words.appendix in b.text for b in document.blocks)
    counted = words.counted.format(
        pages=pages, charts=document.count(Chart), tables=document.count(Grid), sources=sources, appendices=appendices
    )
    contents = TableOfContents(dotsMinLevel=0)
    contents.levelStyles = [_style("toc0"), _style("toc1", leftIndent=8 * mm)]
    return [
        *story,
        Paragraph(words.performers, _MIDDLE),
        Spacer(1, 8 * mm),
        team,
        PageBreak(),
        Paragraph(words.abstract, _MIDDLE),
        Spacer(1, 5 * mm),
        Paragraph(counted, _PLAIN),
        Paragraph(document.head["keywords"].upper(), _PLAIN),
        *(Paragraph(text.strip(), _PLAIN) for text in document.head["abstract"].split("¶")),
        PageBreak(),
        Paragraph(words.contents, _MIDDLE),
        Spacer(1, 5 * mm),
        contents,
    ]


def _title_page(head: dict[str, str], words: Words) -> list[Any]:
    approve = [f"{words.approve}", head["approver"], "______________", words.day.format(year=head["year"])]
    numbers = [f"{words.udk} {head['udk']}", f"{words.grnti} {head['grnti']}", f"{words.register} {head['register']}"]
    left, right = ("<br/>".join(lines) for lines in (numbers, approve))
    cells = [[Paragraph(left, _style("left")), Paragraph(right, _style("right"))]]
    leader = [[Paragraph(words.leader, _style("l")), Paragraph(f"__________ {head['leader']}", _style("r"))]]
    columns = [_WIDTH * 0.55, _WIDTH * 0.45]
    return [
        Paragraph(head["organization"], _MIDDLE),
        Spacer(1, 3 * mm),
        Paragraph(head["performer"], _MIDDLE),
        Spacer(1, 14 * mm),
        Table(cells, colWidths=columns, style=[("VALIGN", (0, 0), (-1, -1), "TOP")]),
        Spacer(1, 24 * mm),
        Paragraph(words.report, _MIDDLE),
        Spacer(1, 8 * mm),
        Paragraph(head["title"], _TITLE),
        Spacer(1, 5 * mm),
        Paragraph(words.kinds[head["kind"]], _MIDDLE),
        Spacer(1, 36 * mm),
        Table(leader, colWidths=columns),
        Spacer(1, 48 * mm),
        Paragraph(f"{head['city']} {head['year']}", _MIDDLE),
        PageBreak(),
    ]


def _flowables(block: Block) -> list[Any]:
    if isinstance(block, Grid):
        return [Paragraph(block.caption, _CAPTION), _grid(block), Spacer(1, 4 * mm)]
    if isinstance(block, Chart):
        return [KeepTogether([_chart(block), Paragraph(block.caption, _FIGURE)])]
    if block.kind in ("=", "#"):  # GOST 7.32-2017 §6.2.1: parts and chapters begin on a new page
        return [PageBreak(), Paragraph(block.text, _PART if block.kind == "=" else _CHAPTER)]
    if block.kind == "-":
        return [Paragraph(block.text, _ITEM, bulletText="" if block.text[:1] == "[" else "–")]
    return [Paragraph(block.text, _SECTION if block.kind == "##" else _PLAIN)]


def _grid(block: Grid) -> Table:
    header, *rows = block.rows
    cells = [[Paragraph(cell, _HEAD) for cell in header]]
    cells += [[Paragraph(cell, _CELL) for cell in row] for row in rows]
    lines = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
    lines.add("TOPPADDING", (0, 0), (-1, -1), 2)
    lines.add("BOTTOMPADDING", (0, 0), (-1, -1), 3)
    return Table(cells, colWidths=[_WIDTH / len(header)] * len(header), repeatRows=1, style=lines)


def _chart(block: Chart) -> Drawing:
    drawing = Drawing(_WIDTH, 62 * mm)
    chart = VerticalBarChart() if block.shape == "bars" else HorizontalLineChart()
    chart.x, chart.y, chart.width, chart.height = 14 * mm, 10 * mm, _WIDTH - 20 * mm, 44 * mm
    chart.data = [[value for _, value in block.points]]
    chart.categoryAxis.categoryNames = [label for label, _ in block.points]
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = _BODY, 7.5
    chart.valueAxis.visibleGrid, chart.valueAxis.gridStrokeColor = 1, colors.Color(0.85, 0.85, 0.85)
    chart.valueAxis.labelTextFormat = lambda value: f"{value:g}".replace(".", ",")
    if block.shape == "bars":
        chart.bars[0].fillColor, chart.bars[0].strokeColor = colors.Color(0.17, 0.42, 0.55), None
        chart.valueAxis.valueMin = 0
    else:
        chart.lines[0].strokeColor, chart.lines[0].strokeWidth = colors.Color(0.17, 0.42, 0.55), 1.6
    drawing.add(chart)
    drawing.add(String(2 * mm, 57 * mm, block.unit, fontName=_BODY, fontSize=7.5))
    return drawing
