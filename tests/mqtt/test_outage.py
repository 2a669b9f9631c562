"""The outage: its last reason stays known when it is over."""

from edge.clock import Clock
from edge.mqtt.messages import document
from edge.mqtt.outage import Outage
from edge.mqtt.reasons import reason


def test_the_last_outage_stays_known() -> None:
    """The office reads after an outage, in health, what it was."""
    outage = Outage(Clock())
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
