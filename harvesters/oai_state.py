"""Where a walk through a repository stands: what is still to be listed, and how far the present part has come.

A listing is a list of spans of time, at first one. Where a token is lost or a page cannot be read, the span goes on
from its last datestamp, or is divided, so that what cannot be read gets smaller and smaller.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field

from harvesters.oai_repository import Identity, moment

MAX_SPANS = 200


@dataclass(frozen=True, slots=True)
class Span:
    """Datestamps from `start` to `end`, both included, as the repository writes them; "" is open."""

    start: str = ""
    end: str = ""


@dataclass
class State:
    """What a Position holds. `last` is the greatest datestamp of the present span; `different` counts records,
    `pages` those that brought a new one and were whole.
    """

    prefix: str = ""
    token: str = ""
    spans: list[Span] = field(default_factory=list)
    last: str = ""
    ordered: bool = True
    different: int = 0
    declared: int = -1
    clock: str = ""
    parted: bool = False
    damage: list[str] = field(default_factory=list)
    pages: int = 0

    def dump(self) -> str:
        """As text for a Position."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, position: str | None) -> State | None:
        """The state in a Position; None for none, and for one that another harvester left."""
        try:
            said = json.loads(position or "null")
            spans = [Span(str(one["start"]), str(one["end"])) for one in said.pop("spans")]
            state = cls(spans=spans, **said)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        right = all(isinstance(getattr(state, name), str) for name in ("prefix", "token", "last", "clock"))
        numbers = all(type(getattr(state, name)) is int for name in ("different", "declared", "pages"))
        return state if right and numbers and spans and isinstance(state.damage, list) else None

    def note(self, stamp: str) -> None:
        """A record with this datestamp came: whether the listing goes by datestamps shows by and by."""
        if stamp < self.last:
            self.ordered = False
        self.last = max(self.last, stamp)

    def holds(self, stamp: str) -> bool:
        """Whether a record with this datestamp belongs to the present span, by whole days."""
        span = self.spans[0]
        return span.start[:10] <= stamp[:10] <= (span.end[:10] or "9999")

    def finish(self) -> None:
        """The present span is listed to its end."""
        self.spans.pop(0)
        self._begin()

    def unite(self) -> None:
        """Make one span of all that is still to be listed."""
        self.spans = [Span(self.spans[0].start, self.spans[-1].end)]
        self._begin()

    def restart(self) -> bool:
        """Go on from the last datestamp, where the listing goes by them and has come further; False if it cannot."""
        span = self.spans[0]
        if not (self.ordered and self.last > span.start):
            return False
        self.spans[0] = Span(self.last, span.end)
        self._begin()
        return True

    def divide(self, identity: Identity) -> bool:
        """Divide the present span in the middle; False where it cannot be divided."""
        span = self.spans[0]
        first = moment(span.start) or identity.earliest
        final = moment(span.end) or identity.clock or first
        if final - first < 2 * identity.step or len(self.spans) > MAX_SPANS:
            return False
        middle = moment(identity.stamp(first + (final - first) / 2)) or first
        after = middle + identity.step
        self.spans[:1] = [Span(span.start, identity.stamp(middle)), Span(identity.stamp(after), span.end)]
        self.parted = True
        self._begin()
        return True

    def _begin(self) -> None:
        self.token, self.last, self.ordered = "", "", True


def first_state(prefix: str, identity: Identity, since: dt.datetime | None) -> State:
    """The whole listing, or what changed since; never from before the repository's oldest record."""
    start = identity.stamp(max(since, identity.earliest)) if since is not None else ""
    clock = identity.clock.isoformat() if identity.clock else ""
    return State(prefix=prefix, spans=[Span(start)], clock=clock)
