"""The example of a data centre: it loads, fits its checkpoint, keeps its law, and ends each way.

A walk is a row of ``WALKS``: the usual way up to a step, then what is done there, word by word. Two
tests compare the phases that all walks enter, and the transitions that they follow, with the file.
"""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from edge.config.loading import load_config
from edge.sop import events
from edge.sop.effects import Beep, ReleaseDoor, RingAide
from edge.sop.procedures.equipment import at_hand, verify_equipment
from edge.sop.procedures.legal_text import load_legal_text
from edge.sop.procedures.model import Phase, Transition
from edge.sop.procedures.review import review
from edge.sop.procedures.review_deeds import review_deeds_here
from edge.sop.procedures.review_rows import paired
from edge.sop.records import AlarmChanged
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import conditions
from edge.sop.wording import load_wording, without_words
from tests.sop.examples.data_centre import (
    AIPHONES,
    EXAMPLES,
    HEAD,
    OWNER,
    PROCEDURE,
    SETTINGS,
    USUAL,
    Lobby,
)
from tests.sop.examples.data_centre_walks import BACK, DEPOSIT, DEVICES, RETURN, WALKS, Walk, walked
from tests.sop.stand import CONFIG


@pytest.mark.parametrize("walk", WALKS, ids=[walk.about for walk in WALKS])
def test_each_branch_leads_where_the_procedure_says(walk: Walk) -> None:
    """Each answer, each count used up, each reason and each way around broken equipment."""
    assert walked(walk).place == walk.ends


def test_every_phase_is_entered_by_a_walk() -> None:
    """No phase of the procedure is left untested, also if it is added later."""
    entered = set[tuple[str, str]]()
    for walk in WALKS:
        lobby = walked(walk)
        entered |= lobby.entered | {("kedatangan", "tiba")} & _arrivals(lobby)
    phases = {(step.id, phase.id) for step in PROCEDURE.steps for phase in step.phases}
    assert phases - entered == set()


def test_every_transition_is_followed_by_a_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the file, and of its parts, decides something that a walk shows."""
    followed = set[tuple[str, str, int]]()
    count = conditions.count

    def noted(turn: Turn, visit: Visit, way: Transition) -> Visit:
        followed.add((visit.step, visit.phase, id(way)))
        return count(turn, visit, way)

    monkeypatch.setattr(conditions, "count", noted)
    for walk in WALKS:
        walked(walk)
    assert [
        f"{step.id}/{phase.id}: {way.event}"
        for step in PROCEDURE.steps
        for phase in step.phases
        for way in phase.on
        if (step.id, phase.id, id(way)) not in followed
    ] == []


def _arrivals(lobby: Lobby) -> set[tuple[str, str]]:
    """The press that opens a visit leads through the only phase of the first step at once."""
    return {(step.step, "tiba") for step in lobby.steps() if step.step == "kedatangan"}


def test_the_usual_way_completes_each_step_once() -> None:
    """The steps follow each other in the order of the law, each once, with its own actor."""
    lobby = Lobby().usual("")
    steps = [(step.step, step.outcome) for step in lobby.steps()]
    assert steps == [(step.id, "completed") for step in PROCEDURE.steps]


@pytest.mark.parametrize(("step", "who"), [(OWNER, "owner"), (HEAD, "head")])
def test_each_person_is_called_three_times_at_most(step: str, who: str) -> None:
    """The aiphone rings three times, only there, also if reception asks for more."""
    lobby = Lobby().usual(step)
    rung = len(lobby.of(RingAide)) - 1  # the first call has begun
    lobby.go("wait:1000 reception:again")
    assert lobby.of(RingAide)[rung:] == [RingAide(AIPHONES[who], "call")] * 3
    lobby.go("reception:decline")
    assert lobby.steps()[-1].attempts == 3


def test_a_busy_station_is_none_of_the_three_calls() -> None:
    """The person was not rung while the station was in use: three calls follow all the same."""
    lobby = Lobby().usual(HEAD)
    rung = len(lobby.of(RingAide))
    lobby.go("head:busy reception:again wait:60 wait:60")
    assert lobby.place == f"{HEAD}/hubungi"
    assert len(lobby.of(RingAide)) - rung == 3
    lobby.go("wait:60")
    assert lobby.place == f"{HEAD}/tidak-dijawab"


@pytest.mark.parametrize(("step", "other"), [(OWNER, "head"), (HEAD, "owner")])
def test_no_person_answers_for_the_other(step: str, other: str) -> None:
    """The owner's yes is no clearance, and the head of security does not speak for the owner."""
    lobby = Lobby().usual(step)
    for answer in ("accept", "decline"):
        lobby.go(f"{other}:{answer}")
        assert lobby.place == f"{step}/hubungi"


def test_the_records_say_who_approved() -> None:
    """The record of the second approval names the station; that of the first the host."""
    first, second = Lobby().usual("kartu-tamu").steps()[-2:]
    assert (first.host, first.aiphone, first.evidence) == ("pusat-data", UNSET, ("aiphone",))
    assert (second.aiphone, second.evidence) == ("kepala-keamanan", ("aiphone",))


def test_an_answer_heard_by_reception_is_the_evidence_of_a_button() -> None:
    """An approval that was said aloud is told from one by the contact of the aiphone."""
    lobby = Lobby().usual(HEAD)
    lobby.go("reception:accept")
    assert lobby.steps()[-1].evidence == ("button",)


def test_an_invitation_opens_a_visit_as_the_button_does() -> None:
    """The invited guest is at the same place; the record shows the invitation."""
    lobby = Lobby()
    lobby.send(
        events.InvitationPresented(
            lobby.now, "desk", "undangan-1", "pusat-data", lobby.now.wall_ms + 1000
        )
    )
    assert lobby.place == "pendaftaran/isi"
    assert lobby.steps()[0].evidence == ("invitation",)


def test_the_numbers_of_devices_are_in_the_records() -> None:
    """Both counts can be compared at the central office; they are not personal."""
    steps = {step.step: step for step in Lobby().usual("").steps()}
    assert steps["pendataan-perangkat"].values == {"devices-in": 2}
    assert steps[BACK].values == {"devices-out": 2}


@pytest.mark.parametrize(("number", "alarms"), [(3, []), (2, ["devices"]), (4, ["devices"])])
def test_a_number_that_differs_raises_an_alarm(number: int, alarms: list[str]) -> None:
    """One device too few or too many is an alarm; the same number is none."""
    lobby = Lobby().usual(BACK).go_on(f"{DEVICES} security:choice-{number} security:done")
    assert raised(lobby) == alarms


@pytest.mark.parametrize(
    "found", ["security:again security:choice-3 security:done", "security:accept"]
)
def test_the_alarm_of_missing_devices_ends_when_they_are_found(found: str) -> None:
    """The alarm stands until the numbers agree, or the head of security has decided."""
    lobby = Lobby().usual(BACK)
    lobby.go(f"{DEVICES} security:choice-2 security:done")
    assert lobby.state.alarms.keys() == {"devices"}
    lobby.go(found)
    assert not lobby.state.alarms
    lobby.go("security:done")
    assert "devices-out" in (lobby.steps()[-1].values or {})


def test_a_fourth_device_cannot_be_entered() -> None:
    """Three are allowed: a larger number by a desk application is refused and counted."""
    lobby = Lobby().usual("pendataan-perangkat")
    lobby.send(events.ValueEntered(lobby.now, lobby.here.id, "devices-in", 4.0))
    assert lobby.place == "pendataan-perangkat/hitung"
    assert lobby.state.refusals == {"value/not allowed": 1}


def test_a_corrected_number_is_the_one_that_is_compared() -> None:
    """Security pressed three at first, then one: one device comes out."""
    lobby = Lobby().usual("pendataan-perangkat")
    lobby.go("security:choice-4 security:choice-2 security:done")
    lobby.go(" ".join(list(USUAL.values())[6:10]))
    lobby.go(f"{DEVICES} security:choice-2 security:done")
    assert lobby.place == f"{BACK}/sama"


def test_an_escort_goes_with_one_visit() -> None:
    """The card is refused for a second guest until the first visit's devices are counted."""
    lobby = Lobby().usual("pekerjaan")
    first = lobby.here.id
    lobby.go(
        "reception:arrive reception:done reception:done owner:accept head:accept card2@desk"
        " reception:done security:choice-1 security:done card2@post security:nothing"
    )
    assert Beep("refused") in lobby.go("escort@post")
    assert lobby.state.refusals == {"card/post/escort busy": 1}
    lobby.go("escort2@post")
    second = next(visit for visit in lobby.state.visits.values() if visit.id != first)
    assert (second.phase, second.escort) == ("antar", "pendamping-2")
    assert lobby.state.visits[first].escort == "pendamping-1"
    lobby.go("card@gate walk:exit exit:done card@post security:done locker:opened")
    lobby.go("locker:closed security:done security:choice-3 security:done")
    assert lobby.state.visits[first].escort is None


def test_the_record_names_the_escort() -> None:
    """Who went with the guest is known by number, never by name."""
    (step,) = (step for step in Lobby().usual("").steps() if step.step == "pendampingan")
    assert step.escort == "pendamping-1"
    assert step.evidence == ("escort", "door-release", "door-opened", "door-closed")


def test_only_the_owner_releases_the_door() -> None:
    """Neither the escort nor the head of security opens the rooms."""
    lobby = Lobby().usual("pendampingan").go_on("escort@post escort:done head:release")
    assert (lobby.of(ReleaseDoor), lobby.place) == ([], "pendampingan/antar")
    lobby.go("owner:release")
    assert [door.door for door in lobby.of(ReleaseDoor)] == ["ruang-server"]


def test_work_rings_a_reminder_and_the_limit_and_is_extended_twice() -> None:
    """50 and 60 minutes after the guest went in; each extension moves both by half an hour."""
    lobby = Lobby().usual("pekerjaan")
    begun = lobby.seconds
    rung = len(lobby.of(RingAide))
    lobby.go("wait:3000 owner:extend wait:1800 owner:extend wait:1800")
    assert lobby.seconds - begun == 6600
    assert lobby.place == "pekerjaan/ingat"
    assert Beep("refused") in lobby.press("aide", "extend")
    lobby.go("wait:600 owner:decline")
    patterns = [ring.pattern for ring in lobby.of(RingAide)[rung:]]
    assert patterns == ["reminder", "reminder", "reminder", "limit"]
    step = lobby.steps()[-1]
    assert (step.duration_s, step.extended_s, step.over_s) == (7200.0, 3600.0, 3600.0)


def test_an_alarm_at_the_exit_ends_only_with_a_clear_walk() -> None:
    """The alarm stands while the guest walks again; the record shows both walks."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("card@gate walk:alarm walk:exit")
    assert lobby.state.alarms.keys() == {"metal-detector-exit"}
    assert Beep("refused") in lobby.press("exit", "done")
    lobby.go("walk:clear walk:exit")
    assert not lobby.state.alarms
    lobby.go("exit:done")
    step = lobby.steps()[-1]
    assert (step.passed, step.persons, step.attempts) == (1, 1, 2)


def test_an_alarm_before_the_card_stands_until_the_guest_is_clear() -> None:
    """The card is no way to silence it: only a clear walk out is."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("walk:alarm walk:exit walk:clear card@gate")
    assert lobby.state.alarms.keys() == {"metal-detector-exit"}
    lobby.go("walk:exit")
    assert (lobby.state.alarms, lobby.place) == ({}, "pemeriksaan-keluar/bersih")


def test_a_walk_in_is_no_screening_at_the_exit() -> None:
    """Other guests walk in through the same beams meanwhile."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("card@gate walk:passage")
    assert lobby.place == "pemeriksaan-keluar/keluar"


def test_the_id_is_returned_with_the_card() -> None:
    """It is held from the exchange on, and until the card is back at the desk."""
    lobby = Lobby().usual(RETURN)
    assert list(lobby.here.identities) == ["unstated"]
    lobby.go(USUAL[RETURN])
    assert "identity-returned" in lobby.steps()[-1].evidence


def raised(lobby: Lobby) -> list[str]:
    """The alarms that were raised so far."""
    changes = (record.data for record in lobby.said("gardu.alarm.raised.v1"))
    return [change.alarm for change in changes if isinstance(change, AlarmChanged)]


def test_the_checkpoint_has_the_equipment_and_no_note() -> None:
    """The config of the example lacks nothing, and each event can come there."""
    config = load_config(SETTINGS)
    found = verify_equipment(PROCEDURE, config)
    assert (found.problems, found.notes) == ((), ())


def test_the_procedure_does_what_its_law_demands() -> None:
    """Wording, actors, order, times, deeds: no problem, and equipment shows each deed."""
    legal = load_legal_text(EXAMPLES / "legal" / "pusat-data.toml")
    here = at_hand(PROCEDURE, load_config(SETTINGS))
    remarks = [
        *review(PROCEDURE, legal),
        *review_deeds_here(PROCEDURE, paired(PROCEDURE, legal), here),
    ]
    assert [remark for remark in remarks if remark.kind == "problem"] == []
    assert not [remark for remark in remarks if "nothing but an officer's word" in remark.words]


@pytest.mark.parametrize(
    ("step_id", "missing"),
    [
        (OWNER, {"host-asked", "host-accepted", "approval-given"}),
        (HEAD, {"host-asked", "approval-given"}),
        ("kartu-tamu", {"identity", "card-given"}),
        ("pendataan-perangkat", {"value-entered", "refusal-possible"}),
        (DEPOSIT, {"card-shown", "belongings-locked"}),
        ("pendampingan", {"door-released-by-host"}),
        ("pekerjaan", {"limit-reminded"}),
        ("pemeriksaan-keluar", {"card-shown", "each-person-screened-out", "alarm-answered"}),
        (BACK, {"card-shown", "belongings-back", "value-entered"}),
        (RETURN, {"card-back", "identity-back"}),
    ],
)
def test_the_law_finds_a_step_that_is_only_a_press(step_id: str, missing: set[str]) -> None:
    """Each row demands the deeds that make the step: one *done* in their place is a problem."""
    legal = load_legal_text(EXAMPLES / "legal" / "pusat-data.toml")
    done = Phase(id="selesai", on=(Transition(event="button.done", to="@next"),))
    weaker = replace(PROCEDURE.step(step_id), phases=(done,), timed_from=None, admitted_from=None)
    steps = tuple(weaker if step.id == step_id else step for step in PROCEDURE.steps)
    remarks = review(replace(PROCEDURE, steps=steps), legal)
    problems = [one.words for one in remarks if one.kind == "problem" and one.step == step_id]
    assert {deed for deed in missing if any(f"({deed}:" in words for words in problems)} == missing


def test_there_are_polite_words_for_each_reason() -> None:
    """No guest is turned away without words in both languages."""
    assert without_words([PROCEDURE], load_wording(CONFIG / "wording.toml")) == []
