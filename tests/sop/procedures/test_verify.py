"""Verification of procedures: one broken example per rule, and its exact message."""

from typing import Any

import msgspec
import pytest

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.doors import Door
from edge.config.sections.metal_detector import NamedMetalDetector
from edge.config.sections.pins import Contact, Output, Signal
from edge.sop.procedures.equipment import EquipmentFindings, verify_equipment
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition
from edge.sop.procedures.unused import unused_doors
from edge.sop.procedures.verify import verify

FOLDER = default_config_folder()
DONE = Transition(event="button.done", to="@next")
NEXT_ALLOWED = "@next, @skip, @declined, @rescheduled, @refused, @abandoned"


def phase(name: str = "wait", *on: Transition, **values: Any) -> Phase:
    """A phase; without transitions it waits for done."""
    return Phase(id=name, on=values.pop("on", on or (DONE,)), **values)


def a_step(name: str = "only", *phases: Phase, number: int = 1, **values: Any) -> Step:
    """A step at the desk."""
    return Step(
        number=number, id=name, role="Petugas", station="desk", activity="Menunggu",
        title="Wait", source="none", phases=phases or (phase(),), **values,
    )  # fmt: skip


def a_procedure(*steps: Step, **values: Any) -> Procedure:
    """A procedure of *steps*."""
    title = Text(id="Contoh", en="Example")
    return Procedure(
        id="example", version="1", title=title, source="none", office="none",
        steps=steps or (a_step(),), **values,
    )  # fmt: skip


def one_way(
    event: str = "button.done", to: str = "@next", *, a_standard: bool = False, **values: Any
) -> Procedure:
    """A procedure of one step (with a standard time), one phase and one transition."""
    way = Transition(event=event, to=to, **values)
    ways = phase("wait", way, DONE if event != DONE.event else way)
    return a_procedure(a_step("only", ways, standard_s=60 if a_standard else None))


def test_a_right_procedure_has_no_problems() -> None:
    """The example that the broken ones are made from has no problem."""
    assert verify(a_procedure()) == []


TIMEOUT = Transition(event="timeout", after_s=1, to="@next")
BROKEN: dict[str, tuple[Procedure, list[str]]] = {
    "step id twice": (
        a_procedure(a_step("one"), a_step("one", number=2)),
        ["step one: is there twice; allowed: one step of each id"],
    ),
    "phase id twice": (
        a_procedure(a_step("one", phase("a"), phase("a"))),
        ["step one, phase a: is there twice; allowed: one phase of each id"],
    ),
    "first number": (
        a_procedure(a_step("one", number=2)),
        ["step one: number is 2; allowed: 1 for the first step"],
    ),
    "number order": (
        a_procedure(a_step("one"), a_step("two", number=3)),
        ["step two: number is 3 after 1; allowed: 2, or 1 for an alternative"],
    ),
    "timed_from": (
        a_procedure(a_step("one", timed_from="later")),
        ["step one: timed_from is 'later'; allowed: wait"],
    ),
    "deed unknown": (
        a_procedure(a_step("one", phase(do=("dance",)))),
        [
            (
                "step one, phase wait: do 'dance' is unknown; allowed: ring, still, unlock, "
                "unlock-another, fault-locker, release-locker, release-door, take-card, "
                "take-shown, lose-card, release-escort, leave-place, alarm, clear"
            )
        ],
    ),
    "deed without its argument": (
        a_procedure(a_step("one", phase(do=("still",)))),
        ["step one, phase wait: do 'still' is incomplete or too much; allowed: still:..."],
    ),
    "deed with too much": (
        a_procedure(a_step("one", phase(do=("take-card:now",)))),
        ["step one, phase wait: do 'take-card:now' is incomplete or too much; allowed: take-card"],
    ),
    "alarm of an input": (
        a_procedure(a_step("one", phase(do=("alarm:fire", "clear:fire")))),
        [
            (
                "step one, phase wait: do 'alarm:fire' is a safety input's own alarm; "
                "allowed: another name"
            )
        ],
    ),
    "ring pattern": (
        a_procedure(a_step("one", phase(do=("ring:long",)))),
        [
            (
                "step one, phase wait: do 'ring:long' has an unknown pattern; "
                "allowed: call, reminder, limit"
            )
        ],
    ),
    "alarm of one detector": (
        a_procedure(a_step("one", phase(do=("alarm:metal-detector-lobby",)))),
        [
            (
                "step one, phase wait: do 'alarm:metal-detector-lobby' names one metal detector; "
                "allowed: alarm:metal-detector, which means the detector where the guest is"
            )
        ],
    ),
    "clear anywhere": (
        a_procedure(anywhere=(Transition(event="button.leave", to="@abandoned", clear="all"),)),
        [
            (
                'anywhere, on "button.leave": counts a person as clear anywhere; '
                "allowed: clear in the phases of a step"
            )
        ],
    ),
    "otherwise without clear": (
        one_way("detector.passage", "@next", otherwise="wait"),
        [
            (
                'step only, phase wait, on "detector.passage": has otherwise without clear; '
                "allowed: both, or none"
            )
        ],
    ),
    "otherwise elsewhere": (
        a_procedure(
            a_step(
                "only",
                phase("a", Transition(event="button.done", to="@next", clear="one", otherwise="b")),
            )
        ),
        ["step only, phase a, on \"button.done\": otherwise is 'b'; allowed: a"],
    ),
    "a group on one walk": (
        one_way("detector.passage", "@next", clear="one"),
        [
            (
                f'step only, phase wait, on "{event}": leads on while persons may not have passed '
                'clear; allowed: in a phase with needs = "all-clear", or with clear and otherwise'
            )
            for event in ("detector.passage", "button.done")
        ],
    ),
    "deed name": (
        a_procedure(a_step("one", phase(do=("still:The Desk",)))),
        [
            (
                "step one, phase wait: do 'still:The Desk' has a wrong name; "
                "allowed: lower-case letters, digits and single dashes"
            )
        ],
    ),
    "unlock without need": (
        a_procedure(a_step("one", phase(do=("unlock",)))),
        [
            (
                "step one, phase wait: unlock without a locker; allowed: needs locker or "
                "free-locker or several-lockers"
            )
        ],
    ),
    "another locker without need": (
        a_procedure(
            a_step(
                "one", phase("a", needs="locker", otherwise="b", do=("unlock-another",)), phase("b")
            )
        ),
        [("step one, phase a: unlock-another without a locker; allowed: needs another-locker")],
    ),
    "clear without alarm": (
        a_procedure(a_step("one", phase(do=("clear:fire",)))),
        [
            (
                "do 'clear:fire' clears an alarm that no phase raises; "
                "allowed: nothing, as no phase raises an alarm"
            )
        ],
    ),
    "need unknown": (
        a_procedure(a_step("one", phase("a", needs="luck", otherwise="b"), phase("b"))),
        [
            (
                "step one, phase a: needs is 'luck'; allowed: locker, card, free-locker, passage, "
                "exit, all-clear, host, host-choice, door, return-button, reader, escort, "
                "more-cards, "
                "missing-card, more-lockers, another-locker, several-lockers, guest-book, "
                "signature, identity, value, hours, room"
            )
        ],
    ),
    "need alone": (
        a_procedure(a_step("one", phase(needs="card"))),
        ["step one, phase wait: needs and otherwise go together; allowed: both or none"],
    ),
    "otherwise unknown": (
        a_procedure(
            a_step("one", phase("a", DONE, needs="card", otherwise="@skip"), phase("b")),
        ),
        [
            "step one, phase a: otherwise is '@skip'; allowed: b, @next",
            "step one, phase b: no transition leads here",
        ],
    ),
    "otherwise loop": (
        a_procedure(
            a_step(
                "one",
                phase("a", needs="card", otherwise="b"),
                phase("b", needs="locker", otherwise="a"),
            )
        ),
        [
            (
                "step one, phase a: otherwise leads back here (a -> b -> a); "
                "allowed: an end in a phase without needs"
            )
        ],
    ),
    "wait for ever": (
        a_procedure(
            a_step(
                "one",
                phase("a", DONE, Transition(event="button.again", to="b")),
                Phase(id="b"),
            )
        ),
        ["step one, phase b: waits for ever; allowed: at least one transition in on"],
    ),
    "event unknown": (
        one_way("button.push"),
        [
            (
                'step only, phase wait, on "button.push": unknown event (did you mean '
                "button.refuse?); allowed: button.arrive, button.done, button.accept, "
                "button.decline, button.absent, button.again, "
                "button.reschedule, button.locker, button.nothing, button.refuse, button.leave, "
                "button.extend, button.host, button.lost, button.reason-1, button.reason-2, "
                "button.reason-3, button.reason-4, aiphone.accept, aiphone.call, aiphone.decline, "
                "aiphone.release, aiphone.extend, aiphone.busy, card.issued, card.presented, "
                "card.escort, identity.taken, "
                "locker.opened, locker.closed, detector.alarm, detector.passage, "
                "detector.too-fast, detector.exit, door.opened, door.closed, room.free, timeout, "
                "value.ID"
            )
        ],
    ),
    "event twice": (
        a_procedure(a_step("one", phase("a", DONE, DONE))),
        [
            (
                'step one, phase a: waits for "button.done" twice; allowed: one transition for '
                "each event, or several of which all but the last have at_most, above, below or "
                "equals"
            )
        ],
    ),
    "timeout without after_s": (
        one_way("timeout"),
        [
            (
                'step only, phase wait, on "timeout": timeout and after_s go together; '
                "allowed: both or none"
            )
        ],
    ),
    "after_s without timeout": (
        one_way("button.again", after_s=3),
        [
            (
                'step only, phase wait, on "button.again": timeout and after_s go together; '
                "allowed: both or none"
            )
        ],
    ),
    "both times": (
        one_way("timeout", a_standard=True, after_s=3, at_s=3),
        [('step only, phase wait, on "timeout": has both after_s and at_s; allowed: one of them')],
    ),
    "at_s without a standard": (
        one_way("timeout", at_s=3),
        [
            (
                'step only, phase wait, on "timeout": counts by a standard time that there is not; '
                "allowed: with standard_s"
            )
        ],
    ),
    "extends by nothing": (
        one_way("button.extend", to="wait", a_standard=True, extend=True),
        [
            (
                'step only, phase wait, on "button.extend": extends, but the step has no extend_s '
                "and extensions; allowed: with both"
            )
        ],
    ),
    "reason is no word": (
        a_procedure(reasons=("In a meeting",)),
        ["reasons: has 'In a meeting'; allowed: lower-case letters, digits and single dashes"],
    ),
    "reason twice": (
        a_procedure(reasons=("busy", "busy")),
        ["reasons: has 'busy' twice; allowed: each once"],
    ),
    "timeout passed on": (
        one_way("timeout", after_s=3, pass_on=True),
        [
            (
                'step only, phase wait, on "timeout": a time-out cannot be passed on; '
                "allowed: pass_on = false"
            )
        ],
    ),
    "timeout anywhere": (
        a_procedure(anywhere=(TIMEOUT,)),
        ['anywhere, on "timeout": a time-out belongs to one phase; allowed: every other event'],
    ),
    "phase as target anywhere": (
        a_procedure(anywhere=(Transition(event="button.leave", to="wait"),)),
        [f"anywhere, on \"button.leave\": leads to 'wait'; allowed: {NEXT_ALLOWED}, #only"],
    ),
    "reason": (
        one_way("button.leave", "@abandoned", reason="Guest left"),
        [
            (
                "step only, phase wait, on \"button.leave\": reason is 'Guest left'; "
                "allowed: lower-case letters, digits and single dashes"
            )
        ],
    ),
    "skip without reason": (
        one_way("button.nothing", "@skip"),
        [
            (
                'step only, phase wait, on "button.nothing": skips the step without saying why; '
                "allowed: with a reason"
            )
        ],
    ),
    "target unknown": (
        one_way("button.again", "#elsewhere"),
        [
            (
                "step only, phase wait, on \"button.again\": leads to '#elsewhere'; "
                f"allowed: wait, {NEXT_ALLOWED}, #only"
            )
        ],
    ),
    "via without outcome": (
        a_procedure(
            a_step("one", phase("a", Transition(event="button.done", to="@next", via="two"))),
            a_step("two", number=2),
        ),
        [
            (
                'step one, phase a, on "button.done": via goes with an outcome only; '
                "allowed: @declined, @rescheduled, @refused, @abandoned"
            )
        ],
    ),
    "via unknown": (
        a_procedure(
            a_step(
                "one",
                phase("a", DONE, Transition(event="button.refuse", to="@refused", via="three")),
            ),
            a_step("two", number=2),
        ),
        ["step one, phase a, on \"button.refuse\": via is 'three'; allowed: two"],
    ),
    "phase not reached": (
        a_procedure(a_step("one", phase("a"), phase("b"))),
        ["step one, phase b: no transition leads here"],
    ),
    "step not reached": (
        a_procedure(
            a_step("one", phase("a", Transition(event="button.done", to="@declined"))),
            a_step("two", number=2),
        ),
        ["step two: no transition leads here"],
    ),
    "step without end": (
        a_procedure(
            a_step(
                "one",
                phase("a", Transition(event="button.done", to="b")),
                phase("b", Transition(event="button.again", to="a")),
            )
        ),
        [
            (
                "step one: nothing can complete it; allowed: transitions that lead from its first "
                "phase to @next, @skip, an outcome or #step-id"
            )
        ],
    ),
    "phase without end": (
        a_procedure(
            a_step(
                "one",
                phase("a", DONE, Transition(event="button.again", to="b")),
                phase("b", Transition(event="button.again", to="b")),
            )
        ),
        ["step one, phase b: no way leads out of the step from here"],
    ),
    "pass_on loop by otherwise": (
        a_procedure(
            a_step(
                "one",
                phase("a", DONE, Transition(event="card.presented", to="#two", pass_on=True)),
            ),
            a_step("two", phase("b", needs="locker", otherwise="@next"), number=2),
            a_step(
                "three",
                phase("c", DONE, Transition(event="card.presented", to="#one", pass_on=True)),
                number=3,
            ),
        ),
        [
            f'step {step}, phase {name}, on "card.presented": is passed on in a circle; '
            "allowed: pass_on = false in one of its phases"
            for step, name in (("one", "a"), ("three", "c"))
        ],
    ),
    "pass_on loop": (
        a_procedure(
            a_step(
                "one",
                phase("a", DONE, Transition(event="card.presented", to="#two", pass_on=True)),
            ),
            a_step(
                "two",
                phase("b", DONE, Transition(event="card.presented", to="#one", pass_on=True)),
                number=2,
            ),
        ),
        [
            f'step {step}, phase {name}, on "card.presented": is passed on in a circle; '
            "allowed: pass_on = false in one of its phases"
            for step, name in (("one", "a"), ("two", "b"))
        ],
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_says_what_is_wrong_and_what_is_allowed(rule: str) -> None:
    """The exact message of each rule, and no other problem."""
    procedure, problems = BROKEN[rule]
    assert verify(procedure) == problems


def test_an_event_may_be_passed_on_once() -> None:
    """The card that ends a meeting is passed on to the step of its return: that is no loop."""
    way = Transition(event="card.presented", to="@next", pass_on=True)
    last = a_step("two", phase("b", Transition(event="card.presented", to="@next")), number=2)
    assert verify(a_procedure(a_step("one", phase("a", way)), last)) == []


TAKES = Transition(event="button.done", to="@next", vouches=("identity",))
RETURNS = Transition(event="button.done", to="@next", returns_identity=True)
CALLED = Transition(event="aiphone.call", to="@next")
ACCEPTED = Transition(event="aiphone.accept", to="@next")


@pytest.mark.parametrize(
    ("procedure", "problem"),
    [
        (
            a_procedure(a_step("one", phase("a", TAKES))),
            (
                "step one: takes the guests' IDs, and no transition returns them; allowed: with "
                "returns_identity = true where the guests have them back"
            ),
        ),
        (
            a_procedure(a_step("one", phase("a", RETURNS))),
            (
                "returns_identity: no step takes the guests' IDs; allowed: with vouches "
                '["identity"] or the event identity.taken where they are taken'
            ),
        ),
        (
            a_procedure(a_step("one", phase("a", CALLED, ACCEPTED))),
            (
                "step one, phase a: the aide's accept is both aiphone.call and aiphone.accept; "
                "allowed: one"
            ),
        ),
        (
            msgspec.structs.replace(
                a_procedure(a_step("one", phase("a", DONE))), anywhere=(CALLED,)
            ),
            (
                'anywhere, on "aiphone.call": a call belongs to the phase in the waiting room; '
                "allowed: only there"
            ),
        ),
        (
            a_procedure(
                msgspec.structs.replace(a_step("one", phase("a", DONE)), page_shows_signature=True)
            ),
            "step one: page_shows_signature, but no still:guestbook; allowed: with that still",
        ),
    ],
    ids=["never returned", "never taken", "one contact", "anywhere", "no picture"],
)
def test_ids_calls_and_pictures_are_consistent(procedure: Procedure, problem: str) -> None:
    """An ID that is taken is returned; the aide's contact has one meaning; a still is taken."""
    assert verify(procedure) == [problem]


CONFIG = load_config(FOLDER / "gardu.toml")
JATIM_CONFIG = load_config(FOLDER / "gardu-jatim.toml")
PROCEDURES = load_procedures(FOLDER / "sop", ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"])


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_procedure_fits_the_config_it_comes_with(name: str) -> None:
    """All four pass with their own checkpoints; notes: buttons, and pictures of the guest book."""
    found = verify_equipment(PROCEDURES[name], JATIM_CONFIG if name == "jatim" else CONFIG)
    assert found.problems == ()
    told = ("no button at station", 'no camera has the purpose "guestbook"', "both take")
    assert all(any(words in note for words in told) for note in found.notes)


def fit(name: str = "pimpinan", **values: Any) -> EquipmentFindings:
    """Return the findings for a procedure with the shipped config, changed by *values*."""
    return verify_equipment(PROCEDURES[name], msgspec.structs.replace(CONFIG, **values))


LACKING: dict[str, tuple[dict[str, Any], list[str]]] = {
    "lockers": (
        {"lockers": None},
        [
            (
                'step penitipan, phase buka: asks for "unlock", but there are no lockers; '
                "add [lockers]"
            ),
            (
                'step pengembalian, phase loker: asks for "unlock", but there are no lockers; '
                "add [lockers]"
            ),
        ],
    ),
    "metal detector": (
        {"metal_detector": None},
        [
            (
                'step pemeriksaan, phase lewat-tanpa-sinar: asks for "detector.alarm", but there '
                "is "
                "no metal detector; add [metal_detector]"
            ),
        ],
    ),
    "aiphone": (
        {"aiphone": {}},
        [
            (
                'step penerimaan, phase hubungi: asks for "ring:call", but no aiphone serves this '
                "procedure; add it to procedures of an [aiphone.NAME]"
            ),
            (
                'step menghadap, phase panggil: asks for "aiphone.accept", but no aiphone serves '
                "this "
                "procedure; add it to procedures of an [aiphone.NAME]"
            ),
        ],
    ),
    "cameras": (
        {"cameras": {}},
        [
            (
                'step penerimaan, phase selesai: asks for "still:desk", but no camera has the '
                'purpose "desk"; add it to purposes of a [cameras.NAME]'
            ),
            (
                'step pemeriksaan, phase alarm: asks for "still:alarm", but no camera has the '
                'purpose "alarm"; add it to purposes of a [cameras.NAME]'
            ),
        ],
    ),
    "readers": (
        {"card_readers": {}},
        [
            (
                'step penerimaan, phase kartu: asks for "card.issued", but no card reader serves '
                "station reception; add it to stations of a [card_readers.NAME]"
            ),
            (
                'step menghadap, phase bertemu: asks for "card.presented", but there is no card '
                "reader; "
                "add a [card_readers.NAME]"
            ),
        ],
    ),
    "panel": (
        {"panels": {n: p for n, p in CONFIG.panels.items() if n != "officer-1"}},
        [
            (
                'step menunggu, phase kartu: asks for "button.leave", but no panel serves station '
                "officer-1; add it to stations of a [panels.NAME]"
            ),
            (
                "step menunggu, phase arahkan: cannot be left with the equipment here; "
                "add what gives one of: button.done"
            ),
        ],
    ),
    "arrive": (
        {"panels": {n: p for n, p in CONFIG.panels.items() if n != "reception"}},
        [
            (
                "no button opens a visit; add to a panel's buttons: "
                '{ press = "arrive", procedure = "pimpinan", pin = ... }'
            ),
            (
                'step penerimaan, phase hubungi: asks for "button.accept", but no panel serves '
                "station reception; add it to stations of a [panels.NAME]"
            ),
        ],
    ),
}


@pytest.mark.parametrize("what", LACKING)
def test_missing_equipment_is_named_with_the_place_to_add_it(what: str) -> None:
    """Lockers, detector, aiphone, camera, reader, panel, arrive button: each in plain words."""
    values, expected = LACKING[what]
    problems = fit(**values).problems
    assert set(problems) >= {f"procedure pimpinan: {line}" for line in expected}


def test_a_detector_without_a_beam_is_enough() -> None:
    """The passage contact is optional: the officer's button replaces it."""
    detector = msgspec.structs.replace(CONFIG.metal_detector, passage=None)  # type: ignore[type-var]
    assert fit(metal_detector=detector).problems == ()


def test_a_phase_that_the_contacts_here_cannot_leave_is_a_problem() -> None:
    """The aide has no button to accept at the door: the guest would wait for ever."""
    adc = msgspec.structs.replace(CONFIG.aiphone["adc"], accept=None, decline=None)
    problems = fit(aiphone={"adc": adc}).problems
    assert (
        "procedure pimpinan: step menghadap, phase panggil: cannot be left with the equipment "
        "here; add what gives one of: aiphone.accept, aiphone.decline"
    ) in problems


def test_a_button_that_nobody_has_is_a_note_while_another_way_leads_on() -> None:
    """Reception has no button for "again": done does the same, so it is only a note."""
    found = fit()
    assert "procedure pimpinan: step penerimaan: no button at station reception means again" in (
        found.notes
    )


@pytest.mark.parametrize("purpose", ["guestbook", "signature"])
def test_a_picture_of_the_guest_book_without_a_camera_is_a_note(purpose: str) -> None:
    """The officer vouches: an old config is not refused. Any other still needs its camera."""
    bare = a_procedure(a_step("one", phase("a", DONE, do=(f"still:{purpose}", "still:gate"))))
    found = verify_equipment(bare, CONFIG)
    assert found.notes[0] == (
        f'procedure example: step one: no camera has the purpose "{purpose}", so that only details '
        "and the officer's press show the guest book"
    )
    assert [problem for problem in found.problems if "camera" in problem] == [
        (
            'procedure example: step one, phase a: asks for "still:gate", but no camera has the '
            'purpose "gate"; add it to purposes of a [cameras.NAME]'
        )
    ]


@pytest.mark.parametrize(
    ("event", "contact", "trapped"),
    [("aiphone.call", True, False), ("aiphone.call", False, True), ("identity.taken", True, True)],
)
def test_a_wait_that_nothing_here_ends_is_a_problem(
    event: str, contact: bool, trapped: bool
) -> None:
    """A call needs the aide's contact, an ID's kind a button: else the guest waits for ever."""
    waits = phase("a", Transition(event=event, to="b"))
    step = a_step("one", waits, phase("b", RETURNS if event == "identity.taken" else DONE))
    step = msgspec.structs.replace(step, station="reception")
    adc = msgspec.structs.replace(CONFIG.aiphone["adc"], procedures=["example"])
    adc = adc if contact else msgspec.structs.replace(adc, accept=None)
    here = msgspec.structs.replace(CONFIG.checkpoint, procedures=["example"])
    config = msgspec.structs.replace(CONFIG, checkpoint=here, aiphone={"adc": adc})
    problems = verify_equipment(a_procedure(step), config).problems
    assert any("phase a: cannot be left" in problem for problem in problems) is trapped


def test_a_station_whose_only_way_is_a_missing_button_is_a_problem() -> None:
    """Officer 1's panel without *done*: the step could not be completed."""
    panel = msgspec.structs.replace(CONFIG.panels["officer-1"], buttons=[])
    problems = fit(panels={**CONFIG.panels, "officer-1": panel}).problems
    assert (
        "procedure pimpinan: step menunggu, phase arahkan: cannot be left with the equipment "
        "here; add what gives one of: button.done"
    ) in problems


def test_a_procedure_that_needs_no_door_says_so_or_asks_for_one() -> None:
    """Jatim skips its door where there is none; a deed without "needs" is a problem."""
    config = msgspec.structs.replace(JATIM_CONFIG, doors={})
    assert verify_equipment(PROCEDURES["jatim"], config).problems == ()
    bare = a_procedure(a_step("one", phase("a", DONE, do=("release-door",))))
    assert (
        'procedure example: step one, phase a: asks for "release-door", but no door serves this '
        "procedure; add it to procedures of a [doors.NAME]"
    ) in verify_equipment(bare, config).problems


@pytest.mark.parametrize("contact", [None, Contact(pin=4)])
def test_waiting_for_a_door_needs_a_door_that_says_when_it_opens(contact: Contact | None) -> None:
    """A strike without a contact never reports the guest's entry: the visit would be stuck."""
    door = Door(procedures=["example"], strike=Output(pin=5), contact=contact)
    config = msgspec.structs.replace(JATIM_CONFIG, doors={"office": door})
    waits = phase("a", Transition(event="door.opened", to="@next"), do=("release-door",))
    problems = verify_equipment(a_procedure(a_step("one", waits)), config).problems
    stuck = "one, phase a: cannot be left with the equipment here; add what gives one of: door.open"
    assert any(stuck in problem for problem in problems) == (contact is None)


def test_a_walk_can_be_too_fast_only_before_a_beam() -> None:
    """Without a beam the speed of a guest is unknown."""
    waits = phase("a", Transition(event="detector.too-fast", to="@next"))
    procedure = a_procedure(a_step("one", waits))
    bare = msgspec.structs.replace(CONFIG.metal_detector, passage=None)  # type: ignore[type-var]
    for detector, stuck in ((CONFIG.metal_detector, False), (bare, True)):
        config = msgspec.structs.replace(CONFIG, metal_detector=detector)
        problems = verify_equipment(procedure, config).problems
        assert any("cannot be left" in problem for problem in problems) == stuck


def test_a_step_may_be_reached_by_otherwise_alone() -> None:
    """The step is completed where there is nothing to do in it: the next one is reached."""
    declined = Transition(event="button.decline", to="@declined", reason="no-card")
    whole = a_procedure(
        a_step("one", phase("a", declined, needs="card", otherwise="@next")),
        a_step("two", number=2),
    )
    assert verify(whole) == []


def with_detectors(**stations: str) -> Config:
    """Return the config with a named detector, of two beams, at the station of each name."""
    assert CONFIG.metal_detector is not None
    alarm = CONFIG.metal_detector.alarm
    named = {
        name: NamedMetalDetector(
            stations=[station], alarm=alarm, outer=Signal(pin=24), inner=Signal(pin=25)
        )
        for name, station in stations.items()
    }
    return msgspec.structs.replace(CONFIG, metal_detector=None, metal_detectors=named)


def test_a_screening_needs_a_detector_at_its_station() -> None:
    """A detector elsewhere screens no guest here: the guests would wait for ever."""
    assert verify_equipment(PROCEDURES["pimpinan"], with_detectors(a="officer-3")).problems == ()
    problems = verify_equipment(PROCEDURES["pimpinan"], with_detectors(a="exit")).problems
    assert (
        'procedure pimpinan: step pemeriksaan, phase lewat-tanpa-sinar: asks for "detector.alarm", '
        "but no metal detector screens guests of station officer-3; "
        "add it to stations of a [metal_detectors.NAME]"
    ) in problems


@pytest.mark.parametrize(("direction", "stuck"), [("in", True), ("out", False), ("both", True)])
def test_an_exit_needs_a_beam_that_shows_walks_out(direction: Any, stuck: bool) -> None:
    """A beam that shows walks in only never reports an exit."""
    waits = phase("a", Transition(event="detector.exit", to="@next", clear="all"))
    detector = msgspec.structs.replace(CONFIG.metal_detector, direction=direction)  # type: ignore[type-var]
    config = msgspec.structs.replace(CONFIG, metal_detector=detector)
    problems = verify_equipment(a_procedure(a_step("one", waits)), config).problems
    assert any("cannot be left" in problem for problem in problems) == stuck


def test_a_screening_that_counts_no_persons_is_noted() -> None:
    """A group would pass with one walk: the note says what to add; the shipped files have it."""
    walk = Transition(event="detector.passage", to="a")
    bare = a_procedure(a_step("one", phase("a", DONE, walk)))
    (note,) = [n for n in verify_equipment(bare, CONFIG).notes if "a group passes" in n]
    assert note == (
        "procedure example: step one: a group passes with the walk of one person; add clear = "
        '"one" to its transitions on detector.passage (docs/procedures.md)'
    )
    assert not [n for n in fit().notes if "a group passes" in n]


def test_a_door_by_name_must_serve_the_procedure() -> None:
    """``release-door:NAME`` names a door of the config that serves the procedure."""
    doors = {
        name: Door(procedures=["example"], strike=Output(pin=pin))
        for name, pin in (("office", 5), ("stairs", 6))
    }
    config = msgspec.structs.replace(JATIM_CONFIG, doors=doors)
    for name, lacks in (("stairs", False), ("garage", True)):
        named = a_procedure(a_step("one", phase("a", DONE, do=(f"release-door:{name}",))))
        assert verify(named) == []
        problem = (
            f'procedure example: step one, phase a: asks for "release-door:{name}", but no door '
            f"{name} serves this procedure; allowed: office, stairs, or another [doors.NAME]"
        )
        assert (problem in verify_equipment(named, config).problems) == lacks
        assert any("doors.office" in note for note in unused_doors([named], config))
