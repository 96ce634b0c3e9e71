"""The fixed wording of a report's front matter in each language (after GOST 7.32-2017, and its Kazakh usage)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Headings and labels of title page, list of performers, abstract and contents."""

    mark: str
    udk: str
    grnti: str
    register: str
    approve: str
    day: str
    report: str
    kinds: dict[str, str]
    leader: str
    performers: str
    abstract: str
    counted: str
    contents: str
    appendix: str


WORDS = {
    "ru": Words(
        mark="Демонстрационный документ Open Data.kz: организации, лица и числа вымышлены",
        udk="УДК",
        grnti="МРНТИ",
        register="ИРН",
        approve="УТВЕРЖДАЮ",
        day="«____» __________ {year} г.",
        report="ОТЧЁТ<br/>О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ",
        kinds={"final": "(заключительный)", "interim": "(промежуточный)", "summary": "(краткое изложение)"},
        leader="Руководитель НИР",
        performers="СПИСОК ИСПОЛНИТЕЛЕЙ",
        abstract="РЕФЕРАТ",
        counted="Отчёт {pages} с., {charts} рис., {tables} табл., {sources} источн., {appendices} прил.",
        contents="СОДЕРЖАНИЕ",
        appendix="ПРИЛОЖЕНИЕ",
    ),
    "kk": Words(
        mark="Open Data.kz демонстрациялық құжаты: ұйымдар, тұлғалар және сандар ойдан шығарылған",
        udk="ӘОЖ",
        grnti="ҒТАМР",
        register="ЖТН",
        approve="БЕКІТЕМІН",
        day="{year} ж. «____» __________",
        report="ҒЫЛЫМИ-ЗЕРТТЕУ ЖҰМЫСЫ ТУРАЛЫ<br/>ЕСЕП",
        kinds={"final": "(қорытынды)", "interim": "(аралық)", "summary": "(қысқаша мазмұны)"},
        leader="ҒЗЖ жетекшісі",
        performers="ОРЫНДАУШЫЛАР ТІЗІМІ",
        abstract="РЕФЕРАТ",
        counted="Есеп {pages} б., {charts} сур., {tables} кесте, {sources} дереккөз, {appendices} қосымша.",
        contents="МАЗМҰНЫ",
        appendix="ҚОСЫМША",
    ),
    "en": Words(
        mark="Open Data.kz demonstration document: bodies, persons and figures are invented",
        udk="UDC",
        grnti="GRNTI",
        register="Register No.",
        approve="APPROVED",
        day="____ __________ {year}",
        report="RESEARCH REPORT",
        kinds={"final": "(final)", "interim": "(interim)", "summary": "(summary)"},
        leader="Head of the research",
        performers="PERFORMERS",
        abstract="ABSTRACT",
        counted="{pages} pages, {charts} figures, {tables} tables, {sources} sources, {appendices} appendices.",
        contents="CONTENTS",
        appendix="APPENDIX",
    ),
}
