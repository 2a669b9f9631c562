"""The level is read again before time decides: lost edges at each input, on a clock that is moved.

The moments are those of real boards: the release edge of a press is lost, and nothing says so.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from edge.config.sections.aiphone import Aiphone
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.panels import Button, Panel
from edge.config.sections.pins import AlarmContact, Contact, Output, Signal
from edge.drivers.wired.aiphone import SHORT_ANSWER, WiredAiphone
from edge.drivers.wired.metal_detector import SHORT_ALARM, WiredMetalDetector
from edge.drivers.wired.panel import SHORT_PRESS, WiredPanel
from edge.drivers.wired.plausibility import DWELL_S
from edge.drivers.wired.presses import TEST_S
from edge.errors import DeviceUnavailable
from edge.sop.events import (
    ButtonPressed,
    DetectorCleared,
    HostAnswered,
    InputAlarmed,
    InputRefused,
    PassageMade,
)
from tests.drivers.conftest import Posted, told
from tests.drivers.stepped import SteppedClock, Stretch, TrueChannels, TrueContact

PIN, OTHER = 12, 13
START = 1000.0
BOUNCE_S = 0.02

DONE, ACCEPT = (
    (ButtonPressed, "desk", "done", None, None, None),
    (ButtonPressed, "desk", "accept", None, None, None),
)


@pytest.fixture
def clock() -> SteppedClock:
    """Return a clock that stands at START."""
    return SteppedClock()


@pytest.fixture
def posted(clock: SteppedClock) -> Posted:
    """Return the collector of the driver's events."""
    return Posted(clock)


def contact(
    clock: SteppedClock,
    *changes: float,
    bounce_s: float = BOUNCE_S,
    lost: tuple[int, ...] = (),
    late_s: tuple[float, ...] = (),
    deaf: tuple[tuple[float, float], ...] = (),
) -> TrueContact:
    """Return a contact that is at rest, and changes at these seconds after START."""
    moments = [0.0, *changes, 10_000.0]
    stretches = [
        Stretch(START + begin, START + end, number % 2 == 1)
        for number, (begin, end) in enumerate(pairwise(moments))
    ]
    return TrueContact(
        clock, stretches, Contact(pin=PIN, bounce_s=bounce_s), floor_s=bounce_s or DWELL_S,
        lost=frozenset(lost), late_s=late_s,
        deaf=tuple((START + begin, START + end) for begin, end in deaf),
    )  # fmt: skip


def panel(clock: SteppedClock, posted: Posted, *contacts: TrueContact) -> WiredPanel:
    """Return an open panel: its first button means *done*, or *accept* if it is held."""
    actions: Any = [("done", "accept"), ("decline", None)]
    buttons = [
        Button(pin=PIN + number, press=press, hold=hold, bounce_s=one.config.bounce_s)
        for number, (one, (press, hold)) in enumerate(zip(contacts, actions, strict=False))
    ]
    config = Panel(stations=["reception"], buttons=buttons)
    channels = TrueChannels({PIN + number: one for number, one in enumerate(contacts)})
    driver = WiredPanel("panel/desk", config, channels, clock, posted)
    driver.open()
    return driver


def aiphone(clock: SteppedClock, posted: Posted, accept: TrueContact) -> WiredAiphone:
    """Return an open station with an accept contact."""
    button = Signal(pin=PIN, bounce_s=accept.config.bounce_s)
    config = Aiphone(procedures=["x"], ring=Output(pin=OTHER), accept=button)
    driver = WiredAiphone("aiphone/adc", config, TrueChannels({PIN: accept}), clock, posted)
    driver.open()
    return driver


def detector(
    clock: SteppedClock,
    posted: Posted,
    alarm: TrueContact | None = None,
    beam: TrueContact | None = None,
) -> WiredMetalDetector:
    """Return an open detector, its contacts at rest where not given."""
    quiet = contact(clock)
    config = MetalDetector(alarm=AlarmContact(pin=PIN), passage=Signal(pin=OTHER))
    channels = TrueChannels({PIN: alarm or quiet, OTHER: beam or quiet})
    driver = WiredMetalDetector("metal-detector", config, channels, clock, posted)
    driver.open()
    posted.take()
    return driver


# The changes of a button, the edges that are lost, and what is posted within 5 s.
PRESSES: list[tuple[tuple[float, ...], tuple[int, ...], list[Any]]] = [
    ((1.0, 1.15), (), [DONE]),
    ((1.0, 2.5), (), [ACCEPT]),
    ((1.0, 1.15), (1,), [DONE]),  # its release is lost: never the second meaning
    ((1.0, 1.95), (1,), [DONE]),
    ((1.0, 1.15), (0,), []),  # its press is lost, and the release alone means nothing
    ((1.0, 2.5), (1,), [ACCEPT]),
    ((1.0, 1.15, 1.8, 3.5), (1,), [ACCEPT]),  # released and pressed again: held from 1.8 on
    ((1.0, 1.15, 1.8, 1.9), (1,), [DONE]),
]


@pytest.mark.parametrize(("changes", "lost", "wanted"), PRESSES)
def test_a_press_is_what_the_button_did(
    clock: SteppedClock,
    posted: Posted,
    changes: tuple[float, ...],
    lost: tuple[int, ...],
    wanted: list[Any],
) -> None:
    """Before a press counts as held the button is read: held is only what is still down."""
    panel(clock, posted, contact(clock, *changes, lost=lost))
    clock.sleep(5.0)
    assert told(posted.take()) == wanted


@pytest.mark.parametrize(("seconds", "wanted"), [(0.15, DONE), (1.5, ACCEPT)])
def test_late_edges_are_as_long_as_their_moments_say(
    clock: SteppedClock, posted: Posted, seconds: float, wanted: Any
) -> None:
    """Both edges come at once, two seconds late: a short press stays short, a hold a hold."""
    pressed = contact(clock, 1.0, 1.0 + seconds, late_s=(2.0, 2.0 - seconds))
    panel(clock, posted, pressed)
    clock.sleep(5.0)
    assert told(posted.take()) == [wanted]


def test_a_press_by_moments_too_short_is_refused(clock: SteppedClock, posted: Posted) -> None:
    """A library that filters nothing passes a spike of 4 ms: it is counted, and no press."""
    driver = panel(clock, posted, contact(clock))
    clock.sleep(2.0)
    for moment, level in ((START + 1.0, False), (START + 1.004, True)):
        driver._contacts[0]._changed(moment, level)
    clock.sleep(2.0)
    assert told(posted.take()) == [(InputRefused, "panel/desk", SHORT_PRESS)]


def test_a_button_that_cannot_be_read_means_nothing(clock: SteppedClock, posted: Posted) -> None:
    """Without a reading there is no decision: the press is dropped, and the next one counts."""
    driver = panel(clock, posted, contact(clock, 1.0, 2.5, 6.0, 6.15, deaf=((1.5, 3.0),)))
    clock.sleep(2.2)
    with pytest.raises(DeviceUnavailable):
        driver.reconcile()
    clock.sleep(2.8)
    assert told(posted.take()) == []
    clock.sleep(5.0)
    assert told(posted.take()) == [DONE]


@pytest.mark.parametrize(("lost", "tests"), [((), 1), ((1,), 0)])
def test_a_lamp_test_needs_both_buttons_down(
    clock: SteppedClock,
    posted: Posted,
    monkeypatch: pytest.MonkeyPatch,
    lost: tuple[int, ...],
    tests: int,
) -> None:
    """Two buttons held together are the lamp test, unless one was released and that was lost."""
    first = contact(clock, 1.0, 1.0 + (1.0 if lost else TEST_S + 1.0), lost=lost)
    asked: list[None] = []
    driver = panel(clock, posted, first, contact(clock, 1.05, 5.0))
    monkeypatch.setattr(driver._lamps, "test", lambda: asked.append(None))
    clock.sleep(6.0)
    assert len(asked) == tests
    assert told(posted.take()) == []


# Lengths of a closing of the accept contact whose release edge is lost, and what is posted.
CROSSTALK = [(0.03, [(InputRefused, "aiphone/adc", SHORT_ANSWER)]),
             (0.3, [(HostAnswered, "adc", "accept")])]  # fmt: skip


@pytest.mark.parametrize(("seconds", "wanted"), CROSSTALK)
def test_crosstalk_whose_end_is_lost_accepts_no_guest(
    clock: SteppedClock, posted: Posted, seconds: float, wanted: list[Any]
) -> None:
    """30 ms of crosstalk whose end is lost are no host's acceptance; a real answer is one."""
    aiphone(clock, posted, contact(clock, 1.0, 1.0 + seconds, lost=(1,)))
    clock.sleep(5.0)
    assert told(posted.take()) == wanted


def test_an_alarm_whose_end_is_lost_is_noise_if_it_was_short(
    clock: SteppedClock, posted: Posted
) -> None:
    """A spike on the alarm contact is none the longer for a lost edge."""
    detector(clock, posted, alarm=contact(clock, 1.0, 1.04, lost=(1,)))
    clock.sleep(5.0)
    assert told(posted.take()) == [(InputRefused, "metal-detector", SHORT_ALARM)]


def test_an_alarm_does_not_end_by_a_lost_edge(clock: SteppedClock, posted: Posted) -> None:
    """It rests for a moment, then alarms again, and that edge is lost: it does not read clear."""
    driver = detector(clock, posted, alarm=contact(clock, 1.0, 2.0, 2.3, 9.0, lost=(2,)))
    clock.sleep(8.0)
    driver.reconcile()
    clear = [event for event in posted.take() if isinstance(event, DetectorCleared)]
    assert clear == []


def test_a_beam_whose_end_is_lost_is_neither_blocked_nor_passed(
    clock: SteppedClock, posted: Posted
) -> None:
    """The beam is read before it counts as blocked; how long the walk took is not known."""
    detector(clock, posted, beam=contact(clock, 1.0, 1.4, lost=(1,)))
    clock.sleep(10.0)
    assert {type(event) for event in posted.take()}.isdisjoint({InputAlarmed, PassageMade})


Fill = Callable[[SteppedClock, Posted, TrueContact], Any]


@pytest.mark.parametrize("fill", [panel, aiphone], ids=["button", "answer"])
def test_bounces_without_a_bounce_time_do_nothing(
    clock: SteppedClock, posted: Posted, fill: Fill
) -> None:
    """With bounce_s = 0 nothing filters a contact's bounces: they are no press and no answer."""
    bounces = [1.0 + 0.004 * number for number in range(8)]
    fill(clock, posted, contact(clock, *bounces, bounce_s=0.0))
    clock.sleep(5.0)
    assert told(posted.take()) == []


def test_a_closed_panel_reads_nothing_more(clock: SteppedClock, posted: Posted) -> None:
    """Countdowns that are still running when a panel is closed have no effect."""
    driver = panel(clock, posted, contact(clock, 1.0, 5.0))
    clock.sleep(1.5)
    driver.close()
    clock.sleep(5.0)
    assert told(posted.take()) == []
