"""`opendata upload`: a template, a check, a publication, the failing rows, and taking it back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_upload_from_check_to_undo(run: Run, tmp_path: Path) -> None:
    run("organization", "add", "msh", "--title", "Agency")
    table, failed = tmp_path / "table.csv", tmp_path / "failed.xlsx"
    table.write_bytes("Идентификатор;Название;Тип\nA-1;Вода;Отчёт\nA-2;=Почва;Отчётт\n".encode("cp1251"))
    checked = run("upload", str(table), "--organization", "msh", "--dry-run", "--json")
    assert checked.code == 1
    assert checked.json["counts"]["created"] == 1
    assert checked.json["id"] is None
    assert "50000 filled rows" in checked.err
    done = run("upload", str(table), "--organization", "msh", "--json", "--failed", str(failed))
    assert done.json["problems"][0]["cell"] == "C3"
    assert done.json["problems"][0]["message"] == "«Отчётт» нет в списке"
    assert failed.exists()
    undone = run("upload", "--undo", done.json["id"], "--json")
    assert (undone.code, undone.json) == (0, {"withdrawn": 1, "reverted": 0})
    assert run("upload", "--undo", done.json["id"]).code == 1


def test_problems_as_csv_hold_no_formulas(run: Run, tmp_path: Path) -> None:
    run("organization", "add", "msh", "--title", "Agency")
    table = tmp_path / "table.csv"
    table.write_text("Идентификатор;Название;Тип\nA-1;Вода;=cmd|' /C calc'!A0\n", "utf-8")
    done = run("upload", str(table), "--organization", "msh", "--dry-run", "--csv")
    assert ",'=cmd|" in done.out


def test_template_is_written_in_the_asked_language(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    assert run("upload", "--template", str(path), "--language", "kk").code == 0
    assert "Сәйкестендіргіш" in path.read_text("utf-8-sig")


def test_wrong_usage_is_told(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a", "utf-8")
    assert run("upload").code == 2
    assert run("upload", str(table)).code == 2
    assert run("upload", "--template", str(tmp_path / "x.pdf")).code == 2


def test_what_is_sent_in_for_review_is_accepted_or_returned(run: Run, tmp_path: Path) -> None:
    run("organization", "add", "msh", "--title", "Agency")
    table = tmp_path / "table.csv"
    table.write_text("Идентификатор;Название\nA-1;Вода\n", "utf-8")
    sent = run("upload", str(table), "--organization", "msh", "--review", "--json").json["id"]
    assert run("upload", "--return", sent).code == 1  # without the reasons
    returned = run("upload", "--return", sent, "--message", "Which?", "--json")
    assert (returned.code, returned.json) == (0, {"decided": 1, "left": 0})
    table.write_text("Идентификатор;Название\nA-1;Вода Арала\n", "utf-8")
    again = run("upload", str(table), "--organization", "msh", "--review", "--json").json["id"]
    assert run("upload", "--accept", again, "--json").json == {"decided": 1, "left": 0}
    assert run("upload", "--accept", again).code == 1
