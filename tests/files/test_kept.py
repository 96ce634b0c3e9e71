"""Copies that stay are bounded: what was not used for longest goes, and nothing that is being read."""

from __future__ import annotations

from pathlib import Path

from opendata.files.kept import KeptCopies


def use(copies: KeptCopies, name: str, size: int = 10) -> bool:
    """Whether the copy had to be fetched."""
    fetched = []

    def fetch(path: Path) -> None:
        fetched.append(path.write_bytes(b"x" * size))

    with copies.path(name, size, fetch) as path:
        assert path.stat().st_size == size
    return bool(fetched)


def test_the_copy_that_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    copies = KeptCopies(tmp_path / "kept", most_bytes=40)
    assert all(use(copies, name) for name in "abcd")
    assert not use(copies, "a")
    assert use(copies, "e")
    assert sorted(one.name for one in (tmp_path / "kept").iterdir()) == ["a", "c", "d", "e"]
    assert use(copies, "b")


def test_one_large_file_pushes_nothing_out(tmp_path: Path) -> None:
    copies = KeptCopies(tmp_path / "kept", most_bytes=40)
    use(copies, "a")
    assert use(copies, "large", 11)
    assert use(copies, "large", 11)
    assert not use(copies, "a")


def test_a_copy_stays_readable_while_it_goes(tmp_path: Path) -> None:
    copies = KeptCopies(tmp_path / "kept", most_bytes=40)
    use(copies, "a")
    with copies.path("a", 10, lambda path: None) as path:
        copies.drop("a")
        assert path.read_bytes() == b"x" * 10
    assert use(copies, "a")
