"""Alarms of the machine: few records, also of a state that flaps."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.clock_trust import Confirmation
from edge.daemon.machine.alarms import CLOCK_RULE, RULES, MachineAlarm
from edge.daemon.machine.card import Card
from edge.daemon.machine.power import Power
from edge.daemon.machine.readings import Readings
from edge.daemon.machine.rtc import Rtc
from edge.mqtt.certificates import Certificate
from edge.sop import events
from edge.sop.events import SystemAlarmCleared, SystemAlarmRaised
from edge.store.commit_times import Commits
from tests.sop.stand import Stand

AT = Stamp(30 * 3_600 * 10**9, 1_795_313_497_412, True, "a", 700)
RULE = {rule.kind: rule for rule in (*RULES, CLOCK_RULE)}


def reading(**fields: Any) -> Readings:
    """Return a reading of a Raspberry Pi with *fields*."""
    return Readings(**{"at": AT, "raspberry_pi": True, **fields})


def lasts(days: int) -> Certificate:
    """Return a certificate that is valid for so many days from AT."""
    ends = dt.datetime.fromtimestamp(AT.wall_ms / 1000, dt.UTC) + dt.timedelta(days=days)
    return Certificate("kantor.lobi", ends - dt.timedelta(days=1095), ends)


class Watched:
    """The alarm of one rule, and the events that it has posted."""

    def __init__(self, kind: str) -> None:
        self.events: list[Any] = []
        self.alarm = MachineAlarm(RULE[kind], lambda make: self.events.append(make(AT)))

    def see(self, readings: Readings, at_s: float) -> list[str]:
        """Judge *readings*; return what was posted for it."""
        before = len(self.events)
        self.alarm.check(readings, at_s)
        return [type(event).__name__ for event in self.events[before:]]


LOW, ENOUGH = reading(power=Power(True)), reading(power=Power(False))
RAISED, CLEARED = ["SystemAlarmRaised"], ["SystemAlarmCleared"]


@pytest.mark.parametrize(
    ("kind", "bad", "good", "says"),
    [
        ("under-voltage", LOW, ENOUGH, "4.63 V"),
        ("too-hot", reading(temperature_c=83.4), reading(temperature_c=60.0), "83 °C"),
        ("card-read-only", reading(card=Card(True)), reading(card=Card(False)), "be written"),
        ("card-errors", reading(card=Card(False, errors=2)), reading(card=Card(False, errors=0)),
         "met 2 errors"),
        ("data-in-memory", reading(card=Card(in_memory=True)),
         reading(card=Card(in_memory=False)), "not on a card"),
        ("card-slow", reading(commits=Commits(3, 90, 4200)), reading(commits=Commits(0, 9, 80)),
         "the longest 4.2 s"),
        ("card-worn", reading(card=Card(False, 100, True)), reading(card=Card(False, 10, False)),
         "100 %"),
        ("rtc-battery-empty", reading(rtc=Rtc("rtc", 0, 900)), reading(rtc=Rtc("rtc", 0, 3000)),
         "900 mV"),
        ("certificate-expires", reading(certificate=lasts(29)), reading(certificate=lasts(31)),
         "the certificate kantor.lobi expires on"),
        ("certificate-expires", reading(certificate=lasts(-1)), reading(certificate=lasts(1095)),
         "the certificate kantor.lobi expired on"),
    ],
)  # fmt: skip
def test_each_alarm_is_raised_once_and_cleared_after_its_calm(
    kind: str, bad: Readings, good: Readings, says: str
) -> None:
    """Silent, with the value and the remedy; it ends when it has been good for long enough."""
    watched = Watched(kind)
    assert watched.see(good, 0.0) == CLEARED  # of an earlier run
    assert watched.see(bad, 2.0) == RAISED
    raised = watched.events[-1]
    assert raised.silent
    assert says in raised.detail
    assert raised.detail.endswith(RULE[kind].remedy)
    assert watched.see(bad, 4.0) == []
    calm_s = RULE[kind].calm_s
    if calm_s:
        assert watched.see(good, 4.0 + calm_s - 1) == []
    assert watched.see(good, 4.0 + calm_s) == CLEARED
    assert watched.see(good, 9.0 + calm_s) == []


@pytest.mark.parametrize(
    "readings",
    [reading(), reading(temperature_c=95.0, raspberry_pi=False), reading(temperature_c=77.0),
     reading(card=Card(False)), reading(card=Card(None, errors=None)),
     reading(commits=Commits(2, 9, 1500)), reading(rtc=Rtc("rtc", 0, 5)),
     reading(rtc=Rtc("rtc", None, None)),
     reading(certificate=lasts(1), at=msgspec.structs.replace(AT, synced=False))],
)  # fmt: skip
def test_what_is_not_known_or_in_between_raises_nothing(readings: Readings) -> None:
    """Another machine's temperature, one slow commit, a Pi 5 without a battery: no alarm."""
    for rule in RULES:
        watched = Watched(rule.kind)
        assert watched.see(readings, 0.0) == CLEARED  # of an earlier run, perhaps of another card
        assert watched.see(readings, 10_000.0) == []


def test_a_state_that_is_no_longer_known_ends_no_alarm() -> None:
    """A driver that is unloaded says nothing about the supply."""
    watched = Watched("under-voltage")
    watched.see(LOW, 0.0)
    assert watched.see(reading(), 9_999.0) == []


def test_a_supply_that_sags_all_day_is_one_alarm_with_a_tally() -> None:
    """Each solenoid's pulse: 1,440 dips of a day are two records."""
    watched = Watched("under-voltage")
    for minute in range(24 * 60):
        watched.see(LOW, minute * 60.0)
        watched.see(ENOUGH, minute * 60.0 + 2.0)
    watched.see(ENOUGH, 25 * 3_600.0)
    assert [type(event) for event in watched.events] == [SystemAlarmRaised, SystemAlarmCleared]
    assert watched.events[-1].detail == "1440 times within 1439 minutes"
    assert watched.alarm.times == 1440


@given(st.lists(st.tuples(st.floats(0.1, 600), st.booleans()), max_size=200))
def test_no_flapping_gives_more_than_one_alarm_an_hour(changes: list[tuple[float, bool]]) -> None:
    """For any sequence of readings; and alarms begin and end in turn."""
    watched, now = Watched("under-voltage"), 0.0
    for pause, low in changes:
        now += pause
        watched.see(LOW if low else ENOUGH, now)
    kinds = [type(event) for event in watched.events]
    raised = kinds.count(SystemAlarmRaised)
    assert raised <= 1 + now / 3_600
    assert all(one is not other for one, other in pairwise(kinds))


def test_an_untrusted_clock_is_an_alarm_after_ten_minutes() -> None:
    """A start waits for its time server; the detail says since when, and how wrong it may be."""
    never = reading(at=Stamp(10**12, 0, False, "a"))
    watched = Watched("clock-not-trusted")
    assert watched.see(never, 0.0) == []
    assert watched.see(never, 599.0) == []
    assert watched.see(never, 600.0) == RAISED
    assert "no time server has confirmed it" in watched.events[-1].detail
    assert watched.see(reading(), 602.0) == CLEARED
    long_ago = reading(
        at=Stamp(10**15, 0, False, "a", 61_000), confirmed=Confirmation("a", 4 * 10**14, 0, 500)
    )
    watched.see(long_ago, 700.0)
    watched.see(long_ago, 1_400.0)
    assert "confirmed 167 hours ago and may be off by 61 s" in watched.events[-1].detail


def test_the_core_records_it_silently_and_with_the_tally() -> None:
    """One record at its beginning, one at its end; no beep calls the officers."""
    stand = Stand()
    for _ in range(2):
        event = events.SystemAlarmRaised(stand.now, "under-voltage", "too low", silent=True)
        assert stand.send(event) == []
    stand.send(events.SystemAlarmCleared(stand.now, "under-voltage", "7 times"))
    records: Any = stand.records
    assert [(record.type, record.data.detail) for record in records] == [
        ("gardu.alarm.raised.v1", "too low"),
        ("gardu.alarm.cleared.v1", "7 times"),
    ]


@pytest.mark.parametrize("rule", [*RULES, CLOCK_RULE], ids=lambda rule: rule.kind)
def test_each_alarm_has_a_remedy_and_a_row_in_the_contract(rule: Any) -> None:
    """A consumer and a technician find each kind in docs/mqtt.md."""
    contract = (Path(__file__).parents[3] / "docs/mqtt.md").read_text(encoding="utf-8")
    assert f"`{rule.kind}`" in contract
    assert rule.remedy.endswith(".")
