"""How a site hashes passwords; all other tests hash them cheaply."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from opendata.services import passwords
from tests.quick import DEAR


def test_passwords_are_hashed_as_rfc_9106_asks_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", DEAR)
    stored = passwords.hash_password("correct horse battery")
    assert extract_parameters(stored) == RFC_9106_LOW_MEMORY
    assert passwords.matches("correct horse battery", stored)
    assert not passwords.matches("correct horse batterz", stored)
