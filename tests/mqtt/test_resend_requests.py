"""Requests for records that a consumer misses: bounded, answered, and carried out once."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from edge.clock import iso
from edge.mqtt.request_handler import Request
from edge.mqtt.requests import Answer
from tests.guests import NOW_MS, STREAM, Office


def again(**changed: Any) -> dict[str, Any]:
    """Return a request for the records 11 to 20."""
    request = {"id": str(uuid.uuid4()), "time": iso(NOW_MS), "stream": STREAM}
    return {**request, "first": 11, "last": 20, **changed}


async def ask(office: Office, what: dict[str, Any], *, retained: bool = False) -> Answer:
    """Send *what* to the request handler; return its answer."""
    message = Request("cmd/resend", json.dumps(what).encode(), retained)
    answer = await office.desk.answer(message)
    assert answer is not None
    return answer


def test_records_are_sent_again(tmp_path: Path) -> None:
    """The answer says how many are sent and how many are not there; a repetition gets the same."""
    office, request = Office(tmp_path), again(first=81, last=100)

    async def scenario() -> None:
        answer = await ask(office, request)
        assert (answer.ok, answer.id, answer.resent, answer.missing) == (
            True, request["id"], 10, 10,
        )  # fmt: skip
        assert await ask(office, request) == answer

    asyncio.run(scenario())
    assert office.sent_again == [(81, 100)]
    office.close()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"stream": str(uuid.UUID(int=78))}, "no such stream"),
        ({"first": 21}, "malformed"),
        ({"first": 0}, "malformed"),
        ({"last": 10_011}, "malformed"),
        ({"last": 10**16}, "malformed"),
        ({"stream": "x"}, "malformed"),
        ({"more": 1}, "malformed"),
        ({"time": iso(NOW_MS - 400_000)}, "too old"),
    ],
)
def test_records_that_are_not_sent_again(
    tmp_path: Path, changed: dict[str, Any], word: str
) -> None:
    """Another stream, a range that is none, and a request that is old are refused."""
    office = Office(tmp_path)
    assert asyncio.run(ask(office, again(**changed))).word == word
    assert office.sent_again == []
    office.close()


def test_requests_in_a_row_wait(tmp_path: Path) -> None:
    """Requests that come quickly do not wear out the card: one in ten seconds is carried out."""
    office, hasty = Office(tmp_path), again()

    async def scenario() -> None:
        assert (await ask(office, again())).ok
        assert (await ask(office, hasty)).word == "too soon"
        office.clock.ms += 10_000
        assert (await ask(office, hasty)).ok
        assert (await ask(office, again(), retained=True)).word == "retained"

    asyncio.run(scenario())
    office.close()
