"""The verdict finds what is wrong: records of a good day, changed in one place drawn by chance."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from sim.stage.alarms import judge
from tests.sim.stage.played import Event, Played

STEP, CLOSED = "gardu.step.completed.v1", "gardu.visit.closed.v1"
RECONCILED = "gardu.visit.reconciled.v1"
# The records that each guest must have; one that is not received is a difference.
NEEDED = (
    "gardu.visit.opened.v1", STEP, CLOSED, RECONCILED, "gardu.visit.joined.v1",
    "gardu.visit.corrected.v1", "gardu.card.lost.v1", "gardu.alarm.raised.v1",
    "gardu.alarm.cleared.v1",
)  # fmt: skip
# Words of the evidence about IDs: the people do not count them.
_OF_IDS = "identity"

Visits = set[str]
Mutation = Callable[[DataObject, list[Event]], Visits]


@cache
def day() -> Played:
    """Return a good day with every kind of record that the verdict reads."""
    return Played(
        ["pimpinan"],
        "normal", "alarm-then-clear", "host-declines", "forgets-belongings", "loses-card",
        "corrects-card", "no-answer", "card-in-the-tray",
        groups=0.5,
    )  # fmt: skip


def _of(kind: str, events: list[Event]) -> list[dict[str, Any]]:
    return [one["data"] for one in events if one["type"] == kind]


def _draw(data: DataObject, items: list[Any]) -> Any:
    """Draw one of *items*; there must be one, else the day does not test this."""
    assert items
    return data.draw(st.sampled_from(items))


def _change(kind: str, key: str, values: Callable[[Any], SearchStrategy[Any]]) -> Mutation:
    """Return a mutation of the value of *key* in one record of *kind*."""

    def mutate(data: DataObject, events: list[Event]) -> Visits:
        one = _draw(data, _of(kind, events))
        before = one.get(key)
        one[key] = data.draw(values(before).filter(lambda value: value != before))
        return {one["visit"]}

    return mutate


def _swap_steps(data: DataObject, events: list[Event]) -> Visits:
    steps = [one for one in events if one["type"] == STEP]
    pairs = [
        (first, second)
        for first, second in combinations(steps, 2)
        if first["data"]["visit"] == second["data"]["visit"]
    ]
    first, second = _draw(data, pairs)
    first["data"], second["data"] = second["data"], first["data"]
    return {first["data"]["visit"]}


def _drop_evidence(data: DataObject, events: list[Event]) -> Visits:
    step = _draw(data, [one for one in _of(STEP, events) if _known(one)])
    word = _draw(data, _known(step))
    left = list(step["evidence"])
    left.remove(word)
    step["evidence"] = left
    return {step["visit"]}


def _known(step: dict[str, Any]) -> list[str]:
    return [word for word in step["evidence"] if not word.startswith(_OF_IDS)]


def _drop_record(data: DataObject, events: list[Event]) -> Visits:
    kind = data.draw(st.sampled_from(NEEDED))
    about = [one for one in events if one["type"] == kind and one["data"]["visit"]]
    one = _draw(data, about)
    events.remove(one)
    return {one["data"]["visit"]}


def _repeat_record(data: DataObject, events: list[Event]) -> Visits:
    kinds = (STEP, RECONCILED, "gardu.card.lost.v1", "gardu.visit.joined.v1")
    one = _draw(data, [one for one in events if one["type"] in kinds])
    events.insert(events.index(one), one)
    return {one["data"]["visit"]}


def _give_to_another(kind: str) -> Mutation:
    """Return a mutation that gives a record of *kind* to the visit of another guest."""

    def mutate(data: DataObject, events: list[Event]) -> Visits:
        one = _draw(data, [about for about in _of(kind, events) if about["visit"]])
        opened = [about["visit"] for about in _of("gardu.visit.opened.v1", events)]
        before = one["visit"]
        one["visit"] = _draw(data, [visit for visit in opened if visit != before])
        return {before, one["visit"]}

    return mutate


def _lockers_of_another(data: DataObject, events: list[Event]) -> Visits:
    """Owe another locker than the guest has, or have another one returned."""
    owing = [one for one in _of(CLOSED, events) if one["lockers_out"]]
    back = [one for one in _of(RECONCILED, events) if one["returned"].startswith("locker/")]
    one = _draw(data, owing + back)
    if "lockers_out" in one:
        number = data.draw(st.integers(1, 9).filter(lambda n: n not in one["lockers_out"]))
        one["lockers_out"] = [number, *one["lockers_out"][1:]]
    else:
        number = data.draw(st.integers(1, 9).filter(lambda n: f"locker/{n}" != one["returned"]))
        one["returned"] = f"locker/{number}"
    return {one["visit"]}


def _fewer_passed(data: DataObject, events: list[Event]) -> Visits:
    """Let a person of a group go in without the screening."""
    screened = [
        one
        for one in _of(STEP, events)
        if one["passed"] is not None and one["outcome"] == "completed"
    ]
    one = _draw(data, screened)
    one["passed"] = data.draw(st.integers(0, one["persons"] - 1))
    return {one["visit"]}


OUTCOMES = ["completed", "skipped", "declined", "rescheduled", "refused", "abandoned"]
STATIONS = ["reception", "officer-1", "officer-2", "officer-3", "aide", "security"]
ROLES = ["Penerima tamu", "Petugas 1", "Petugas 2", "Petugas 3", "ADC Pimpinan", "Tamu"]

MUTATIONS: dict[str, Mutation] = {
    "two steps swapped": _swap_steps,
    "a step's outcome": _change(STEP, "outcome", lambda _: st.sampled_from(OUTCOMES)),
    "a visit's outcome": _change(CLOSED, "outcome", lambda _: st.sampled_from(OUTCOMES)),
    "a step's reason": _change(STEP, "reason", lambda _: st.sampled_from([None, "a", "b"])),
    "a visit's reason": _change(CLOSED, "reason", lambda _: st.sampled_from([None, "a", "b"])),
    "a step's name": _change(STEP, "step", lambda _: st.sampled_from(["a", "b"])),
    "a step's number": _change(STEP, "number", lambda _: st.integers(1, 9)),
    "an evidence dropped": _drop_evidence,
    "the actor": _change(STEP, "role", lambda _: st.sampled_from(ROLES)),
    "the station": _change(STEP, "station", lambda _: st.sampled_from(STATIONS)),
    "the called station": _change(STEP, "aiphone", lambda _: st.sampled_from(["adc", "b"])),
    "the standard time": _change(STEP, "standard_s", lambda s: st.sampled_from([s + 1, None])),
    "a record dropped": _drop_record,
    "a record twice": _repeat_record,
    "a step of another guest": _give_to_another(STEP),
    "a card or locker back from another guest": _give_to_another(RECONCILED),
    "a lost card of another guest": _give_to_another("gardu.card.lost.v1"),
    "an alarm of another guest": _give_to_another("gardu.alarm.raised.v1"),
    "a correction of another guest": _give_to_another("gardu.visit.corrected.v1"),
    "another locker": _lockers_of_another,
    "the number of cards out": _change(CLOSED, "cards_out", lambda _: st.integers(0, 9)),
    "the number of persons": _change(CLOSED, "persons", lambda _: st.integers(0, 9)),
    "the host": _change(CLOSED, "host", lambda _: st.sampled_from(["jatim", "x"])),
    "a person not screened": _fewer_passed,
}


def test_the_good_day_has_no_difference() -> None:
    """What the mutations begin with: no guest and no alarm differs."""
    played = day()
    assert [one.words for one in played.judge(played.events) if not one.ok] == []
    alarms = judge(played.incidents, played.received(played.events))
    assert [one.words for one in alarms] == ["alarm lost-card: as caused"]


@pytest.mark.parametrize("kind", MUTATIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_each_change_is_found_with_its_guest(kind: str, data: DataObject) -> None:
    """A record that is not true is told as a difference of its guest, and of no other guest."""
    played = day()
    events = deepcopy(played.events)
    visits = MUTATIONS[kind](data, events)
    found = {one.guest for one in played.judge(events) if not one.ok}
    assert found == {played.guest_of(visit) for visit in visits}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_each_change_of_an_alarm_is_found(data: DataObject) -> None:
    """An alarm that the lobby caused and the records miss, repeat or rename is a difference."""
    played = day()
    events = deepcopy(played.events)
    kinds = ("gardu.alarm.raised.v1", "gardu.alarm.cleared.v1")
    alarms = [one for one in events if one["type"] in kinds and not one["data"]["visit"]]
    one = _draw(data, alarms)
    match data.draw(st.sampled_from(["drop", "repeat", "rename"])):
        case "drop":
            events.remove(one)
        case "repeat":
            events.insert(events.index(one), one)
        case "rename":
            one["data"]["alarm"] = _draw(data, ["fire", "duress", "locker-forced-1"])
    assert [one.words for one in judge(played.incidents, played.received(events)) if not one.ok]
