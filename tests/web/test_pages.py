"""What each page shows of the records, in every language."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services.catalogue import Catalogue
from opendata.store.operations import ReportedProblem
from tests.factories import feed, filed, work
from tests.web.conftest import Shelf

LANGUAGES = ("kk", "ru", "en")


def paths(shelf: Shelf) -> tuple[str, ...]:
    """Every page of the public site."""
    file = f"/dataset/su-balansy/resource/{shelf.pdf}"
    records = ("/dataset/su-balansy", "/study/balans", "/organization/su", file, f"{file}?page=2&q=%D1%81%D1%83")
    lists = ("/", "/search", "/dataset/", "/study/?q=x&sort=title", "/organization/")
    about = ("/about", "/terms", "/privacy", "/accessibility", "/dataset/su-balansy/report", "/-/patterns")
    return (*records, *lists, *about)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_one_heading_one_main_and_its_language(client: FlaskClient, shelf: Shelf, language: str) -> None:
    for path in paths(shelf):
        answer = client.get(f"/{language}{path}")
        assert answer.status_code == 200, path
        assert answer.text.count("<h1") == 1, path
        assert answer.text.count("<main") == 1, path
        assert f'<html lang="{language}">' in answer.text
        assert client.head(f"/{language}{path}").status_code == 200


@pytest.mark.parametrize("path", ["/", "/search", "/dataset/", "/study/", "/organization/"])
def test_empty_catalogue_has_pages_too(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/dataset/none", "/study/none", "/organization/none", "/dataset/draft", "/-/x"])
def test_unknown_and_unpublished_are_the_same(client: FlaskClient, shelf: Shelf, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/dataset", "/dataset/"),
        ("/dataset/su-balansy/", "/dataset/su-balansy"),
        ("/ru/about/?x=1", "/ru/about?x=1"),
        ("/study", "/study/"),
    ],
)
def test_slash_at_the_end_is_put_right(client: FlaskClient, shelf: Shelf, path: str, place: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"] == place


def test_id_leads_to_the_slug_with_path_and_query(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/ru/dataset/{shelf.dataset_id}?a=1&b=%D1%8F")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/ru/dataset/su-balansy?a=1&b=%D1%8F")
    answer = client.get(f"/dataset/{shelf.dataset_id}/resource/{shelf.pdf}?page=2")
    assert answer.headers["Location"] == f"/dataset/su-balansy/resource/{shelf.pdf}?page=2"


def test_permanent_address_names_the_thing_and_leads_to_the_page(client: FlaskClient, shelf: Shelf) -> None:
    for record_id, place in ((shelf.dataset_id, "/dataset/su-balansy"), (shelf.study_id, "/study/balans")):
        answer = client.get(f"/id/{record_id}")
        assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert client.get(f"/id/{uuid4()}").status_code == 404
    assert client.get("/id/nothing").status_code == 404


def test_dataset_shows_verdict_files_and_citation(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/su-balansy").text
    assert "Open: CC-BY-4.0" in page
    assert "all 3 pages" in page
    assert "Су балансы – есеп.pdf" in page
    assert f"/en/dataset/su-balansy/resource/{shelf.pdf}/download/" in page
    assert "(2024). " in page
    assert "(қаралған күні: 01.06.2026)." in page


def test_file_under_embargo_says_why_and_until_when_and_has_no_link(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/su-balansy").text
    assert "Opens on 1 January 2030" in page
    assert "Заң, 5-бап" in page
    assert "Конкурс аяқталғанша" in page
    assert f"{shelf.withheld}/download" not in page
    closed = client.get(f"/en/dataset/su-balansy/resource/{shelf.withheld}")
    assert closed.status_code == 200
    assert "есептелді" not in closed.text


def test_demonstration_is_marked_on_every_page_of_it(client: FlaskClient, shelf: Shelf) -> None:
    own = ("/dataset/su-balansy", f"/dataset/su-balansy/resource/{shelf.pdf}", "/dataset/su-balansy/report")
    for path in (*own, "/", "/search", "/dataset/", "/organization/su"):
        assert "badge--demo" in client.get(path).text or "notice--warn" in client.get(path).text, path


def test_withdrawn_record_leaves_when_and_why(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/en/dataset/gone")
    assert answer.status_code == 410
    assert "Қате жарияланған" in answer.text
    assert "1 June 2026, 11:00" in answer.text
    assert client.get("/dataset/gone", headers={"Accept": "application/json"}).json == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": "The dataset 'gone' was withdrawn.",
        "code": "gone",
        "problems": [],
    }


def test_study_shows_what_is_owed(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/study/balans").text
    assert "Overdue" in page
    assert "0 of 1 deliverables deposited" in page
    assert "due 1 November 2025" in page
    assert "BR00000001" in page


def test_file_opens_at_the_first_hit(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get(f"/en/dataset/su-balansy/resource/{shelf.pdf}?q=балансы").text
    assert "Page 2 of 3" in page
    assert "<mark>балансы</mark>" in page
    assert "inline=1#page=2" in page
    assert 'lang="kk"' in page


@pytest.mark.parametrize(
    ("page", "status"), [("1", 200), ("3", 200), ("4", 404), ("0", 400), ("x", 400), ("9" * 30, 400)]
)
def test_page_of_a_file_is_checked(client: FlaskClient, shelf: Shelf, page: str, status: int) -> None:
    assert client.get(f"/dataset/su-balansy/resource/{shelf.pdf}?page={page}").status_code == status


def test_hit_leads_into_the_file(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/search?q=есептелді").text
    assert "<mark>есептелді</mark>" in page
    assert f"/en/dataset/su-balansy/resource/{shelf.pdf}?page=2&amp;q=" in page
    assert "есеп.pdf, page 2" in page


def test_path_says_the_kind_of_record(client: FlaskClient, shelf: Shelf) -> None:
    assert "/en/study/balans" not in client.get("/en/dataset/?kind=study").text
    assert "/en/dataset/su-balansy" not in client.get("/en/study/").text
    both = client.get("/en/search").text
    assert "/en/study/balans" in both
    assert "/en/dataset/su-balansy" in both


def test_filters_are_links_that_robots_leave_alone(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/?format=PDF&open=yes").text
    assert '<meta name="robots" content="noindex, follow">' in page
    assert '<a class="chip chip--on" href="/en/dataset/?open=yes" rel="nofollow">' in page
    assert '<a class="chip chip--on" href="/en/dataset/?format=PDF" rel="nofollow">' in page
    facets = page[page.index('id="filters"') : page.index("</aside>")]
    links = re.findall(r"<a [^>]*href[^>]*>", facets)
    assert [link for link in links if "nofollow" not in link] == [
        '<a class="visually-hidden filters__skip" href="#results">'
    ]


def test_words_stay_when_a_filter_is_taken_off(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/?q=%D1%81%D1%83+%26&type=report").text
    assert 'href="/en/dataset/?q=%D1%81%D1%83+%26" rel="nofollow"' in page
    assert '<input type="hidden" name="type" value="report">' in page


@pytest.mark.parametrize("query", ["sort=price", "page=0", "page=x", "year=20x", "open=maybe"])
def test_bad_parameter_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/dataset/?{query}")
    assert answer.status_code == 400
    assert f"<code>{query.partition('=')[0]}</code>" in answer.text


def test_agency_leads_to_its_records(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/organization/su").text
    assert 'href="/en/dataset/?organization=su"' in page
    assert "/en/dataset/su-balansy" in page
    assert 'href="/en/organization/su"' in client.get("/en/organization/").text


def test_home_prints_every_rate_with_its_denominator(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/").text
    assert "1 of 1 reports and datasets have an open licence" in page
    assert "1 of 1 commissioned studies owe something that is overdue" in page


def test_problem_is_reported_or_the_form_says_what_is_missing(client: FlaskClient, shelf: Shelf) -> None:
    empty = client.post("/en/dataset/su-balansy/report", data={"message": " ", "contact": "a@b.kz"})
    assert empty.status_code == 400
    assert 'aria-invalid="true"' in empty.text
    assert 'aria-describedby="hint-message error-message"' in empty.text
    assert 'value="a@b.kz"' in empty.text
    sent = client.post("/en/dataset/su-balansy/report", data={"message": "A wrong year", "contact": ""})
    assert sent.status_code == 303
    page = client.get(sent.headers["Location"])
    assert "your report has arrived" in page.text
    assert "A wrong year" in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_a_report_is_kept_with_the_address_that_may_send_so_many_a_day(
    client: FlaskClient, shelf: Shelf, filled_site: tuple[Catalogue, Shelf]
) -> None:
    said = {"message": "From afar"}
    client.post("/en/dataset/su-balansy/report", data=said, environ_overrides={"REMOTE_ADDR": "203.0.113.77"})
    with filled_site[0].sessions.read() as session:
        kept = select(ReportedProblem.address).where(ReportedProblem.message == "From afar")
        assert session.scalars(kept).all() == ["203.0.113.77"]


def test_what_fills_in_the_field_that_nobody_sees_is_thanked_and_forgotten(
    client: FlaskClient, shelf: Shelf, filled_site: tuple[Catalogue, Shelf]
) -> None:
    sent = client.post("/en/dataset/su-balansy/report", data={"message": "Buy now", "homepage": "https://a.example"})
    assert "your report has arrived" in sent.text
    with filled_site[0].sessions.read() as session:
        assert "Buy now" not in session.scalars(select(ReportedProblem.message)).all()


def test_filters_are_removed_together_and_the_words_stay(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/search?q=су&type=report&year=2019..2021&sort=title").text
    (link,) = re.findall(r'<a class="chip" href="([^"]*)"[^>]*>Remove all</a>', page)
    assert unquote(unescape(link)) == "/en/search?q=су&sort=title"


def test_a_study_is_reported_like_a_record(client: FlaskClient, shelf: Shelf) -> None:
    path = next(one for one in paths(shelf) if one.startswith("/study/"))
    assert f'href="/en{path}/report"' in client.get(f"/en{path}").text
    assert client.get(f"/en{path}/report").status_code == 200
    sent = client.post(f"/en{path}/report", data={"message": "The contract is another one"})
    assert "another one" in client.get(sent.headers["Location"]).text


def test_a_link_to_no_report_leads_nowhere(client: FlaskClient) -> None:
    for path in ("/report/x", "/report/%20", f"/report/{'a' * 500}"):
        assert client.get(path).status_code == 404, path


def test_every_link_of_a_page_leads_somewhere(client: FlaskClient, shelf: Shelf) -> None:
    for path in paths(shelf):
        for link in set(re.findall(r'(?:href|src|action)="(/[^"#]*)', client.get(f"/en{path}").text)):
            assert client.get(link.replace("&amp;", "&")).status_code < 400, (path, link)


def test_robots_may_read_records_and_reports_and_not_walk_searches(client: FlaskClient) -> None:
    rules = client.get("/robots.txt").text
    assert "Disallow: /search" in rules
    assert "Disallow: /dataset" not in rules
    assert "download" not in rules


def test_assets_that_name_their_content_are_kept_for_a_year(client: FlaskClient) -> None:
    kept = client.get("/static/css/base.css?v=1").headers["Cache-Control"]
    assert "immutable" in kept
    assert "max-age=31536000" in kept
    assert "immutable" not in client.get("/static/css/base.css").headers["Cache-Control"]


@pytest.mark.parametrize(
    ("text", "aligned"), [("Пост        Расход\nА-1             12", True), ("Просто слова", False)]
)
def test_plain_text_that_is_laid_out_with_spaces_keeps_its_columns(
    catalogue: Catalogue, client: FlaskClient, text: str, aligned: bool
) -> None:
    made = feed(catalogue).one(filed("Посты", text))
    work(catalogue)
    page = client.get(f"/ru/dataset/{made.slug}/resource/{made.resources[0].id}").text
    assert text.split()[0] in page
    assert ("reader__text--aligned" in page) is aligned


def test_a_record_of_no_agency_has_no_empty_lists_and_says_who_is_told(
    catalogue: Catalogue, client: FlaskClient
) -> None:
    made = feed(catalogue).one(filed("Безымянная", "Слова"))
    assert made.organization is None
    work(catalogue)
    for path in (f"/en/dataset/{made.slug}", "/en/", "/en/dataset/"):
        assert not re.search(r"<ul[^>]*>\s*</ul>", client.get(path).text), path
    assert "those who keep this catalogue" in client.get(f"/en/dataset/{made.slug}/report").text


def test_a_report_on_a_record_of_an_agency_goes_to_it(client: FlaskClient, shelf: Shelf) -> None:
    assert "It goes to the agency" in client.get("/en/dataset/su-balansy/report").text


def test_words_in_the_name_of_an_agency_are_marked_there_and_the_abstract_stays(
    client: FlaskClient, shelf: Shelf
) -> None:
    page = client.get("/ru/dataset/?q=агентство").text
    assert '<a href="/ru/organization/su"><span><mark>Агентство</mark> воды</span></a>' in page
    assert "Отчёт о &lt;балансе&gt;." in page
    assert "Другие сведения" not in page
