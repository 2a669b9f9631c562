"""The outage: each change of the reason is one line of the journal."""

import logging

import pytest

from edge.clock import Clock
from edge.mqtt.messages import document
from edge.mqtt.outage import Outage
from edge.mqtt.reasons import reason


def test_each_change_of_the_reason_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A later, other reason is news; the same one again is not; the remedy stands beside it."""
    outage = Outage("broker:1883", Clock())
    with caplog.at_level(logging.INFO, "edge.mqtt.outage"):
        for word in ("refused", "refused", "wrong-password", "wrong-password"):
            outage.note(reason(word))
        outage.over()
        outage.over()
    lines = [record.getMessage() for record in caplog.records]
    refused, wrong = reason("refused"), reason("wrong-password")
    assert lines == [
        f"no broker at broker:1883: {refused.sentence}. {refused.remedy}",
        f"no broker at broker:1883: {wrong.sentence}. {wrong.remedy}",
        "the broker at broker:1883 answers again",
    ]


def test_the_last_outage_stays_known() -> None:
    """The office reads after an outage, in health, what it was."""
    outage = Outage("broker:1883", Clock())
    outage.note(reason("banned"))
    outage.over()
    assert outage.why is None
    assert outage.last is not None
    shown = document(outage.last)
    assert shown["time"]
    assert shown == {
        "word": "banned",
        "why": "banned",
        "remedy": reason("banned").remedy,
        "time": shown["time"],
    }
