from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from opendata.search.analysis import models, stem_list
from opendata.search.analysis.build_seed import DATA, main, triples, words_by_language
from opendata.search.analysis.kazakh import AS_NOUN

KAZAKH = "Мектептердің жоспары. Мектептен келген мектепке барады.\nМектептер қалаларда, қалаларға және қаланың"


def test_lines_are_judged_by_their_letters() -> None:
    found = words_by_language([f"{KAZAKH}\nРешение маслихата\nThe Federal Register\n2019"])
    assert found["kk"]["мектепке"] == 1
    assert set(found["ru"]) == {"решение", "маслихата"}
    assert set(found["en"]) == {"the", "federal", "register"}


def test_triples_mark_beginnings_and_ends() -> None:
    assert set(triples({"су": 1})) == {"^су", "су$"}
    assert triples({"су": 100})["^су"] > triples({"су": 1})["^су"]


def test_files_become_data_without_their_text(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "act.txt").write_text(f"{KAZAKH}\nРешение маслихата области\nA notice of rules", "utf-8")
    into = tmp_path / "data"
    result = CliRunner().invoke(main, [str(tmp_path / "texts"), "--source", "made up", "--into", str(into)])
    assert result.exit_code == 0, result.output
    stems = (into / "stems-kk.txt").read_text("utf-8")
    assert "made up" in stems
    assert stem_list.load(stems)["мектеп"] == AS_NOUN
    assert models.load((into / "trigrams.txt").read_text("utf-8"))


def test_the_data_name_their_source_and_script() -> None:
    for path in DATA.glob("*.txt"):
        head = path.read_text("utf-8").splitlines()[:4]
        assert all(line.startswith("# ") for line in head)
        assert "Source: " in head[1]
        assert "build_seed" in head[3]
