"""Copies are found and warned of, other texts are not, and nothing that is not public is ever named or quoted."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO

import pytest

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord, TextInfo, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.errors import Invalid, NotFound
from opendata.services import indexing, similar, similar_upload
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.services.similar_results import Similarity
from opendata.store.from_records import new_dataset, new_study
from tests.conftest import Clock

WATER = (
    "Водный баланс озера Балхаш за последние десять лет определяется притоком реки Или и испарением с поверхности. ",
    "Наблюдения на семи гидрологических постах показали заметное снижение среднего уровня в летние месяцы. ",
    "Минерализация восточной части растёт быстрее западной, потому что пролив Узунарал ограничивает перемешивание. ",
    "Расчёт испарения по методу Пенмана даёт расхождение с измеренными величинами меньше десяти процентов. ",
    "Предложены правила попусков из Капчагайского водохранилища для сухих, средних и многоводных лет. ",
    "Экономическая оценка ущерба рыбному хозяйству выполнена по данным районных инспекций и опросам рыбаков. ",
)
FROST = (
    "Сезонное промерзание грунтов под дорогами северных областей измерялось термокосами на двенадцати площадках. ",
    "Пучение глинистых оснований разрушает покрытие весной, когда верхний слой оттаивает раньше нижнего. ",
    "Замена грунта щебёночной подушкой снизила неравномерность осадок на опытных участках вдвое. ",
    "Глубина промерзания зависит от высоты снежного покрова и продолжительности морозного периода. ",
)
WHEAT = (
    "Яровая пшеница в засушливой степи отзывается на сроки посева сильнее, чем на нормы высева семян. ",
    "Безотвальная обработка сохраняет влагу осенних дождей и снежного покрова до всходов. ",
    "Устойчивые к бурой ржавчине сорта дали прибавку урожая на всех опытных полях трёх районов. ",
    "Содержание клейковины снижалось при поздней уборке и внесении малых доз азотных удобрений. ",
)
SCHOOL = (
    "Сельские учителя осваивают цифровые инструменты обучения быстрее при устойчивом подключении школы. ",
    "Курсы повышения квалификации помогают мало, когда классы не имеют исправных компьютеров. ",
    "Молодые педагоги чаще делятся наработками с коллегами соседних районов через закрытые группы. ",
    "Опрос родителей выявил недоверие к электронным дневникам и просьбы о бумажных копиях. ",
)
SECRET = "Секретная лаборатория обнаружила кобальтовые конкреции возле посёлка Жанатурмыс на глубине трёхсот метров. "


def add(
    catalogue: Catalogue,
    slug: str,
    pages: Sequence[str] = (),
    *,
    title: str = "",
    about: str = "",
    disclosure: Disclosure | None = None,
    state: RecordState = RecordState.PUBLISHED,
    private: bool = False,
) -> None:
    checksum = hashlib.sha256(slug.encode()).hexdigest()
    if pages:
        catalogue.page_texts.put(checksum, READER_VERSION, pages)
    file = ResourceRecord(
        key="report",
        filename=f"{slug}.pdf",
        format="PDF",
        checksum=checksum,
        stored=True,
        text=TextInfo(TextStatus.TEXT, pages_read=len(pages), pages_total=len(pages), language="ru"),
    )
    file = replace(file, disclosure=disclosure) if disclosure else file
    record = DatasetRecord(
        title=Text.of(title or f"Отчёт {slug}", "ru"),
        slug=slug,
        description=Text.of(about, "ru"),
        resources=(file,) if pages else (),
        state=state,
        private=private,
    )
    with catalogue.sessions.write.begin() as session:
        new_dataset(session, record, catalogue.now())


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    add(catalogue, "water", ("".join(WATER[:3]), "".join(WATER[3:])), title="Водный баланс озера Балхаш")
    add(catalogue, "frost", ("".join(FROST),), title="Промерзание грунтов")
    indexing.rebuild(catalogue)
    return catalogue


def named(found: Similarity) -> list[str]:
    return [one.card.record.slug for one in (*found.same_words, *found.same_subject)]


def close(found: Similarity) -> list[str]:
    return [one.card.record.slug for one in found.close]


def said(found: Similarity) -> str:
    """All that the answer says of the catalogue's records."""
    parts = []
    for one in (*found.same_words, *found.same_subject):
        parts += [one.card.record.slug, *(piece.text for match in one.matches for piece in match.found)]
    return " ".join(parts)


def test_shortened_copy_is_close_and_says_how_much_of_each_stands_in_the_other(filled: Catalogue) -> None:
    found = similar.of_text(filled, PUBLIC, WATER[4] + WATER[1])
    assert close(found) == ["water"]
    best = found.same_words[0]
    assert best.share > 0.95
    assert 0.2 < best.reverse < 0.5


def test_passages_stand_on_both_sides_with_file_and_page(filled: Catalogue) -> None:
    found = similar.of_text(filled, PUBLIC, ("Введение.", FROST[0] + WATER[4]))
    match = next(one for one in found.same_words if one.card.record.slug == "water").matches[0]
    assert (match.given_place.page, match.found_place.page) == (2, 2)
    assert match.found_place.resource is not None
    assert match.found_place.resource.filename == "water.pdf"
    marked = ["".join(piece.text for piece in side if piece.marked) for side in (match.given, match.found)]
    assert all("Капчагайского водохранилища" in text for text in marked)


def test_a_text_on_something_else_is_not_close(filled: Catalogue) -> None:
    other = "Сельские учителя осваивают цифровые инструменты обучения быстрее, если школа подключена к сети. " * 3
    assert similar.of_text(filled, PUBLIC, other).same_words == ()


def test_the_same_subject_in_other_words_is_told_apart(filled: Catalogue) -> None:
    other = "Уровень Балхаша: приток Или, испарение, минерализация, посты, водохранилище, баланс, озеро, пролив."
    found = similar.of_text(filled, PUBLIC, other)
    assert (close(found), [one.card.record.slug for one in found.same_subject]) == ([], ["water"])
    assert "Балхаша" in found.same_subject[0].common


def test_a_title_alone_finds_its_record_without_warning(filled: Catalogue) -> None:
    found = similar.of_text(filled, PUBLIC, "Водный баланс озера Балхаш")
    assert named(found) == ["water"]
    assert close(found) == []


def test_record_with_an_abstract_alone_is_compared_too(catalogue: Catalogue) -> None:
    add(catalogue, "abstract", title="Балхаш", about="".join(WATER))
    indexing.rebuild(catalogue)
    found = similar.of_text(catalogue, PUBLIC, "".join(FROST * 3) + "".join(WATER))
    assert close(found) == ["abstract"]
    assert found.same_words[0].matches[0].found_place.resource is None


def test_study_of_the_register_is_compared_too(catalogue: Catalogue) -> None:
    with catalogue.sessions.write.begin() as session:
        given = StudyRecord(title=Text.of("Балхаш", "ru"), slug="balkhash", description=Text.of("".join(WATER), "ru"))
        new_study(session, given, catalogue.now())
    indexing.rebuild(catalogue)
    assert close(similar.of_text(catalogue, PUBLIC, "".join(WATER[:4]))) == ["balkhash"]
    assert similar.of_record(catalogue, PUBLIC, "balkhash", kind="study").same_words == ()


def test_record_is_compared_with_the_others_and_not_with_itself(filled: Catalogue) -> None:
    add(filled, "again", ("".join(WATER[1:]),), title="Озеро: новая редакция")
    indexing.rebuild(filled)
    found = similar.of_record(filled, PUBLIC, "again")
    assert (close(found), named(found).count("again")) == (["water"], 0)
    assert found.record is not None
    with pytest.raises(NotFound):
        similar.of_record(filled, PUBLIC, "nothing")


def test_form_that_all_reports_share_raises_no_warning(catalogue: Catalogue) -> None:
    form = (
        "Министерство науки утверждаю председатель правления подпись дата отчёт о научной работе по договору "
        "заключительный руководитель темы список исполнителей ответственный исполнитель старший научный сотрудник "
        "нормоконтролёр реферат отчёт содержит страниц рисунков таблиц источников приложений объект исследования "
    )
    subjects = [WATER, FROST, WHEAT, SCHOOL]
    for number, subject in enumerate(subjects):
        add(catalogue, f"report-{number}", (form, "".join(subject)))
    indexing.rebuild(catalogue)
    own = "Радиоактивные отвалы уранового рудника рекультивируют посевом многолетних трав и лесными полосами. " * 2
    assert close(similar.of_text(catalogue, PUBLIC, form + own)) == []


UNTIL = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2030, 1, 1), "закон", Text(ru="до публикации", original="ru"))
HIDDEN: dict[str, Callable[[Catalogue], None]] = {
    "withheld file": lambda c: add(c, "hidden", (SECRET * 3,), disclosure=UNTIL),
    "draft": lambda c: add(c, "hidden", (SECRET * 3,), state=RecordState.DRAFT),
    "withdrawn": lambda c: add(c, "hidden", (SECRET * 3,), state=RecordState.WITHDRAWN),
    "private": lambda c: add(c, "hidden", (SECRET * 3,), private=True),
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN.keys())
def test_nothing_that_is_not_public_shows(filled: Catalogue, hide: Callable[[Catalogue], None]) -> None:
    hide(filled)
    indexing.rebuild(filled)
    for text in (SECRET, "кобальтовые конкреции", SECRET + "".join(WATER)):
        found = similar.of_text(filled, PUBLIC, text)
        assert "hidden" not in said(found)
        assert "конкреции" not in said(found)


def test_index_that_lags_shows_nothing_of_what_was_closed(filled: Catalogue, clock: Clock) -> None:
    open_now = Disclosure(DisclosureStatus.OPEN)
    add(filled, "hidden", (SECRET * 3,), title="Прочее", disclosure=open_now)
    indexing.rebuild(filled)
    assert named(similar.of_text(filled, PUBLIC, SECRET)) == ["hidden"]
    with filled.sessions.write.begin() as session:
        row = session.query(_resource()).filter_by(filename="hidden.pdf").one()
        row.disclosure = UNTIL
    assert named(similar.of_text(filled, PUBLIC, SECRET)) == []


def _resource() -> type:
    from opendata.store.datasets import Resource

    return Resource


def test_text_without_words_is_refused(filled: Catalogue) -> None:
    for text in ("", " \n", "2024 15 и на"):
        with pytest.raises(Invalid):
            similar.of_text(filled, PUBLIC, text)


def test_end_of_a_very_long_text_is_left_out_and_said_so(filled: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "MOST_CHARACTERS", 200)
    found = similar.of_text(filled, PUBLIC, FROST[0] * 2 + "".join(WATER))
    assert found.cut
    assert close(found) == ["frost"]


def test_comparing_ends_when_its_time_is_over_and_says_so(filled: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "SECONDS", 0.0)
    monkeypatch.setattr(similar, "FIRST", 1)
    found = similar.of_text(filled, PUBLIC, "".join((*WATER, *FROST)))
    assert found.unfinished
    assert found.compared == 1


def test_the_likeliest_record_is_compared_first(filled: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "SECONDS", 0.0)
    monkeypatch.setattr(similar, "FIRST", 1)
    long_text = "".join(FROST) + "".join(WATER) * 12
    assert named(similar.of_text(filled, PUBLIC, long_text)) == ["water"]


def test_file_is_read_compared_and_forgotten(filled: Catalogue) -> None:
    before = sorted(path for path in filled.config.home.rglob("*") if path.is_file() and "sqlite" not in path.name)
    found = similar_upload.of_file(filled, PUBLIC, BytesIO("".join(WATER).encode()), "план.txt")
    after = sorted(path for path in filled.config.home.rglob("*") if path.is_file() and "sqlite" not in path.name)
    assert close(found) == ["water"]
    assert found.same_words[0].matches[0].given_place.page == 0
    assert after == before


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\nbroken", b"PK\x03\x04nothing", bytes(1000)])
def test_file_that_cannot_be_read_is_refused_with_its_reason(filled: Catalogue, content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        similar_upload.of_file(filled, PUBLIC, BytesIO(content), "plan.pdf")
    assert caught.value.problems[0].field in ("file", "text")
