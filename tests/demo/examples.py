"""Searches over the demonstration content with the page that must be found: for tests of the index and the site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchExample:
    """`query` in `language` finds the dataset `identifier`; its words stand in `resource` on `page` (from 1).

    No other page of that file holds all words of the query. `passage` is text of that page. `surface` is true where
    the words of the query stand there in the very same form, so that no analysis of word endings is needed.
    """

    query: str
    language: str
    identifier: str
    resource: str
    page: int
    passage: str
    surface: bool = True


SEARCH_EXAMPLES = (
    SearchExample(
        "глубина сезонного промерзания 2,13",
        "ru",
        "demo:frost-final",
        "report",
        3,
        "Наибольшая глубина сезонного промерзания 2,13",
    ),
    SearchExample("пеностекла толщиной 15 см", "ru", "demo:frost-final", "report", 7, "Слой пеностекла толщиной 15 см"),
    SearchExample(
        "Балқаш көлінің тұздылығы батыстан шығысқа",
        "kk",
        "demo:balkhash-interim-2022",
        "report",
        3,
        "Балқаш көлінің тұздылығы батыстан шығысқа",
    ),
    SearchExample("нерест сазана", "ru", "demo:balkhash-final", "report", 8, "нерест сазана"),
    SearchExample("carp spawning grounds", "en", "demo:balkhash-final", "summary-en", 1, "carp would lose"),
    SearchExample("бағыт паспортын жасау", "kk", "demo:school-bus-final", "report", 8, "бағыт паспортын жасау"),
    SearchExample("1 900 аялдама", "kk", "demo:school-bus-final", "report", 8, "1 900 аялдаманы жарықтандыру", False),
    SearchExample("ұшқышсыз аппаратпен", "kk", "demo:avalanche-terms", "terms", 1, "ұшқышсыз аппаратпен түсіріп"),
    SearchExample("перепроектированы три участка", "ru", "demo:frost-final", "utilisation", 1, "три участка общей"),
    SearchExample("шарового зонда", "ru", "demo:air-final", "report", 7, "по данным шарового зонда"),
    SearchExample("smokeless fuel", "en", "demo:air-final", "summary-en", 2, "Supply smokeless fuel to 6,200 homes"),
    SearchExample("прямой посев по стерне", "ru", "demo:wheat-final", "report", 6, "прямой посев по стерне"),
    SearchExample("41 құдықтың", "kk", "demo:pasture-interim-2025", "report", 6, "41 құдықтың 23-і ғана"),
    SearchExample("адыраспан", "kk", "demo:pasture-interim-2025", "report", 3, "жусанның орнын адыраспан"),
    SearchExample("церий-арсенитным методом", "ru", "demo:iodine-final", "report", 6, "церий-арсенитным методом"),
    SearchExample("каменная соль", "ru", "demo:iodine-final", "report", 7, "пользовались каменной солью", False),
    SearchExample("құпиясөз пароль", "kk", "demo:terms-final", "report", 7, "«құпиясөз» сөзін «пароль» сөзінен"),
    SearchExample("коэффициент стока 0,78", "ru", "demo:flood-final", "report", 7, "коэффициент стока достигает 0,78"),
    SearchExample("измеряли хлопушкой", "ru", "demo:groundwater-2024", "report", 6, "измеряли хлопушкой в мае"),
)
"""What the public must find, with its page."""

CLOSED_WORDS = (
    ("десятиминутный урок", "demo:teachers-final"),
    ("D0042", "demo:iodine-survey"),
    ("верха обсадной трубы", "demo:groundwater-2023"),
)
"""Words inside embargoed, withheld and withdrawn files: no public search may find that dataset by them."""

SCANNED_WORDS = ("Сусликов мало", "топырақ ылғалы жеткілікті")
"""Words of `demo:field-log-1987`, found only where its page was read by OCR."""
