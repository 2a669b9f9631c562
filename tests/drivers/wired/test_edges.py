"""Any sequence of edges at any input: bounded events, and no effect without a level that lasted.

The true level of the contact is known here. The driver hears of it what real boards let it hear:
edges are lost or come late and in bursts, the level bounces and chatters, and at times it cannot
be read. Two edges in a row that are not heard cannot be told from none. So one at a time is lost,
and what is decided before the next one can be heard (its bounce time) is excused.
"""

from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.config.sections.aiphone import Aiphone
from edge.config.sections.doors import Door, Safety
from edge.config.sections.lockers import GpioLockers
from edge.config.sections.locks import GpioLocker
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.panels import Button, Panel
from edge.config.sections.pins import AlarmContact, Contact, Loop, Output, Signal
from edge.drivers.wired.aiphone import WiredAiphone
from edge.drivers.wired.door import WiredDoor
from edge.drivers.wired.metal_detector import WiredMetalDetector
from edge.drivers.wired.panel import WiredPanel
from edge.drivers.wired.plausibility import (
    DWELL_S,
    LIMITS,
    LONGEST_REST_S,
    NOISE_EVERY_S,
    REST_S,
    Kind,
    Limits,
)
from edge.drivers.wired.presses import HOLD_S
from edge.drivers.wired.relay_lockers import RelayLockers
from edge.drivers.wired.safety import WiredSafetyInputs
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import (
    ButtonPressed,
    DetectorAlarmed,
    DetectorCleared,
    DeviceFailed,
    DeviceRestored,
    DoorClosed,
    DoorOpened,
    Event,
    HostAnswered,
    InputAlarmed,
    InputRestored,
    LockerClosed,
    LockerFailed,
    LockerOpened,
    LockerRestored,
    PassageMade,
    PassageTooFast,
)
from tests.drivers.conftest import Posted
from tests.drivers.stepped import SteppedClock, Stretch, TrueChannels, TrueContact

PIN, OTHER = 17, 18
RECONCILE_S = 5.0
EPS_S = 1e-3
# A decision by two edges that are not heard yet may be made so much earlier than its event.
BLIND_S = 10.0

HELD = MetalDetector(alarm=AlarmContact(pin=PIN), minimum_pulse_s=0.1, hold_s=1.0)


class Need(NamedTuple):
    """What must have been true for an event: the level, and how long it lasted, seconds."""

    active: bool
    least_s: float
    most_s: float = float("inf")
    until_now: bool = False


Make = Callable[[Contact, TrueChannels, SteppedClock, Posted], Any]


class Input(NamedTuple):
    """One kind of input: its driver, its limits, and the need of each of its events."""

    kind: Kind
    make: Make
    need: Callable[[Event], Need | None]


def _button(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    button = Button(pin=PIN, press="decline", hold="absent", bounce_s=contact.bounce_s)
    panel = Panel(stations=["x"], buttons=[button])
    return WiredPanel("panel/x", panel, channels, clock, post)


def _pressed(event: Event) -> Need | None:
    if not isinstance(event, ButtonPressed):
        return None
    if event.action == "absent":
        return Need(active=True, least_s=HOLD_S)
    return Need(active=True, least_s=0.0)


def _answer(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    accept = Signal(pin=PIN, bounce_s=contact.bounce_s)
    aiphone = Aiphone(procedures=["x"], ring=Output(pin=OTHER), accept=accept)
    return WiredAiphone("aiphone/x", aiphone, channels, clock, post)


def _answered(event: Event) -> Need | None:
    return Need(active=True, least_s=0.1) if isinstance(event, HostAnswered) else None


def _door(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    door = Door(procedures=["x"], strike=Output(pin=OTHER), fail="secure", contact=contact)
    return WiredDoor("door/x", door, channels, clock, post)


def _moved(event: Event) -> Need | None:
    if isinstance(event, DoorOpened | DoorClosed | LockerOpened | LockerClosed):
        active = isinstance(event, DoorOpened | LockerOpened)
        return None if event.initial else Need(active=active, least_s=0.0)
    return None


def _locker(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    locker = GpioLocker(number=1, relay=Output(pin=OTHER), door=contact)
    return RelayLockers("lockers", GpioLockers(locker=[locker]), channels, clock, post)


def _alarm(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    config = MetalDetector(alarm=AlarmContact(pin=PIN, bounce_s=contact.bounce_s))
    return WiredMetalDetector("metal-detector", config, channels, clock, post)


def _alarmed(event: Event) -> Need | None:
    if isinstance(event, DetectorCleared) and not event.initial:
        return Need(active=False, least_s=HELD.hold_s, until_now=True)
    return None  # an alarm too many is on the safe side


def _beam(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    config = MetalDetector(
        alarm=AlarmContact(pin=OTHER), passage=Signal(pin=PIN, bounce_s=contact.bounce_s)
    )
    return WiredMetalDetector("metal-detector", config, channels, clock, post)


def _passed(event: Event) -> Need | None:
    if isinstance(event, PassageMade):
        return Need(active=True, least_s=HELD.too_fast_s, most_s=HELD.blocked_s)
    if isinstance(event, PassageTooFast):
        return Need(active=True, least_s=0.0, most_s=HELD.blocked_s)
    if isinstance(event, InputAlarmed):
        return Need(active=True, least_s=HELD.blocked_s)
    return None


def _fire(contact: Contact, channels: TrueChannels, clock: SteppedClock, post: Posted) -> Any:
    loop = Loop(pin=PIN, bounce_s=contact.bounce_s)
    return WiredSafetyInputs("safety", Safety(fire=loop), channels, clock, post)


def _restored(event: Event) -> Need | None:
    if isinstance(event, InputAlarmed):
        return None if event.initial else Need(active=True, least_s=0.0)
    if isinstance(event, InputRestored) and not event.initial:
        return Need(active=False, least_s=1.0, until_now=True)
    return None


INPUTS = {
    "button": Input("button", _button, _pressed),
    "answer": Input("answer", _answer, _answered),
    "door": Input("door", _door, _moved),
    "locker": Input("locker", _locker, _moved),
    "alarm": Input("alarm", _alarm, _alarmed),
    "beam": Input("beam", _beam, _passed),
    "fire": Input("safety", _fire, _restored),
}


class Day(NamedTuple):
    """What happens at one contact.

    :ivar seconds: the lengths of its levels, in turn, beginning at rest
    """

    bounce_s: float
    seconds: list[float]
    lost: frozenset[int]
    late_s: tuple[float, ...]
    deaf: tuple[tuple[float, float], ...]


def _times(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.floats(low, high).map(lambda seconds: [round(seconds, 4)])


_LEVELS = st.one_of(
    _times(0.001, 0.03), _times(0.03, 0.3), _times(0.3, 3.0), _times(3.0, 40.0),
    st.tuples(st.floats(0.003, 0.5), st.integers(2, 90)).map(lambda of: [round(of[0], 4)] * of[1]),
)  # fmt: skip

DAYS = st.builds(
    Day,
    bounce_s=st.sampled_from([0.02, 0.02, 0.0, 0.005]),
    seconds=st.lists(_LEVELS, min_size=1, max_size=14).map(
        lambda parts: list(chain.from_iterable(parts))
    ),
    lost=st.frozensets(st.integers(0, 60), max_size=6).map(
        lambda lost: frozenset(number for number in lost if number - 1 not in lost)
    ),
    late_s=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.4, 2.0]), max_size=5).map(tuple),
    deaf=st.lists(
        st.tuples(st.floats(1000, 1060), st.floats(0.1, 20)).map(lambda one: (one[0], sum(one))),
        max_size=2,
    ).map(tuple),
)


def live(name: str, day: Day) -> tuple[TrueContact, list[Event], float]:
    """Run the driver of input *name* through *day*; return contact, events and seconds."""
    clock, given_input = SteppedClock(), INPUTS[name]
    stretches, moment, active = [], clock.s, False
    for seconds in (1.0, *day.seconds, 30.0):
        stretches.append(Stretch(moment, moment + seconds, active))
        moment, active = moment + seconds, not active
    stretches[-1] = stretches[-1]._replace(end=moment + 60)
    contact = (Loop if name == "fire" else Contact)(pin=PIN, bounce_s=day.bounce_s)
    floor_s = day.bounce_s or DWELL_S
    true = TrueContact(
        clock, stretches, contact, floor_s=floor_s, lost=day.lost, late_s=day.late_s, deaf=day.deaf
    )
    quiet = [Stretch(clock.s, moment, active=False)]
    other = TrueContact(clock, quiet, Contact(pin=OTHER), floor_s=DWELL_S)
    posted = Posted(clock)
    driver = given_input.make(contact, TrueChannels({PIN: true, OTHER: other}), clock, posted)
    with suppress(DeviceUnavailable):
        driver.open()
        began = clock.s
        while clock.s < moment:
            clock.sleep(RECONCILE_S)
            with suppress(DeviceUnavailable, DeviceFault):
                driver.reconcile()
        driver.close()
        return true, posted.take(), clock.s - began
    return true, [], 0.0


def unjustified(true: TrueContact, need: Need, at: float, used: set[float]) -> bool:
    """Return True if no true level of *need* had come by *at* that no other event has *used*."""
    for stretch in reversed(true.counting):
        if stretch.begin > at + EPS_S or stretch.active != need.active or stretch.begin in used:
            continue
        if need.until_now and stretch.end < at - true.latest_s - EPS_S:
            continue
        if need.least_s - EPS_S <= min(stretch.end, at + EPS_S) - stretch.begin:
            if stretch.seconds > need.most_s + EPS_S:
                continue
            used.add(stretch.begin)
            return False
    return True


def without_cause(name: str, true: TrueContact, events: list[Event]) -> list[float]:
    """Return the moments of the *events* that no true level of the contact explains."""
    used: dict[type[Event], set[float]] = {}
    return [
        at
        for event in events
        if (need := INPUTS[name].need(event)) is not None
        and unjustified(
            true, need, at := event.at.boot_ns / 1e9, used.setdefault(type(event), set())
        )
    ]


def most_events(limits: Limits, seconds: float) -> float:
    """Return the most events that any sequence of edges gives in *seconds*.

    At opening and between two spells of a loose contact at most ``most`` + 1 changes count, and one
    more every ``each_s``; a spell has four events (fault, safe side, end of the fault, level
    found), noise one a minute.
    """
    spells, waited, wait_s = 1, 0.0, REST_S
    while waited + wait_s <= seconds:
        spells, waited, wait_s = spells + 1, waited + wait_s, min(2 * wait_s, LONGEST_REST_S)
    counted = (limits.most + 2) * (spells + 1) + seconds / limits.each_s
    return 3 + counted + 4 * spells + seconds / NOISE_EVERY_S + 1


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(INPUTS)), day=DAYS)
def test_no_effect_without_a_level_that_lasted(name: str, day: Day) -> None:
    """Presses, answers, passages, ends of alarms: each needs its true level, and has its own."""
    true, events, _ = live(name, day._replace(late_s=()))
    wrong = without_cause(name, true, events)
    assert [at for at in wrong if not true.blind(at - DWELL_S - EPS_S, at)] == []


# A reading finds the last press before its edge comes, two seconds late: it is one press.
LATE_PRESS = Day(0.02, [*[0.0234] * 5, 8.0], frozenset(), (0, 2, 0, 0, 0), ())


@settings(max_examples=200)
@given(name=st.sampled_from(sorted(INPUTS)), day=DAYS)
@example("button", LATE_PRESS)
def test_late_edges_have_no_effect_either(name: str, day: Day) -> None:
    """Edges that come late and in bursts have no more effect than in time.

    Two edges in a row that nobody has reported yet cannot be told from none.
    """
    true, events, _ = live(name, day)
    wrong = without_cause(name, true, events)
    assert [at for at in wrong if not true.blind(at - BLIND_S, at)] == []


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(INPUTS)), day=DAYS)
def test_the_number_of_events_is_bounded(name: str, day: Day) -> None:
    """However the contact chatters, the events are few; a fault ends before the next begins."""
    _, events, seconds = live(name, day)
    limits = LIMITS[INPUTS[name].kind]
    assert len(events) <= most_events(limits, seconds)
    faults = [
        isinstance(e, DeviceFailed | LockerFailed)
        for e in events
        if isinstance(e, DeviceFailed | DeviceRestored | LockerFailed | LockerRestored)
    ]
    if name == "locker":
        faults = faults[1:]  # in order, at opening
    assert faults == [number % 2 == 0 for number in range(len(faults))]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(["fire", "alarm"]), day=DAYS, half_s=st.floats(0.03, 0.4))
def test_a_safety_input_never_reads_as_clear_while_it_chatters(
    name: str, day: Day, half_s: float
) -> None:
    """Between its first alarm and a second at rest, nothing that a contact does looks clear."""
    chatter = day._replace(
        seconds=[*day.seconds[:4], *[half_s] * 151],
        lost=frozenset(),
        late_s=tuple(late for late in day.late_s if late < 0.5),  # less than the time at rest
        deaf=(),
    )
    true, events, _ = live(name, chatter)
    last = true.counting[-1].begin
    first = last - half_s * 140
    clear = [e for e in events if isinstance(e, InputRestored | DetectorCleared)]
    assert not [e for e in clear if first + 1.5 < e.at.boot_ns / 1e9 < last]
    assert [e for e in events if isinstance(e, InputAlarmed | DetectorAlarmed)]
