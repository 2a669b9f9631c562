"""Link alarms: each change of a reason is one line of the journal; a spell is two records."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from edge.clock import Clock
from edge.mqtt.link_alarms import TOPIC, LinkAlarms
from edge.mqtt.reasons import reason
from edge.sop.events import DeviceFailed, DeviceRestored, Event
from tests.uplinks import AT

Shown = list[tuple[str, dict[str, Any] | None]]


def run(act: Callable[[LinkAlarms], None]) -> tuple[list[Event], Shown]:
    """Run *act* with link alarms; return the events posted, and the values of the live alarm."""
    events: list[Event] = []
    shown: Shown = []

    async def scenario() -> None:
        post = lambda make: events.append(make(AT))  # noqa: E731
        act(LinkAlarms("broker:1883", post, Clock(), lambda *value: shown.append(value)))

    asyncio.run(scenario())
    return events, shown


def test_each_change_of_the_reason_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A later, other reason is news; the same one again is not; the remedy stands beside it."""

    def act(alarms: LinkAlarms) -> None:
        for word in ("refused", "refused", "wrong-password", "wrong-password"):
            why = reason(word)
            alarms.begin("connection", why.sentence, why.remedy)
        alarms.end("connection")
        alarms.end("connection")

    with caplog.at_level(logging.INFO, "edge.mqtt.link_alarms"):
        events, shown = run(act)
    lines = [record.getMessage() for record in caplog.records]
    refused, wrong = reason("refused"), reason("wrong-password")
    assert lines == [
        f"no broker at broker:1883: {refused.sentence}. {refused.remedy}",
        f"no broker at broker:1883: {wrong.sentence}. {wrong.remedy}",
        "no broker at broker:1883: over",
    ]
    assert events == [
        DeviceFailed(AT, "broker", refused.sentence, times=1, remedy=refused.remedy),
        DeviceRestored(AT, "broker", times=1),
    ]
    assert shown == []


def test_a_device_works_again_when_no_trouble_of_it_stands() -> None:
    """Without a subscriber the broker is not well, although the connection is back."""

    def act(alarms: LinkAlarms) -> None:
        alarms.begin("connection", "connection lost")
        alarms.begin("subscriber", "no subscriber for event/visit")
        alarms.end("connection")
        alarms.end("subscriber")

    events, shown = run(act)
    assert [type(event) for event in events] == [DeviceFailed, DeviceFailed, DeviceRestored]
    topics, values = zip(*shown, strict=True)
    assert set(topics) == {TOPIC}
    assert [value and value["detail"] for value in values] == [
        "no subscriber for event/visit",
        None,
    ]


def test_a_packet_left_out_is_a_device_of_its_own() -> None:
    """Its record names it, and does not hide that the broker works."""

    def act(alarms: LinkAlarms) -> None:
        alarms.begin("meta", "connections end on meta: it is left out")
        alarms.end("connection")
        alarms.end("meta")

    events, _ = run(act)
    assert [event.device for event in events if isinstance(event, DeviceFailed)] == ["broker/meta"]
    assert DeviceRestored(AT, "broker") in events
    assert DeviceRestored(AT, "broker/meta", times=1) in events
