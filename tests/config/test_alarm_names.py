"""The names of alarms: every alarm that a checkpoint can raise has one in both languages."""

import re
from pathlib import Path

import pytest

from edge.config.alarm_names import alarm_name

DOCS = Path(__file__).parents[2] / "docs/mqtt.md"


def documented() -> list[str]:
    """Return the alarms of the table in docs/mqtt.md, each with a number or a name behind it."""
    table = DOCS.read_text(encoding="utf-8").partition("| alarm (")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    ids = [id_ for row in rows for id_ in re.findall(r"`([a-zA-Z-]+)`", row)]
    return [id_.replace("-NAME", "-pintu").replace("-N", "-3") for id_ in ids]


@pytest.mark.parametrize("alarm", documented())
def test_every_alarm_has_a_name(alarm: str) -> None:
    """A screen or a report never shows an id in place of words."""
    assert alarm not in alarm_name(alarm)
    assert all(alarm_name(alarm))


def test_the_table_was_read() -> None:
    """The test above is about many alarms, also those of one locker or door."""
    assert {"fire", "locker-forced-3", "door-held-pintu", "card-slow"} <= set(documented())
    assert alarm_name("locker-forced-3") == ("Loker 3 dibuka paksa", "Locker 3 forced open")


def test_an_unknown_alarm_is_its_own_name() -> None:
    """An alarm of a later version is shown by its id, not left out."""
    assert alarm_name("later") == ("later", "later")
