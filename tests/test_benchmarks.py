"""The benchmarks run, and measure what they say. Times are never asserted: they are the machine's."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import generate, harvest, page, passages, search, uploads
from benchmarks import help as help_
from benchmarks.load import Answers
from benchmarks.measure import Figure, median, percentile
from benchmarks.sites import filled, opened, quick
from opendata.search.query import SearchQuery
from opendata.services import discovery
from opendata.services.actors import PUBLIC


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sites of these tests are."""
    return tmp_path_factory.mktemp("benchmarks")


def test_generated_records_are_the_same_for_the_same_seed() -> None:
    assert list(generate.records(30)) == list(generate.records(30))
    assert list(generate.records(30)) != list(generate.records(30, seed=1))


def test_generated_records_are_spread_as_in_life() -> None:
    records = [generated.record for generated in generate.records(2000)]
    agencies = [record.organization.slug for record in records if record.organization]
    counts = sorted((agencies.count(slug) for slug in set(agencies)), reverse=True)
    assert counts[0] > 5 * counts[len(counts) // 2], "few agencies have most records"
    assert {language for record in records for language in record.languages} == set(generate.LANGUAGES)
    assert len({record.slug for record in records}) == len(records)


def test_every_kind_of_query_is_asked_and_some_find_much(folder: Path) -> None:
    with opened(filled(quick(folder))) as catalogue:
        found = [discovery.find(catalogue, PUBLIC, SearchQuery(q=q)).total for q in ("исследование", "нетакогослова")]
        assert catalogue.index.status().documents == quick(folder).stored
    assert found[0] > 50
    assert found[1] == 0
    assert len(search.paths(300)) == 300
    assert search.paths(50) == search.paths(50)


def test_page_needs_as_many_selects_for_one_file_as_for_fifty(folder: Path) -> None:
    with opened(filled(quick(folder))) as catalogue:
        page.add_pages(catalogue)
        counts = {page.count_selects(catalogue, page.path(files)) for files in page.FILES}
    assert len(counts) == 1
    assert max(counts) <= page.MOST_SELECTS


def test_harvest_is_measured_until_every_record_is_found(folder: Path) -> None:
    rate, *_others = harvest.run(quick(folder))
    assert rate.value > 0
    assert rate.ratio is not None
    with opened(folder / "harvested") as catalogue:
        assert catalogue.index.status().documents == quick(folder).harvested


def test_uploads_are_measured_from_the_file_until_every_row_is_found(folder: Path) -> None:
    figures = {figure.what: figure for figure in uploads.run(quick(folder))}
    assert all(figure.value > 0 for figure in figures.values())
    assert figures["upload: published and indexed"].ratio is not None
    with opened(folder / "uploaded") as catalogue:
        assert catalogue.index.status().documents == quick(folder).uploaded


def test_what_helps_to_search_is_measured_over_its_lists(folder: Path) -> None:
    figures = {figure.what: figure for figure in help_.run(quick(folder))}
    assert figures["completion: p50"].ratio is not None
    assert figures["other spellings: p50"].ratio is not None
    assert figures["records on the same subject: p95"].value > 0


def test_passages_are_timed_with_and_without_page_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENDATA_REALDATA", raising=False)
    for figure in passages.run(quick(folder)):
        assert figure.value > 0
        assert figure.ratio is not None


def test_a_benchmark_that_breaks_is_told_apart_from_one_that_is_slow(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_scale: object) -> list[Figure]:
        raise RuntimeError("no answer")

    monkeypatch.setattr(search, "run", broken)
    assert command.measured("search", quick(folder)) == 1
    assert "no answer" in capsys.readouterr().err
    monkeypatch.setattr(search, "run", lambda _scale: [Figure("slow", 9.0, "s", 3.0, "floor", aim=1.0)])
    assert command.measured("search", quick(folder)) == 0
    assert "3.00 x floor" in (shown := capsys.readouterr().out)
    assert "NOT MET" in shown


def test_aims_know_which_side_is_good() -> None:
    assert Figure("rate", 300, "/s", aim=250, more_is_better=True).aim_is_met
    assert not Figure("time", 300, "ms", aim=250).aim_is_met
    assert Figure("plain", 1, "s").aim_is_met is None
    assert Figure("plain", 1, "s").ratio is None


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile([7.0], 0.95)) == (50.0, 95.0, 7.0)
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert Answers((1.0, 3.0), 2.0).per_second == 1.0
