"""Deeds derived from small steps: shown, vouched for, or missing on some way."""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sop.procedures.deed_evidence import NO_WAY, Evidence, deeds_of
from edge.sop.procedures.deeds import COMPLETED, DEEDS
from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition
from edge.sop.procedures.step_paths import START, Edge, edges, path
from edge.sop.procedures.vocabulary import EVIDENCE, VERBS, Vouched


def step_of(*phases: Phase, step_id: str = "satu", **more: Any) -> Step:
    """Return a step of these phases."""
    return Step(
        number=1, id=step_id, role="Petugas", station="gate", activity="-", title="-", source="-",
        phases=phases, **more,
    )  # fmt: skip


def of(*steps: Step, anywhere: tuple[Transition, ...] = ()) -> Procedure:
    """Return a procedure of these steps."""
    return Procedure(
        id="uji", version="1", title=Text(id="-", en="-"), source="-", office="-",
        anywhere=anywhere, steps=steps,
    )  # fmt: skip


def phase(phase_id: str, *ways: tuple[str, str] | Transition, **more: Any) -> Phase:
    """Return a phase with these transitions: (event, to) or whole."""
    on = [
        one if isinstance(one, Transition) else Transition(event=one[0], to=one[1]) for one in ways
    ]
    return Phase(id=phase_id, on=tuple(on), **more)


def evidence(deed: str, *phases: Phase, **more: Any) -> Evidence:
    """Return the evidence of *deed* that a step of these phases gives."""
    step = step_of(*phases, **more)
    (found,) = deeds_of(of(step), step, deeds=[deed])
    return found


READ = phase("kartu", ("card.issued", "@next"))
DONE = phase("selesai", ("button.done", "@next"))


def test_what_equipment_shows_on_every_way_is_shown() -> None:
    """No gap, no officer's word."""
    assert evidence("card-given", READ) == Evidence(deed="card-given")


def test_a_way_without_it_is_a_gap_with_its_phases_and_events() -> None:
    """The office can find the way in its file."""
    found = evidence(
        "card-given", phase("tanya", ("button.done", "kartu"), ("button.nothing", "selesai")), READ,
        DONE,
    )  # fmt: skip
    assert found.gap == "phase tanya, button.nothing > phase selesai, button.done"


def test_a_button_beside_the_reader_stands_for_it_and_elsewhere_does_not() -> None:
    """An officer who is asked to wait for the card vouches for it by pressing instead."""
    beside = phase("kartu", ("card.issued", "@next"), ("button.accept", "@next"))
    found = evidence("card-given", beside)
    assert (found.gap, found.shown, found.word) == ("", True, ("phase kartu, button.accept",))
    assert evidence("card-given", DONE).gap == "phase selesai, button.done"


def test_a_press_that_vouches_by_name_is_evidence_that_no_equipment_shows() -> None:
    """An office whose lockers have keys: its officer's press says that they are locked."""
    press = Transition(event="button.done", to="@next", vouches=("belongings-locked",))
    found = evidence("belongings-locked", phase("simpan", press))
    assert (found.gap, found.shown, found.word) == ("", False, ("phase simpan, button.done",))


def test_an_unmet_need_leads_to_its_otherwise_without_the_deed() -> None:
    """A full locker room completes the step: the belongings are not locked away."""
    found = evidence(
        "belongings-locked",
        phase("buka", ("locker.opened", "simpan"), needs="free-locker", otherwise="@next"),
        phase("simpan", ("locker.closed", "@next")),
    )
    assert found.gap == "at once, without an event"


def test_anywhere_is_a_way_of_every_phase_that_does_not_have_its_event() -> None:
    """A press that completes each step from anywhere goes past everything."""
    step = step_of(READ)
    skip = (Transition(event="button.more", to="@next"),)
    (found,) = deeds_of(of(step, anywhere=skip), step, deeds=["card-given"])
    assert found.word == ("phase kartu, button.more",)
    (found,) = deeds_of(of(step_of(DONE), anywhere=skip), step_of(DONE), deeds=["card-given"])
    assert found.gap


def test_a_step_that_nothing_completes_does_nothing() -> None:
    """A step whose ways all end the visit has no deeds."""
    found = evidence("card-given", phase("kartu", ("card.issued", "@declined")))
    assert found.gap == "no way leads through the step"


def test_the_answer_before_the_step_is_evidence_in_it() -> None:
    """The host accepts in one row, the card is given in the next (Jawa Timur, rows 4 and 5a)."""
    call = step_of(
        phase("hubungi", ("aiphone.accept", "#dua"), ("timeout", "#dua")), step_id="satu"
    )
    card = step_of(READ, step_id="dua")
    (found,) = deeds_of(of(call, card), card, deeds=["host-accepted"])
    assert found.gap == "step satu, phase hubungi, timeout > phase kartu, card.issued"
    sure = step_of(phase("hubungi", ("aiphone.accept", "#dua")), step_id="satu")
    (found,) = deeds_of(of(sure, card), card, deeds=["host-accepted"])
    assert found == Evidence(deed="host-accepted")


def _rows(**signing: str) -> Procedure:
    """Return a procedure that checks, signs (row 3) and hands over; some lead as *signing*."""
    ways = {"papers": "@next", "check": "@next"} | signing
    papers = phase("p", ("button.done", ways["papers"]))
    check = phase("c", ("button.done", ways["check"]))
    sign = phase("s", ("aiphone.accept", "#hand"), ("aiphone.decline", "#papers"))
    other = phase("o", ("button.done", "@next"))
    steps = {"papers": papers, "check": check, "sign": sign, "other": other, "hand": DONE}
    numbers = {"papers": 1, "check": 2, "sign": 3, "other": 3, "hand": 4}
    return of(
        *(replace(step_of(one, step_id=name), number=numbers[name]) for name, one in steps.items())
    )


@pytest.mark.parametrize(
    ("signing", "gap"),
    [
        ({}, ""),
        ({"check": "#other"}, ""),
        ({"papers": "#hand"}, "phase s, aiphone.decline"),
        ({"check": "#hand"}, "phase s, aiphone.decline"),
    ],
)
def test_a_way_back_completes_a_step_only_if_the_visit_can_go_past_it_then(
    signing: dict[str, str], gap: str
) -> None:
    """Papers that are sent back come to be signed again; a way from there past the row is a gap."""
    procedure = _rows(**signing)
    (found,) = deeds_of(procedure, procedure.step("sign"), deeds=["approval-given"])
    assert found == Evidence(deed="approval-given", gap=gap)


def test_a_way_to_an_alternative_of_the_row_is_no_way_back() -> None:
    """Row 3a leads to row 3b at once: 3a is completed without its deed."""
    sign = step_of(phase("s", ("button.done", "#dua")), step_id="satu")
    other = step_of(DONE, step_id="dua")
    (found,) = deeds_of(of(sign, other), sign, deeds=["approval-given"])
    assert found.gap == "phase s, button.done"


def test_a_call_is_no_answer() -> None:
    """Another press beside the aiphone is no yes of the host."""
    ring = phase(
        "hubungi", ("aiphone.accept", "@next"), ("button.done", "@next"), do=("ring:call",)
    )
    assert evidence("host-asked", ring).gap == ""
    assert evidence("host-accepted", ring).gap == "phase hubungi, button.done"


def reminded(*ways: tuple[str, str] | Transition) -> str:
    """Return the gap of limit-reminded of a meeting whose first phase has *ways*."""
    ring = phase("ingat", ("aiphone.decline", "@next"), do=("ring:reminder",))
    meeting = phase("bertemu", ("aiphone.decline", "@next"), *ways)
    return evidence("limit-reminded", meeting, ring, timed_from="bertemu").gap


def test_the_limit_is_reminded_of_when_the_time_goes_by() -> None:
    """A meeting that ends early needs no ring; one that lasts does."""
    assert reminded(("timeout", "ingat")) == ""
    assert reminded() == "phase bertemu: no reminder is rung when the time goes by"
    assert reminded(("timeout", "bertemu")) == "phase bertemu: its time-outs ring no reminder"
    assert reminded(("timeout", "@next")) == reminded()
    ends = Transition(event="button.done", to="@next", vouches=("limit-reminded",))
    alone = evidence("limit-reminded", phase("bertemu", ends))
    assert (alone.gap, alone.shown) == ("", False)


def test_a_reminder_is_rung_on_each_way_that_time_takes() -> None:
    """A time-out into a phase with a need has two ways: both must remind."""
    end = ("aiphone.decline", "@next")
    ring = phase("ingat", end, do=("ring:reminder",))
    meeting = phase("bertemu", end, ("timeout", "ada-loker"))
    both = phase("ada-loker", end, ("timeout", "ingat"), needs="locker", otherwise="ingat")
    assert evidence("limit-reminded", meeting, both, ring).gap == ""
    one = phase("ada-loker", end, ("timeout", "ingat"), needs="locker", otherwise="diam")
    still = phase("diam", end)
    assert evidence("limit-reminded", meeting, one, ring, still).gap == (
        "phase diam: no reminder is rung when the time goes by"
    )


def test_an_event_of_a_named_device_or_value_is_of_its_kind() -> None:
    """An alarm of one of two detectors is an alarm; a temperature is a value."""
    walk = Transition(event="detector.passage:lobby", to="@next", clear="one")
    alarm = Transition(event="detector.alarm:lobby", to="alarm")
    step = (
        phase("lewat", walk, alarm),
        phase("alarm", ("button.done", "lewat"), do=("alarm:metal-detector",)),
    )
    assert evidence("each-person-screened", *step) == Evidence(deed="each-person-screened")
    assert evidence("alarm-answered", *step) == Evidence(deed="alarm-answered")
    assert evidence("value-entered", phase("suhu", ("value.temperature", "@next"))).gap == ""
    assert evidence("value-entered", DONE).gap == "phase selesai, button.done"


def test_a_room_with_a_limit_is_entered_by_its_need() -> None:
    """The need of a place counts with its name: room:arsip."""
    room = phase("masuk", ("button.done", "@next"), needs="room:arsip", otherwise="tunggu")
    wait = phase("tunggu", ("room.free", "masuk"))
    assert evidence("room-limit-kept", room, wait) == Evidence(deed="room-limit-kept")
    assert evidence("room-limit-kept", DONE).gap


@pytest.mark.parametrize(
    ("deed", "to", "more", "gap"),
    [
        ("refusal-possible", "@refused", {"reason": "dress"}, False),
        ("refusal-possible", "@refused", {}, True),
        ("refusal-possible", "@declined", {"reason": "dress"}, True),
        ("reason-given", "@declined", {"reason": "host-away"}, False),
        ("reason-given", "@declined", {}, True),
        ("reschedule-offered", "@rescheduled", {}, False),
        ("reschedule-offered", "@declined", {}, True),
    ],
)
def test_how_a_guest_may_be_turned_away(
    deed: str, to: str, more: dict[str, Any], gap: bool
) -> None:
    """Refused and declined with a reason, and offered another day."""
    away = Transition(event="button.refuse", to=to, **more)
    assert bool(evidence(deed, phase("periksa", ("button.done", "@next"), away)).gap) is gap


def test_a_refusal_that_is_possible_anywhere_is_possible_in_each_phase() -> None:
    """One line of the procedure serves all steps; without its button it serves none."""
    step = step_of(DONE)
    away = (Transition(event="button.refuse", to="@refused", reason="dress"),)
    whole = of(step, anywhere=away)
    (found,) = deeds_of(whole, step, deeds=["refusal-possible"])
    assert not found.gap
    (found,) = deeds_of(whole, step, lambda _, word: word == "button.done", ["refusal-possible"])
    assert found.gap == "phase selesai, button.done"


def test_a_row_for_guests_who_are_not_received_ends_the_visit() -> None:
    """Jawa Timur, row 5b: no way leads from the offer of another day to the host."""
    away = ("button.reschedule", "@rescheduled")
    assert evidence("visit-ended", phase("tawarkan", away)) == Evidence(deed="visit-ended")
    on = phase("tawarkan", away, ("button.done", "@next"))
    assert evidence("visit-ended", on).gap == "phase tawarkan, button.done"


def test_less_equipment_leaves_the_officers_word() -> None:
    """Without a reader the step is completed by the button alone; without both, by nothing."""
    step = step_of(phase("kartu", ("card.issued", "@next"), ("button.accept", "@next")))
    (found,) = deeds_of(of(step), step, lambda _, word: word != "card.issued", ["card-given"])
    assert (found.gap, found.shown) == ("", False)
    (found,) = deeds_of(of(step), step, lambda *_: False, ["card-given"])
    assert found.gap == "no way leads through the step"


def test_every_word_of_a_sign_is_one_that_a_procedure_can_have() -> None:
    """A slip in the table of deeds would be evidence that no procedure ever gives."""
    # The last two are made by files of procedures with values and escorts.
    own = {"reason", "returns-identity", "alarm", "value", "card.escort"}
    for name, deed in DEEDS.items():
        assert deed.text.id
        assert deed.text.en
        assert deed.signs or deed.reminds or deed.ends_visit, name
        for word in {w for sign in deed.signs for w in sign.shown | sign.vouched}:
            kind, _, rest = word.rpartition(":")
            plain = rest if kind in ("beside", "before", "counted") else word
            known = {*EVIDENCE, *VERBS, *own, "button", "ring:call"}
            if kind not in ("needs", "without", "shows", "offers"):
                assert plain in known, (name, word)


def test_what_can_be_vouched_for_by_name_is_a_deed_that_equipment_can_show() -> None:
    """For the others a press is all the evidence there is, or the law names the equipment."""
    for name in get_args(Vouched):
        deed = DEEDS[name]
        assert deed.word_suffices
        assert deed.reminds or name == "identity" or all(sign.shown for sign in deed.signs), name


PHASES = ["a", "b", "c", "d"]
ENDS = ["@next", "@skip", "@declined", "#satu"]
TRANSITIONS = st.builds(
    Transition,
    event=st.sampled_from(["card.issued", "button.done", "button.accept", "timeout"]),
    to=st.sampled_from([*PHASES, *ENDS]),
)


def _phases(drawn: Sequence[tuple[list[Transition], str | None]]) -> list[Phase]:
    return [
        Phase(
            id=name, on=tuple({way.event: way for way in ways}.values()),
            needs=None if otherwise is None else "locker", otherwise=otherwise,
        )
        for name, (ways, otherwise) in zip(PHASES, drawn, strict=True)
    ]  # fmt: skip


STEPS = st.lists(
    st.tuples(
        st.lists(TRANSITIONS, max_size=4),
        st.sampled_from([None, None, "c", "d", "@next"]),
    ),
    min_size=4,
    max_size=4,
).map(_phases)


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from(["card.issued", "button.done", "without:locker"]), st.randoms())
def test_a_word_is_certain_if_and_only_if_every_walk_carries_it(
    phases: list[Phase], word: str, chance: random.Random
) -> None:
    """The way that is found avoids the word; where none is found, no walk does."""
    step = step_of(*phases)
    graph = edges(of(step), step)
    found = path(graph, frozenset({word}), {COMPLETED})
    if found is not None:
        assert (found[0].source, found[-1].target) == (START, COMPLETED)
        assert all(one.target == two.source for one, two in pairwise(found))
        assert not any(word in edge.words for edge in found)
        return
    for _ in range(20):
        walk = _walk(graph, chance)
        if walk and walk[-1].target == COMPLETED:
            assert any(word in edge.words for edge in walk)


SIGNED = [name for name, deed in DEEDS.items() if deed.signs]


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from(PHASES), st.sampled_from(["@next", "@skip", *PHASES]))
def test_one_more_way_never_makes_a_deed_stronger(phases: list[Phase], place: str, to: str) -> None:
    """Evidence is what no visit can avoid: a further press cannot add to it."""
    more = [
        phase
        if phase.id != place
        else replace(phase, on=(*phase.on, Transition(event="button.more", to=to)))
        for phase in phases
    ]
    one, two = step_of(*phases), step_of(*more)
    before = deeds_of(of(one), one, deeds=SIGNED)
    for was, now in zip(before, deeds_of(of(two), two, deeds=SIGNED), strict=True):
        if was.gap and was.gap != NO_WAY:
            assert now.gap, was.deed
        elif was.word and not now.gap:
            assert now.word or not now.shown, was.deed


def _walk(graph: list[Edge], chance: random.Random) -> list[Edge]:
    """Return a random walk of at most 12 edges from the begin of the step."""
    walk: list[Edge] = []
    here = START
    while len(walk) < 12 and (ways := [edge for edge in graph if edge.source == here]):
        walk.append(chance.choice(ways))
        here = walk[-1].target
    return walk
