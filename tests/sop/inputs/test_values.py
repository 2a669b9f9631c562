"""Values entered with a visit: by request or button, what they decide, what is known of them."""

import msgspec
import pytest

from edge.sop import events
from edge.sop.effects import Beep, StoreValue
from edge.sop.entered import Entered
from edge.sop.procedures.tables import Text
from edge.sop.procedures.values import Comparison, Value, not_allowed, plain
from tests.restored import stored
from tests.sop.data_centre import DataCentre, data_centre

PLATE = "BH 1506 XY"
FEVER = 38.25


def value(**changes: object) -> Value:
    """Return a number from 30 to 45, or what *changes* make of it."""
    values = {"id": "one", "title": Text(id="Satu", en="One"), "kind": "number"}
    return msgspec.convert(
        {**msgspec.to_builtins(values), "least": 30, "most": 45} | changes, Value
    )


CHOICE = {"kind": "choice", "choices": ("vendor", "auditor"), "least": None, "most": None}
TEXT = {"kind": "text", "least": None, "most": None}


@pytest.mark.parametrize(
    ("declared", "entered", "why"),
    [
        ({}, 30, None),
        ({}, 45.0, None),
        ({}, 45.1, "is outside its range; allowed: a number from 30 up to 45"),
        ({"unit": "kg", "most": None}, 3, "is outside its range; allowed: a number from 30 kg"),
        ({}, "38", "is no number; allowed: a number from 30 up to 45"),
        ({}, float("nan"), "is no number; allowed: a number from 30 up to 45"),
        ({}, float("inf"), "is no number; allowed: a number from 30 up to 45"),
        (CHOICE, "vendor", None),
        (CHOICE, "Vendor", "is not one of its choices; allowed: vendor, auditor"),
        (CHOICE, 1.0, "is not one of its choices; allowed: vendor, auditor"),
        (TEXT, PLATE, None),
        (TEXT, " ", "is no such text; allowed: 1 to 80 characters in one line"),
        (TEXT, "a\nb", "is no such text; allowed: 1 to 80 characters in one line"),
        (TEXT, "x" * 81, "is no such text; allowed: 1 to 80 characters in one line"),
        (TEXT, 3.0, "is no text; allowed: 1 to 80 characters in one line"),
    ],
)
def test_what_may_be_entered(
    declared: dict[str, object], entered: Entered, why: str | None
) -> None:
    """Each kind of value accepts only what the procedure allows; a refusal says what is."""
    assert not_allowed(value(**declared), entered) == why


@pytest.mark.parametrize(
    ("asked", "entered", "holds"),
    [
        ({"above": 37.5}, 37.5, ()),
        ({"above": 37.5}, 37.6, ("above-37.5",)),
        ({"below": 37.5}, 37.5, ()),
        ({"above": 36, "below": 37.5}, 36.5, ("above-36", "below-37.5")),
        ({"above": 36, "below": 37.5}, 38, ("above-36",)),
        ({"above": 0}, 0.0, ()),
        ({"equals": 0.0}, 0, ("equals-0",)),
        ({"equals": "vendor"}, "vendor", ("equals-vendor",)),
        ({"above": 1}, "vendor", ()),
        ({}, 1, ()),
    ],
)
def test_which_words_of_a_comparison_hold(
    asked: dict[str, Entered], entered: Entered, holds: tuple[str, ...]
) -> None:
    """Limits are not part of *above* and *below*; a word compares as a word."""
    assert Comparison(**asked).holding(entered) == holds  # type: ignore[arg-type]  # both kinds


@pytest.mark.parametrize(
    ("entered", "word"), [(3.0, "3"), (37.5, "37.5"), (1234567.0, "1234567"), ("x", "x")]
)
def test_a_number_is_written_without_needless_digits(entered: Entered, word: str) -> None:
    """Evidence and messages have numbers as a person writes them."""
    assert plain(entered) == word


@pytest.mark.parametrize(
    ("temperatures", "place"),
    [
        ((36.5,), ("pemeriksaan", "diukur")),
        ((FEVER,), ("pemeriksaan", "ukur-lagi")),
        ((FEVER, 37.5), ("pemeriksaan", "diukur")),
        ((FEVER, FEVER), ("pemeriksaan", "ukur-lagi")),
        ((FEVER, FEVER, FEVER), None),
    ],
)
def test_a_value_decides_and_the_last_try_counts(
    temperatures: tuple[float, ...], place: tuple[str, str] | None
) -> None:
    """Above the limit the guest is measured again, once; then refused, with the reason."""
    stand = DataCentre()
    visit = stand.guest(after="pendataan")
    for temperature in temperatures:
        stand.enter(visit, "temperature", temperature)
    if place is None:
        assert (stand.outcomes(), stand.closed[0].reason) == (["refused"], "unwell")
    else:
        assert (stand.visit(visit).step, stand.visit(visit).phase) == place


def test_a_value_that_came_early_passes_its_phase_and_decides_by_the_press() -> None:
    """The desk entered the temperature before the guest came to security."""
    stand = DataCentre()
    visit = stand.guest()
    stand.enter(visit, "temperature", FEVER)
    stand.answer("accept", "pengelola")
    stand.answer("accept", "keamanan")
    stand.noted(visit)
    assert stand.visit(visit).phase == "diukur"
    stand.press("security", "done")
    assert stand.visit(visit).phase == "ukur-lagi"


def test_the_record_has_values_that_are_not_personal() -> None:
    """Each in the record of the step in which it was entered, with the side of each limit."""
    stand = DataCentre()
    visit = stand.guest(after="persetujuan")
    stand.enter(visit, "category", "vendor")
    stand.enter(visit, "items", 2.0)
    stand.press("reception", "done")
    (step,) = [step for step in stand.steps() if step.step == "pendataan"]
    assert step.values == {"category": "vendor", "items": 2.0}
    assert step.evidence == (
        "category-not-equals-auditor", "items-not-above-2", "items-not-above-10", "button",
    )  # fmt: skip
    stand.press("security", "done")
    assert stand.steps()[-1].values is msgspec.UNSET


def test_a_personal_value_is_in_no_record_and_no_state() -> None:
    """Only that it was entered, and the side of each limit; the guest book has the rest."""
    stand = DataCentre()
    visit = stand.guest(after="pendataan")
    stand.enter(visit, "plate", PLATE)
    stand.enter(visit, "temperature", FEVER)
    stand.enter(visit, "temperature", 36.125)
    stand.press("security", "done")
    evidence = stand.steps()[-1].evidence
    assert evidence == (
        "plate-entered", "temperature-above-37.5", "temperature-not-above-37.5", "button",
    )  # fmt: skip
    other = stand.guest()
    stand.enter(other, "plate", PLATE)
    everything = msgspec.json.encode([stand.records, stand.state]).decode()
    for secret in (PLATE, str(FEVER), "36.125"):
        assert secret not in everything
    assert PLATE not in repr(events.ValueEntered(stand.now, other, "plate", PLATE))


@pytest.mark.parametrize(
    ("action", "phase", "evidence"),
    [
        ("choice-1", "perangkat", "category-not-equals-auditor"),
        ("choice-2", "perangkat", "category-equals-auditor"),
        ("choice-3", "perangkat", "category-not-equals-auditor"),
    ],
)
def test_a_choice_is_entered_by_its_button(action: str, phase: str, evidence: str) -> None:
    """The buttons are in the order of the choices; nothing personal leaves the core here."""
    stand = DataCentre()
    visit = stand.guest(after="persetujuan")
    assert stand.press("reception", action)[-1] == Beep("accepted")
    assert stand.visit(visit).phase == phase
    assert stand.visit(visit).evidence == (evidence,)
    assert stand.of(StoreValue) == []


def test_a_personal_choice_goes_to_the_guest_book() -> None:
    """The button of a measured temperature: the guest book gets the number, the core the side."""
    stand = DataCentre()
    visit = stand.guest(after="pendataan")
    stand.press("security", "choice-2")
    assert stand.of(StoreValue) == [StoreValue(visit, "temperature", 38.5)]
    assert "38.5" not in repr(stand.of(StoreValue))
    assert stand.visit(visit).phase == "ukur-lagi"


@pytest.mark.parametrize(
    ("panel", "action"),
    [("reception", "choice-4"), ("security", "choice-1"), ("officer-1", "choice-1")],
)
def test_a_button_for_which_no_visit_waits_is_refused(panel: str, action: str) -> None:
    """There is no fourth choice; the value of reception is not entered elsewhere."""
    stand = DataCentre()
    visit = stand.guest(after="persetujuan")
    before = stand.visit(visit)
    assert Beep("refused") in stand.press(panel, action)
    assert stand.visit(visit) == before


@pytest.mark.parametrize(
    ("name", "entered", "counted"),
    [
        ("weight", 3.0, "value/unknown"),
        ("items", 21.0, "value/not allowed"),
        ("items", "three", "value/not allowed"),
        ("category", "guest", "value/not allowed"),
    ],
)
def test_what_the_procedure_does_not_allow_changes_nothing(
    name: str, entered: Entered, counted: str
) -> None:
    """A reload between the request and the event may have changed the procedure."""
    stand = DataCentre()
    visit = stand.guest()
    before = stand.visit(visit)
    stand.enter(visit, name, entered)
    assert stand.visit(visit) == before
    assert stand.state.refusals == {counted: 1}


def test_a_value_of_a_guest_who_has_left_is_only_counted() -> None:
    """The request came while the visit ended."""
    stand = DataCentre()
    visit = stand.guest()
    stand.press("reception", "leave")
    stand.enter(visit, "plate", PLATE)
    assert stand.state.refusals == {"value/too late": 1}


def test_values_survive_a_restart() -> None:
    """What was entered is state: the press after the restart is decided by it."""
    stand = DataCentre(data_centre())
    visit = stand.guest(after="pendataan")
    stand.press("security", "choice-1")
    stand.state = stored(stand.state)
    stand.restart()
    assert stand.visit(visit).values["items"].value == 1.0
    stand.press("security", "done")
    assert stand.outcomes() == ["completed"]
