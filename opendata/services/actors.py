"""Who asks: a person with roles, a token, the public, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from opendata.store.states import Role

__all__ = ["PUBLIC", "SYSTEM", "Actor", "Role"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`roles` maps organisation ids, those below included, to the strongest role held there."""

    user_id: UUID | None = None
    name: str = ""
    email: str = ""
    sysadmin: bool = False
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    token_id: UUID | None = None
    system: bool = False
    must_change_password: bool = False
    """Signed in by a password that somebody else knows: everything waits until it is changed."""
    address: str = ""
    """The network address that the request came from; the audit keeps it for a while."""
    scopes: frozenset[str] = frozenset()
    """What a token is good for, of services.rights.SCOPES; empty: for all that its owner may."""
    must_set_second_factor: bool = False
    """The settings want a second factor of it, and it has none: everything waits until it is set up."""
    reviewed: frozenset[UUID] = frozenset()
    """Those of its organisations that want review before anything becomes public, themselves or by one above them."""

    limited_to: UUID | None = None
    """The one organisation, with those below it, that a token is good for; None: for all that its owner reaches."""

    @property
    def held_back(self) -> bool:
        """Whether something must be done before anything else is open."""
        return self.must_change_password or self.must_set_second_factor

    @property
    def signed_in(self) -> bool:
        """Whether anybody is known behind it."""
        return self.user_id is not None or self.system


PUBLIC = Actor()
"""Nobody in particular."""

SYSTEM = Actor(name="system", system=True, sysadmin=True)
"""The worker and the operator at the command line."""
