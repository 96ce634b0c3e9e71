"""The OpenAPI document holds what it says: requests made from it, right and wrong ones, find nothing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.web.api.conftest import Api

RULES = ("409", "412", "422")
"""What rules of the catalogue refuse that no schema can say: an agency that there is not, a name that is taken."""

REFUSED = ("400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428", "429", "5xx")
"""What a request gets that is not as the document says; 412 where it speaks another version of the tus protocol."""

SECONDS = int(os.environ.get("OPENDATA_TEST_SCHEMATHESIS_SECONDS", "6"))
"""How long each run goes on; what it finds does not depend on the machine, only how far it comes."""

ANSWERED = ("2xx", "3xx", "401", "403", "404", "429", *RULES)
TUS = {
    "positive_data_acceptance": {"expected-statuses": ["400", *ANSWERED]},
    "missing_required_header": {"expected-statuses": ["400", "401", "403", "412"]},
    "negative_data_rejection": {"enabled": False},
    "unsupported_method": {"enabled": False},
}
"""That protocol answers 400 for what no schema says of its headers: one of two must be there, keys are given once; and
412 where its version is not named. Headers that it does not know are passed over, as HTTP asks; and who
gets what is only sent there asks for an upload of that name, of which there is none."""

TEMPLATE = {
    "generation": {"max-examples": 3, "deterministic": True, "allow-x00": False},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": [*ANSWERED]},
        "negative_data_rejection": {"expected-statuses": [*REFUSED]},
    },
    "operations": [{"include-path-regex": "/uploads/files", "checks": TUS}],
    "phases": {"stateful": {"enabled": False}, "fuzzing": {"generation": {"max-examples": 3}}},
}


PIECES = "application/offset+octet-stream"


@schemathesis.serializer(PIECES)
def pieces(_context: Any, value: Any) -> Any:
    """Bytes of a file as the tus protocol sends them."""
    return value if isinstance(value, bytes) else str(value).encode()


schemathesis.openapi.media_type(PIECES, st.binary(max_size=50))


def found(api: Api, who: str, **only: Any) -> Iterator[str]:
    """What a run in the name of `who` finds, as text; `only` narrows it to some operations."""
    config = SchemathesisConfig.from_dict({**TEMPLATE, "seed": 1, "max-time": SECONDS})
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app, config=config)
    if only:
        schema = schema.include(**only)
    if who:
        # Over WSGI this check breaks where headers are set; test_contract asks everything without a token.
        schema.config.checks.ignored_auth.enabled = False
        schema.config.update(headers={"Authorization": f"Bearer {api.tokens[who]}"})
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield from _failures(event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event.info if isinstance(event, events.NonFatalError) else event.exception)


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                answer = event.recorder.interactions[case].response
                said = f"{answer.status_code} {answer.text[:300]}" if answer is not None else ""
                what = f"{event.label}: {check.name}: {failure.title}: {failure.message}"
                yield f"{what}\n{check.failure_info.code_sample}\n{said}"


@pytest.mark.parametrize("who", ["", "sysadmin"])
def test_nothing_is_found(api: Api, who: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problems = list(dict.fromkeys(found(api, who)))
    assert not problems, f"{len(problems)}:\n" + "\n\n".join(one[:1500] for one in problems)
