"""The way that people find in a procedure's text, and what they say where there is none."""

from itertools import chain

import pytest

from sim.people.course import Standing, arrived, begin, follow
from sim.people.intention import Intention, of
from sim.people.procedure_text import Text
from sim.people.way import Aim, Deed, find, missing
from tests.sim.people.texts import AROUND, EXAMPLES, SHIPPED, parse, text

CALL = """
[[steps.phases]]
id = "a"
do = ["ring:call"]
on = [
    { event = "aiphone.accept", to = "b" },
    { event = "aiphone.decline", to = "c" },
    { event = "timeout", after_s = 45, to = "a", again = true, at_most = 2 },
    { event = "timeout", after_s = 45, to = "c" },
]
[[steps.phases]]
id = "b"
on = [{ event = "button.done", to = "@next" }]
[[steps.phases]]
id = "c"
lamp = "slow"
on = [
    { event = "button.decline", to = "@declined", reason = "no" },
    { event = "button.reschedule", to = "@rescheduled" },
]
"""


def start(procedure: Text, persons: int = 1) -> Standing:
    """Return the standing of a guest who has just arrived."""
    return arrived(procedure, AROUND, begin(procedure, AROUND, persons=persons, host=True))


def way(procedure: Text, intention: Intention, persons: int = 1) -> list[str] | None:
    """Return the events of the way of *intention*; None if there is none."""
    aim = Aim(intention=intention, lockers=int(intention.stores))
    found = find(procedure, AROUND, start(procedure, persons), aim, lambda _at, _event: True)
    return None if found is None else [deed.event for deed in found]


@pytest.mark.parametrize(
    ("branch", "events"),
    [
        ("normal", ["aiphone.accept", "button.done"]),
        ("host-declines", ["aiphone.decline", "button.decline"]),
        ("rescheduled", ["aiphone.decline", "button.reschedule"]),
        ("no-answer", ["timeout", "timeout", "timeout", "button.decline"]),
        ("answers-late", ["timeout", "aiphone.accept", "button.done"]),
        ("outcome:rescheduled", ["aiphone.decline", "button.reschedule"]),
        ("outcome:no", ["aiphone.decline", "button.decline"]),
        ("event:button.done", ["aiphone.accept", "button.done"]),
    ],
)
def test_the_shortest_way_that_fits_is_taken(branch: str, events: list[str]) -> None:
    """The events of an intention are found in the rows of the phases, with their counts."""
    assert way(parse(CALL), of(branch)[0]) == events


def test_an_event_that_no_phase_has_is_named() -> None:
    """A procedure without a way for an intention says which event is missing."""
    lacking = missing(parse(CALL), of("refused")[1], lambda _at, _event: True)
    assert lacking is not None
    assert lacking.events == ("button.refuse",)


def test_equipment_that_is_not_there_has_no_way() -> None:
    """An event for which this checkpoint has no button or equipment is on no way."""
    aim = Aim(intention=of("host-declines")[0])
    procedure = parse(CALL)

    def no_decline(_at: Standing, event: str) -> bool:
        return event != "aiphone.decline"

    assert find(procedure, AROUND, start(procedure), aim, no_decline) is None


@pytest.mark.parametrize("name", [*SHIPPED, *EXAMPLES])
@pytest.mark.parametrize("persons", [1, 3])
def test_every_procedure_has_a_normal_way(name: str, persons: int) -> None:
    """A guest, and a group, can go through each procedure that comes with Gardu."""
    assert way(text(name), of("normal")[0], persons)


_SEEN_ONLY = ("antrean penuh",)
"""Answers given only where there is no room: a guest who plans has room."""


def _ends(procedure: Text) -> list[str]:
    rows = chain(procedure.anywhere, *(p.on for s in procedure.steps for p in s.phases))
    ends = {row.to[1:] for row in rows if row.to.startswith("@") and row.to not in _ON}
    return sorted({"completed", *ends})


_ON = ("@next", "@skip")


@pytest.mark.parametrize("name", [*SHIPPED, *EXAMPLES])
def test_every_outcome_of_every_procedure_is_reached(name: str) -> None:
    """``outcome:`` finds a way to each outcome that a procedure has."""
    procedure = text(name)
    for outcome in _ends(procedure):
        assert way(procedure, of(f"outcome:{outcome}")[0]), outcome


@pytest.mark.parametrize("name", [*SHIPPED, *EXAMPLES])
def test_every_answer_of_every_question_is_given(name: str) -> None:
    """``answer:`` finds a way through each answer of each question."""
    procedure = text(name)
    answers = {
        row.answer["id"] for s in procedure.steps for p in s.phases for row in p.on if row.answer
    }
    for words in sorted(answers.difference(_SEEN_ONLY)):
        ways = [way(procedure, intention) for intention in of(f"answer:{words}")]
        assert any(ways), words


def test_a_group_walks_one_by_one() -> None:
    """Each person of a group passes the metal detector, and shows a card at the return."""
    events = way(text("pimpinan"), of("nothing-to-store")[0], persons=3)
    assert events is not None
    assert events.count("detector.passage") == 3
    assert events.count("card.issued") == 3
    assert events.count("card.presented") == 1 + 3


def test_a_value_is_compared() -> None:
    """A value above the limit leads another way than one below it."""
    procedure = text("ruang-rawat")
    at = start(procedure)
    while at.phase != "ukur":
        at = follow(procedure, AROUND, at, "button.accept")
    hot = follow(procedure, AROUND, at, "value.temperature", 38)
    cool = follow(procedure, AROUND, at, "value.temperature", 36.5)
    assert hot.phase != cool.phase


def test_deeds_are_data() -> None:
    """A deed says what to enter, so that the same way can be gone again."""
    aim = Aim(intention=of("above-the-limit")[0])
    procedure = text("ruang-rawat")
    found = find(procedure, AROUND, start(procedure), aim, lambda _at, _event: True)
    assert found is not None
    assert Deed("value.temperature", 38) in found


def test_an_end_leaves_the_place() -> None:
    """The next guest is called once the one before has gone."""
    procedure = parse(
        """
        [[steps.phases]]
        id = "loket"
        needs = "room:loket"
        otherwise = "tunggu"
        on = [
            { event = "button.done", to = "@next" },
            { event = "button.leave", to = "@abandoned" },
        ]
        [[steps.phases]]
        id = "tunggu"
        on = [{ event = "room.free", to = "loket" }]
        """
    )
    inside = start(procedure)
    assert inside.place == "loket"
    for event in ("button.done", "button.leave"):
        assert follow(procedure, AROUND, inside, event).place == ""
