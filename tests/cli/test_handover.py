"""`opendata handover`: seen first, then done."""

from __future__ import annotations

from tests.cli.conftest import Run


def test_a_dry_run_says_what_would_go_over_and_changes_nothing(run: Run) -> None:
    run("organization", "add", "su", "--title", "Су")
    for name in ("old", "new"):
        run("user", "add", name, "--email", f"{name}@x.kz", "--organization", "su", "--role", "editor")
    done = run("handover", "old@x.kz", "new@x.kz", "--dry-run")
    assert (done.code, done.err) == (0, "Would hand over 0 records, 0 studies, 0 sources, 0 uploads.\n")
    assert run("handover", "old@x.kz", "new@x.kz", "--json").json["datasets"] == 0
    assert "Handed over" in run("handover", "old@x.kz", "new@x.kz", "--organization", "su").err


def test_a_successor_that_there_is_not_is_said(run: Run) -> None:
    run("user", "add", "old", "--email", "old@x.kz")
    done = run("handover", "old@x.kz", "nobody@x.kz")
    assert done.code == 1
    assert "nobody@x.kz" in done.err
