"""Sealed credentials: opened by this site alone."""

from __future__ import annotations

import pytest

from opendata.errors import ConfigError
from opendata.keys import FILE_NAME
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import seal, unseal

KEY = {"kind": "bearer", "value": "құпия 🔑"}


def test_what_is_sealed_is_opened_again_and_cannot_be_read_meanwhile(catalogue: Catalogue) -> None:
    first, second = seal(catalogue, KEY), seal(catalogue, KEY)
    assert unseal(catalogue, first) == unseal(catalogue, second) == KEY
    assert first != second
    assert "құпия".encode() not in first
    assert b"bearer" not in first


def test_another_key_or_a_changed_byte_opens_nothing(catalogue: Catalogue) -> None:
    sealed = seal(catalogue, KEY)
    other = b"B" if sealed[40:41] == b"A" else b"A"
    for broken in (b"", b"x", sealed[:-1], sealed[:40] + other + sealed[41:]):
        with pytest.raises(ConfigError, match="give the credentials again"):
            unseal(catalogue, broken)
    (catalogue.config.home / FILE_NAME).unlink()
    with pytest.raises(ConfigError, match=FILE_NAME):
        unseal(catalogue, sealed)
