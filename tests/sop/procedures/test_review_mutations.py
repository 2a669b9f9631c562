"""Mutations of procedures that come with Gardu: verifikasi SOP finds each, and names its row.

For every row: another actor, another station, another time, other words, another place in the
order, a way past it, and other evidence. The unchanged procedures have no problem.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from edge.config.places import default_config_folder
from edge.sop.procedures.deeds import DEEDS, Sign
from edge.sop.procedures.legal_text import LegalText, load_legal_text
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Duty, Phase, Procedure, Step, Transition
from edge.sop.procedures.remarks import Remark
from edge.sop.procedures.review import review

SOP = default_config_folder() / "sop"
FOLDERS = {
    **dict.fromkeys(["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"], SOP),
    "ruang-rawat": SOP / "examples",
}
NAMES = [*FOLDERS]
PROCEDURES = {name: load_procedure(folder / f"{name}.toml") for name, folder in FOLDERS.items()}
LAW: dict[str, LegalText] = {
    name: load_legal_text(folder / "legal" / f"{name}.toml") for name, folder in FOLDERS.items()
}
UNCHANGED = {name: review(PROCEDURES[name], LAW[name]) for name in NAMES}
STEPS = [(name, place) for name in NAMES for place in range(len(PROCEDURES[name].steps))]
ROWS = [(name, place) for name in NAMES for place in range(len(PROCEDURES[name].rows))]


def new_remarks(name: str, mutant: Procedure) -> list[Remark]:
    """Return the remarks on *mutant* that there are not on the procedure *name*."""
    return [remark for remark in review(mutant, LAW[name]) if remark not in UNCHANGED[name]]


def problems(name: str, mutant: Procedure, place: int) -> list[Remark]:
    """Return the new problems that name the row at *place*."""
    row = LAW[name].rows[place].name
    return [one for one in new_remarks(name, mutant) if one.kind == "problem" and one.row == row]


def with_row(name: str, place: int, **changes: Any) -> Procedure:
    """Return the procedure *name* with its row at *place* changed."""
    whole = PROCEDURES[name]
    if place < len(whole.steps):
        steps = list(whole.steps)
        steps[place] = replace(steps[place], **changes)
        return replace(whole, steps=tuple(steps))
    return replace(whole, duties=(replace(whole.duties[place - len(whole.steps)], **changes),))


@pytest.mark.parametrize("name", NAMES)
def test_the_unchanged_procedure_has_no_problem(name: str) -> None:
    """What comes with Gardu does all that the law demands, by the actors whom it names."""
    assert [remark for remark in UNCHANGED[name] if remark.kind == "problem"] == []
    demanded = [deed for row in LAW[name].rows for deed in row.demands]
    assert len(demanded) >= 12
    assert all(row.demands for row in LAW[name].rows[: len(PROCEDURES[name].steps)])


@pytest.mark.parametrize(("name", "place"), ROWS)
def test_another_actor_is_found(name: str, place: int) -> None:
    """A row that another person of the same procedure carries out."""
    row = PROCEDURES[name].rows[place]
    others = [lane.role for lane in PROCEDURES[name].lanes if lane.role != _roles(row)[0]]
    for other in others:
        mutant = with_row(name, place, **_acted_by(row, other))
        (found,) = [one for one in problems(name, mutant, place) if one.about == "actor"]
        assert f"{other} carries it out" in found.words


@pytest.mark.parametrize(("name", "place"), STEPS)
def test_another_station_is_found(name: str, place: int) -> None:
    """The evidence is that of another officer's panel and reader, under the same role."""
    here = PROCEDURES[name].steps[place].station
    stations = {step.station for step in PROCEDURES[name].steps} | {"gate"}
    for station in stations - {here}:
        mutant = with_row(name, place, station=station)
        (found,) = [one for one in problems(name, mutant, place) if one.about == "actor"]
        assert f"at station {station}" in found.words


@pytest.mark.parametrize(("name", "place"), ROWS)
def test_another_time_is_found(name: str, place: int) -> None:
    """A longer time, none, and one where the law says menyesuaikan."""
    here = PROCEDURES[name].rows[place].standard_s
    for time in [
        (here or 0) + 60,
        *([None] if here and place < len(PROCEDURES[name].steps) else []),
    ]:
        found = problems(name, with_row(name, place, standard_s=time), place)
        assert [one.about for one in found] == ["standard-time"], time


@pytest.mark.parametrize(("name", "place"), ROWS)
@pytest.mark.parametrize("field", ["activity", "equipment", "output", "note"])
def test_another_word_is_found(name: str, place: int, field: str) -> None:
    """One more word in any of the law's columns."""
    here = getattr(PROCEDURES[name].rows[place], field)
    new = f"{here} juga" if isinstance(here, str) else (*here, "juga")
    found = problems(name, with_row(name, place, **{field: new}), place)
    assert [(one.about, f"{field} is not" in one.words) for one in found] == [("wording", True)]


@pytest.mark.parametrize(("name", "place"), STEPS)
def test_a_missing_row_is_found(name: str, place: int) -> None:
    """A step that is taken out."""
    steps = list(PROCEDURES[name].steps)
    del steps[place]
    mutant = replace(PROCEDURES[name], steps=tuple(steps))
    found = [one for one in problems(name, mutant, place) if one.about == "row"]
    assert ["is missing" in one.words for one in found] == [True]


# All steps but the last of each procedure.
WITH_NEXT = [(name, place) for name, place in STEPS if (name, place + 1) in STEPS]


@pytest.mark.parametrize(("name", "place"), WITH_NEXT)
def test_another_order_is_found(name: str, place: int) -> None:
    """A step that changes places with the next one, numbered as they then stand."""
    steps = list(PROCEDURES[name].steps)
    one, two = steps[place], steps[place + 1]
    if one.number == two.number:  # the halves of a row: their letters are in their words
        steps[place : place + 2] = [two, one]
    else:
        steps[place : place + 2] = [
            replace(two, number=one.number),
            replace(one, number=two.number),
        ]
    mutant = replace(PROCEDURES[name], steps=tuple(steps))
    assert "order" in {found.about for found in problems(name, mutant, place)}


# All steps between the first row and the last.
BETWEEN = [(name, place) for name, place in WITH_NEXT if place > 0]


@pytest.mark.parametrize(("name", "place"), BETWEEN)
def test_a_way_past_a_row_is_found(name: str, place: int) -> None:
    """A step before whose end leads to a step after: the row is there, and no visit comes to it."""
    steps = PROCEDURES[name].steps
    number = steps[place].number
    before = [
        one
        for one in range(len(steps))
        if steps[one].number < number
        and any(_completes(way) for phase in steps[one].phases for way in phase.on)
    ]
    after = [one for one in range(len(steps)) if steps[one].number > number]
    past = f"#{steps[after[0]].id}"
    mutant = with_completion(name, before[-1], past)
    row = next(one for one in range(len(steps)) if steps[one].number == number)
    (found,) = [one for one in problems(name, mutant, row) if one.about == "order"]
    assert "can go past it" in found.words
    assert past[1:] in found.words


def with_completion(name: str, place: int, to: str) -> Procedure:
    """Return *name* with the completing transitions of a step leading to *to*."""
    phases = tuple(
        replace(
            phase,
            on=tuple(replace(way, to=to) if _completes(way) else way for way in phase.on),
        )
        for phase in PROCEDURES[name].steps[place].phases
    )
    return with_row(name, place, phases=phases)


@pytest.mark.parametrize(("name", "place"), STEPS)
def test_one_press_in_place_of_the_evidence_is_found(name: str, place: int) -> None:
    """A step that is one phase with one "done": screening, locker, card and all else are gone."""
    step = PROCEDURES[name].steps[place]
    ways = [way for phase in step.phases for way in phase.on]
    to = next((way.to for way in ways if _completes(way)), "@next")
    only = Phase(id="selesai", on=(Transition(event="button.done", to=to),))
    mutant = with_row(name, place, phases=(only,), timed_from=None, admitted_from=None)
    assert "deed" in {found.about for found in problems(name, mutant, place)}


# All steps that do not end in the phase in which they begin.
LONGER = [(name, place) for name, place in STEPS if len(PROCEDURES[name].steps[place].phases) > 1]


@pytest.mark.parametrize(("name", "place"), LONGER)
def test_a_short_cut_at_the_first_phase_is_found(name: str, place: int) -> None:
    """One more transition, by which a press completes the step before anything is done."""
    step = PROCEDURES[name].steps[place]
    ways = [way for phase in step.phases for way in phase.on]
    to = next((way.to for way in ways if _completes(way)), "@next")
    first = replace(step.phases[0], on=(*step.phases[0].on, Transition(event="button.more", to=to)))
    mutant = with_row(name, place, phases=(first, *step.phases[1:]))
    (found, *_) = [one for one in problems(name, mutant, place) if one.about == "deed"]
    assert "button.more" in found.words


def demands() -> Iterator[tuple[str, int, str, int]]:
    """Yield procedure, place, deed and number of the sign of everything that is demanded."""
    for name, place in STEPS:
        for deed in LAW[name].rows[place].demands:
            for number in range(len(DEEDS[deed].signs) or DEEDS[deed].reminds):
                yield name, place, deed, number


@pytest.mark.parametrize(("name", "place", "deed", "number"), list(demands()))
def test_each_sign_that_is_dropped_is_found(name: str, place: int, deed: str, number: int) -> None:
    """The transitions and actions of one sign are taken out: the finding names row and deed.

    What equipment showed and an officer may still vouch for is at least noted.
    """
    signs = DEEDS[deed].signs
    words = signs[number].shown if signs else REMINDERS
    mutant = without(name, place, words)
    if mutant == PROCEDURES[name]:  # here no equipment shows it
        words = signs[number].vouched | {f"vouches:{deed}"}
        mutant = without(name, place, words)
    assert mutant != PROCEDURES[name]
    row = LAW[name].rows[place].name
    found = [one for one in new_remarks(name, mutant) if one.row == row and deed in one.words]
    assert found
    if not _may_be_vouched(signs, number) or not DEEDS[deed].word_suffices:
        assert "problem" in {one.kind for one in found}


REMINDERS = frozenset({"ring:reminder", "ring:limit"})


def without(name: str, place: int, words: frozenset[str]) -> Procedure:
    """Return *name* with everything taken out of a step that gives one of *words*."""
    phases = tuple(
        replace(
            phase,
            on=tuple(
                way if not way.vouches else replace(way, vouches=_kept(way, words))
                for way in phase.on
                if not _gives(way, words)
            ),
            do=tuple(one for one in phase.do if not _does(one, words)),
            needs=None if f"needs:{_without_argument(phase.needs)}" in words else phase.needs,
        )
        for phase in PROCEDURES[name].steps[place].phases
    )
    changed = with_row(name, place, phases=phases)
    if any(word.startswith("before:") for word in words):  # the way in is that of the step before
        before = replace(changed.steps[place - 1], phases=without(
            name, place - 1, frozenset(w.removeprefix("before:") for w in words)
        ).steps[place - 1].phases)  # fmt: skip
        steps = (*changed.steps[: place - 1], before, *changed.steps[place:])
        return replace(changed, steps=steps)
    return changed


def _without_argument(need: str | None) -> str:
    return (need or "").partition(":")[0]


def _gives(way: Transition, words: frozenset[str]) -> bool:
    """Return True if *way* gives one of *words* by its event, its count or its outcome."""
    counted = "button" if way.event.startswith("button.") else way.event
    event = "value" if way.event.startswith("value.") else way.event
    found = {event, *([f"counted:{counted}"] if way.clear else []), f"offers:{way.to}"}
    found |= {"returns-identity"} if way.returns_identity else set()
    found |= {"reason"} if way.reason and way.to in ("@declined", "@rescheduled") else set()
    return bool(found & words)


def _kept(way: Transition, words: frozenset[str]) -> tuple[Any, ...]:
    return tuple(one for one in way.vouches if f"vouches:{one}" not in words)


def _does(action: str, words: frozenset[str]) -> bool:
    verb, _, argument = action.partition(":")
    shows = {f"shows:{one}" for one in ("guest-book", "signature")} & words
    return action in words or verb in words or bool(shows and argument == "guestbook")


def _may_be_vouched(signs: tuple[Sign, ...], number: int) -> bool:
    return bool(signs and signs[number].shown and signs[number].vouched)


@pytest.mark.parametrize("name", ["pimpinan", "eselon-2-3"])
def test_each_phase_that_does_not_hear_the_alarm_is_found(name: str) -> None:
    """A walk is counted in several phases: in none of them may the alarm be overheard."""
    place = [step.id for step in PROCEDURES[name].steps].index("pemeriksaan")
    step = PROCEDURES[name].steps[place]
    counting = [phase for phase in step.phases if any(way.clear for way in phase.on)]
    assert len(counting) >= 4
    for deaf in counting:
        on = tuple(way for way in deaf.on if way.event != "detector.alarm")
        phases = tuple(replace(p, on=on) if p is deaf else p for p in step.phases)
        (found,) = problems(name, with_row(name, place, phases=phases), place)
        assert f"phase {deaf.id} does not wait for detector.alarm" in found.words


def test_screening_by_an_officers_word_alone_is_found() -> None:
    """The press still counts the persons, but the law says: with the metal detector."""
    place = 3
    ways = (Transition(event="button.done", to="@next", clear="all"),)
    mutant = with_row("pimpinan", place, phases=(Phase(id="lewat", on=ways),), timed_from=None)
    found = [one.words for one in problems("pimpinan", mutant, place)]
    assert any("each-person-screened" in words and "officer's word" in words for words in found)


def test_a_guest_who_is_not_received_and_led_on_is_found() -> None:
    """Jawa Timur, row 5b: after the offer of another day no guest is escorted to the host."""
    place = [step.id for step in PROCEDURES["jatim"].steps].index("penjadwalan-ulang")
    mutant = with_row("jatim", place, phases=tuple(
        replace(phase, on=(*phase.on, Transition(event="button.done", to="@next")))
        for phase in PROCEDURES["jatim"].steps[place].phases
    ))  # fmt: skip
    (found,) = problems("jatim", mutant, place)
    assert "visit-ended" in found.words


def test_a_skipped_screening_is_found_and_nothing_to_store_is_not() -> None:
    """A step with deeds may not be skipped; a guest without belongings may skip the locker."""
    step = PROCEDURES["pimpinan"].steps[3]
    lewat = step.phase("lewat")
    skip = Transition(event="button.nothing", to="@skip", reason="in-a-hurry")
    phases = tuple(replace(p, on=(*p.on, skip)) if p is lewat else p for p in step.phases)
    found = problems("pimpinan", with_row("pimpinan", 3, phases=phases), 3)
    assert any("each-person-screened" in one.words for one in found)
    skips = [way for p in PROCEDURES["pimpinan"].steps[2].phases for way in p.on]
    assert any(way.to == "@skip" for way in skips)


def _completes(way: Transition) -> bool:
    return way.to == "@next" or way.to.startswith("#")


def _roles(row: Step | Duty) -> tuple[str, ...]:
    return (row.role,) if isinstance(row, Step) else row.roles


def _acted_by(row: Step | Duty, role: str) -> dict[str, Any]:
    return {"role": role} if isinstance(row, Step) else {"roles": (role,)}
