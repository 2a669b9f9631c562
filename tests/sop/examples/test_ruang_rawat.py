"""The example of a hospital ward: each branch of its procedure is walked through the core."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from edge.config.places import default_config_folder
from edge.sop import events
from edge.sop.effects import Beep, Effect, StoreValue, TakeStill
from edge.sop.lamps import lamps, occupancy
from edge.sop.procedures.deed_evidence import deeds_of
from edge.sop.procedures.equipment import at_hand, verify_equipment
from edge.sop.procedures.model import Step
from edge.sop.procedures.review import review
from edge.sop.procedures.review_deeds import review_deeds_here
from edge.sop.procedures.review_rows import paired
from edge.sop.wording import load_wording, without_words
from tests.restored import stored
from tests.sop.examples.ward import (
    CONFIG,
    ENTERED,
    FAMILY,
    LAW,
    NURSE,
    PROCEDURE,
    VISITOR,
    WALKS,
    Ward,
    walk,
)  # fmt: skip

# ------------------------------------------------------------------------ the files


def test_the_procedure_agrees_with_its_law() -> None:
    """Wording, actors, order, times and deeds: there is no problem."""
    assert [one for one in review(PROCEDURE, LAW) if one.kind == "problem"] == []


def test_the_checkpoint_has_exactly_the_equipment_that_the_procedure_needs() -> None:
    """No device is missing, no button is without use, and no deed is left to a person's word."""
    found = verify_equipment(PROCEDURE, CONFIG)
    assert (found.problems, found.notes) == ((), ())
    rows = paired(PROCEDURE, LAW)
    assert list(review_deeds_here(PROCEDURE, rows, at_hand(PROCEDURE, CONFIG))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"card_readers": {}}, {"aiphone": {}}, {"places": []}, {"cameras": {}},
        *({"panels": name} for name in CONFIG.panels),
    ],
    ids=str,
)  # fmt: skip
def test_no_device_of_the_config_is_without_use(changes: dict[str, Any]) -> None:
    """Without any one of them the procedure lacks something, and `gardu check` says so."""
    if isinstance(without := changes.get("panels"), str):
        panels = {name: panel for name, panel in CONFIG.panels.items() if name != without}
        changes = {"panels": panels}
    found = verify_equipment(PROCEDURE, msgspec.structs.replace(CONFIG, **changes))
    assert found.problems or found.notes


def test_every_reason_has_polite_words() -> None:
    """No guest is turned away without an explanation."""
    wording = load_wording(default_config_folder() / "wording.toml")
    assert without_words([PROCEDURE], wording) == []


@pytest.mark.parametrize("step", [PROCEDURE.step("masuk"), PROCEDURE.step("keluar")])
def test_clean_hands_are_a_deed_of_their_own(step: Step) -> None:
    """A step that the visit completes without an officer's press does not show clean hands."""
    assert [one.gap for one in deeds_of(PROCEDURE, step, deeds=["hands-washed"])] == [""]
    silent = msgspec.structs.replace(
        step,
        phases=tuple(
            msgspec.structs.replace(
                phase,
                on=tuple(
                    msgspec.structs.replace(way, event="card.presented")
                    if way.event == "button.done"
                    else way
                    for way in phase.on
                ),
            )
            for phase in step.phases
        ),
    )
    assert all(one.gap for one in deeds_of(PROCEDURE, silent, deeds=["hands-washed"]))


# ------------------------------------------------------------------------ a whole visit


@walk("kind, card", [("keluarga", FAMILY[0]), ("rohaniwan", VISITOR[0]), ("prioritas", VISITOR[1])])
def test_a_visit_from_the_entrance_to_the_thanks(kind: str, card: str) -> None:
    """Each kind of guest: all seven rows in order, the card free again, the ID given back."""
    ward = Ward()
    visit = ward.guest("diterima", kind, [card])
    assert ward.visit(visit).inside == "ruang-rawat"
    ward.wait(600)
    ward.card_at_ward(card)
    assert ward.at(visit) == ("keluar", "cuci-tangan")
    assert ward.visit(visit).inside is None
    ward.press("ward", "done")
    ward.card(card)
    ward.press("reception", "done")
    assert ward.end() == ("completed", None)
    assert [one.step for one in ward.steps()] == [step.id for step in PROCEDURE.steps]
    assert ward.last("kunjungan").duration_s == 600
    assert "identity-returned" in ward.last("pengembalian").evidence
    assert ward.closed[0].guest_kind == kind
    assert (ward.closed[0].card_out, ward.closed[0].ids_held) == (False, 0)
    assert ward.state.cards == {}


# ------------------------------------------------------------------------ visiting hours


@pytest.mark.parametrize(
    ("minutes", "received"),
    [
        (179.9, False), (180, True), (299.9, True), (300, False), (539.9, False), (540, True),
        (659.9, True), (660, False), (5 * 1440 + 119, False), (5 * 1440 + 120, True),
        (6 * 1440 + 659, True), (6 * 1440 + 660, False), (-1440 + 120, True),
    ],
)  # fmt: skip
def test_visiting_hours(minutes: float, received: bool) -> None:
    """11 to 13 and 17 to 19 on working days, 10 to 19 on Saturdays and Sundays, local time."""
    ward = Ward()
    ward.seconds = 60 * minutes
    expected = "ukur" if received else "di-luar-jam"
    assert ward.at(ward.arrive()) == ("pemeriksaan-kesehatan", expected)


@walk()
def test_a_guest_outside_the_hours_is_told_so() -> None:
    """The lamp asks; *decline* ends the visit with its own polite reason."""
    ward = Ward(0)
    visit = ward.arrive()
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "di-luar-jam")
    assert lamps(ward.rules, ward.state)["health"] == "slow"
    ward.press("health", "decline")
    assert ward.end() == ("declined", "outside-visiting-hours")


@walk()
def test_the_head_of_the_ward_can_allow_a_visit_outside_the_hours() -> None:
    """*accept* leads to the same check as every guest's."""
    ward = Ward(0)
    visit = ward.arrive("keluarga")
    ward.press("health", "accept")
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "ukur")
    ward.healthy(visit)
    assert ward.last("pemeriksaan-kesehatan").evidence[0] == "button"


# ------------------------------------------------------------------------ the health check


@walk("temperature, phase", [(37.5, "sehat"), (37.6, "istirahat"), (33.0, "sehat")])
def test_the_limit_is_37_5(temperature: float, phase: str) -> None:
    """37.5 is not above the limit."""
    ward = Ward()
    visit = ward.arrive()
    ward.measured(visit, temperature)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", phase)


@walk("button, temperature, phase", [
    ("choice-1", 36.5, "sehat"), ("choice-2", 37.0, "sehat"),
    ("choice-3", 37.5, "sehat"), ("choice-4", 38.0, "istirahat"),
])  # fmt: skip
def test_the_temperature_by_button(button: str, temperature: float, phase: str) -> None:
    """A checkpoint without a desk application: the guest book gets the value of the button."""
    ward = Ward()
    visit = ward.arrive()
    ward.press("health", button)
    assert ward.of(StoreValue) == [StoreValue(visit, "temperature", temperature)]
    assert ward.at(visit) == ("pemeriksaan-kesehatan", phase)


@walk()
def test_a_second_measurement_after_a_rest() -> None:
    """Ten minutes with a dark lamp, then the guest is measured once more and goes on."""
    ward = Ward()
    visit = ward.arrive()
    ward.measured(visit, 38.2)
    assert lamps(ward.rules, ward.state)["health"] == "off"
    ward.wait(599)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "istirahat")
    ward.wait(1)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "ukur")
    ward.healthy(visit)
    record = ward.last("pemeriksaan-kesehatan")
    assert (record.attempts, record.outcome, record.duration_s) == (2, "completed", 600)
    assert record.evidence == (
        "button", "temperature-above-37.5", "temperature-not-above-37.5", "button",
    )  # fmt: skip


def twice_too_warm(ward: Ward) -> str:
    """A guest is above the limit before the rest and after it, also over a restart."""
    visit = ward.arrive()
    ward.measured(visit, 38.2)
    ward.state = stored(ward.state)
    ward.restart()
    ward.wait(600)
    ward.measured(visit, 37.9)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "tidak-sehat")
    return visit


@walk("presses, reason", [(["refuse"], "unwell"), ([], "unwell"),
                          (["reason-2", "refuse"], "child-visitor")])  # fmt: skip
def test_there_is_no_third_measurement(presses: list[str], reason: str) -> None:
    """Above the limit twice: refused, by the officer or after five minutes; no call, no card."""
    ward = Ward()
    visit = twice_too_warm(ward)
    assert lamps(ward.rules, ward.state)["health"] == "slow"
    ward.measured(visit, 36.6)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "tidak-sehat")
    for press in presses:
        ward.press("health", press)
    ward.wait(0 if presses else 300)
    assert ward.end() == ("refused", reason)
    assert (ward.rings(), ward.closed[0].card_out) == ([], False)


@walk("temperatures", [([],), ([38.0],), ([36.6],)])
def test_the_officer_can_refuse_at_every_moment_of_the_check(temperatures: list[float]) -> None:
    """Before the measurement, in the rest, and after a good temperature: a guest who coughs."""
    ward = Ward()
    visit = ward.arrive()
    for temperature in temperatures:
        ward.measured(visit, temperature)
    ward.press("health", "refuse")
    assert ward.end() == ("refused", "unwell")


@walk()
def test_a_corrected_temperature_counts() -> None:
    """36.8 was a slip of the finger for 38.6: it is the first measurement, and the guest rests."""
    ward = Ward()
    visit = ward.arrive()
    ward.measured(visit, 36.8)
    ward.measured(visit, 38.6)
    assert ward.at(visit) == ("pemeriksaan-kesehatan", "istirahat")
    assert ward.visit(visit).counts == {"pemeriksaan-kesehatan/ukur/value.temperature": 1}


@walk()
def test_no_record_has_the_temperature() -> None:
    """It is a personal value: records and state know only on which side of the limit it was."""
    ward = Ward()
    visit = ward.arrive()
    ward.measured(visit, 36.789)
    ward.press("health", "done")
    written = msgspec.json.encode([ward.records, ward.state]).decode()
    assert "36.789" not in written
    assert "temperature-not-above-37.5" in written


@walk()
def test_the_check_is_overdue_after_twenty_minutes() -> None:
    """One rest is within the standard time of the row."""
    ward = Ward()
    visit = ward.arrive()
    ward.measured(visit, 38.2)
    ward.wait(1199)
    assert not ward.visit(visit).overdue
    ward.wait(2)
    assert ward.visit(visit).overdue


# ------------------------------------------------------------------------ the nurse agrees


def at_reception(ward: Ward) -> str:
    """A guest is healthy and stands at reception."""
    return ward.guest("pemeriksaan-kesehatan")


@walk()
def test_the_nurse_is_called_once_reception_has_asked_for_the_patient() -> None:
    """No ring before: the nurse has to hear which patient it is about."""
    ward = Ward()
    visit = at_reception(ward)
    assert (ward.at(visit), ward.rings()) == (("persetujuan", "sambut"), [])
    ward.press("reception", "done")
    assert (ward.at(visit), ward.rings()) == (("persetujuan", "hubungi"), ["call"])


def calling(ward: Ward) -> str:
    """The aiphone rings at the nurses' station."""
    visit = at_reception(ward)
    ward.press("reception", "done")
    return visit


def not_answered(ward: Ward) -> str:
    """Three calls were not answered."""
    visit = calling(ward)
    ward.wait(3 * 45)
    return visit


def busy(ward: Ward) -> str:
    """The nurse talks on the aiphone."""
    visit = calling(ward)
    ward.send(events.StationBusy(ward.now, NURSE))
    return visit


def away(ward: Ward) -> str:
    """The ward has announced that it receives no guests."""
    ward.send(events.AvailabilitySet(ward.now, PROCEDURE.id, False))
    return calling(ward)


def declined(ward: Ward) -> str:
    """The nurse does not agree."""
    visit = calling(ward)
    ward.nurse("decline")
    return visit


def nurse_accepts(ward: Ward) -> None:
    """The nurse uses the contact *accept*."""
    ward.nurse("accept")


def reception_accepts(ward: Ward) -> None:
    """Reception has heard the nurse's yes."""
    ward.press("reception", "accept")


Situation = Callable[[Ward], str]


@walk("situation, answer, evidence", [
    (situation, answer, evidence)
    for situation in (calling, not_answered, busy, away)
    for answer, evidence in ((nurse_accepts, "aiphone"), (reception_accepts, "button"))
])  # fmt: skip
def test_the_nurse_agrees(
    situation: Situation, answer: Callable[[Ward], None], evidence: str
) -> None:
    """By contact or heard by reception, at once or late: then the guest book, with a still."""
    ward = Ward()
    visit = situation(ward)
    answer(ward)
    assert ward.at(visit) == ("persetujuan", "buku-tamu")
    assert [still.purpose for still in ward.of(TakeStill)] == ["guestbook"]
    ward.press("reception", "done")
    assert evidence in ward.last("persetujuan").evidence
    assert ward.at(visit) == ("kartu-kunjungan", "kartu")


@walk()
def test_the_nurse_is_called_three_times_at_most() -> None:
    """A count: the third call without an answer asks reception, and the record has the attempts."""
    ward = Ward()
    visit = calling(ward)
    ward.wait(44)
    assert ward.rings() == ["call"]
    ward.wait(1)
    ward.wait(45)
    assert (ward.rings(), ward.at(visit)) == (["call"] * 3, ("persetujuan", "hubungi"))
    ward.wait(45)
    assert (ward.rings(), ward.at(visit)) == (["call"] * 3, ("persetujuan", "tidak-dijawab"))
    assert lamps(ward.rules, ward.state)["reception"] == "slow"
    ward.press("reception", "again")
    ward.wait(45)
    # The count is used up: each further call is ordered by reception.
    assert (ward.rings(), ward.at(visit)) == (["call"] * 4, ("persetujuan", "tidak-dijawab"))
    ward.press("reception", "decline")
    assert ward.last("persetujuan").attempts == 4


@walk("situation, button", [
    (not_answered, "again"), (not_answered, "done"), (busy, "again"), (away, "again"),
    (away, "done"), (declined, "again"),
])  # fmt: skip
def test_reception_calls_once_more(situation: Situation, button: str) -> None:
    """Also where the ward receives no guests, or has declined: the officer insists."""
    ward = Ward()
    visit = situation(ward)
    before = len(ward.rings())
    ward.press("reception", button)
    assert (len(ward.rings()), ward.at(visit)) == (before + 1, ("persetujuan", "hubungi"))


@walk("situation, reason", [
    (not_answered, "nurse-not-reached"), (busy, "nurse-not-reached"), (away, "ward-closed"),
    (declined, "nurse-declined"),
])  # fmt: skip
def test_a_guest_is_turned_away_with_the_reason(situation: Situation, reason: str) -> None:
    """Declined or offered another time; a reason that reception chooses goes before the usual."""
    for presses, expected in (
        (["decline"], ("declined", reason)),
        (["reschedule"], ("rescheduled", reason)),
        (["reason-1", "decline"], ("declined", "patient-resting")),
        (["reason-2", "decline"], ("declined", "patient-in-treatment")),
        (["reason-3", "reschedule"], ("rescheduled", "patient-isolated")),
        (["reason-4", "decline"], ("declined", "patient-moved")),
    ):
        ward = Ward()
        situation(ward)
        for press in presses:
            ward.press("reception", press)
        assert ward.end() == expected
        assert not ward.closed[0].card_out


@walk("situation, answer", [(calling, "nurse"), (calling, "reception"), (not_answered, "nurse")])
def test_a_decline_asks_reception(situation: Situation, answer: str) -> None:
    """The visit does not end before reception has told the guest; after five minutes it does."""
    ward = Ward()
    visit = situation(ward)
    if answer == "nurse":
        ward.nurse("decline")
    else:
        ward.press("reception", "decline")
    assert ward.at(visit) == ("persetujuan", "ditolak")
    assert lamps(ward.rules, ward.state)["reception"] == "slow"
    ward.wait(299)
    assert ward.closed == []
    ward.wait(1)
    assert ward.end() == ("declined", "nurse-declined")


# ------------------------------------------------------------------------ the card


@walk()
def test_family_gets_a_card_of_its_pool_only() -> None:
    """A visitor card is refused for family, a card of the family for a visitor."""
    ward = Ward()
    family = ward.guest("persetujuan", "keluarga")
    assert Beep("refused") in ward.card(VISITOR[0])
    assert Beep("accepted") in ward.card(FAMILY[0])
    assert ward.state.cards == {FAMILY[0]: family}
    ward.press("reception", "done")
    other = ward.guest("persetujuan")
    assert Beep("refused") in ward.card(FAMILY[1])
    assert Beep("accepted") in ward.card(VISITOR[0])
    assert ward.state.cards == {FAMILY[0]: family, VISITOR[0]: other}


@walk("cards, persons", [((), 1), (VISITOR[:1], 2)])
def test_reception_vouches_for_a_card_that_is_not_read(cards: Sequence[str], persons: int) -> None:
    """Of a guest, and of the second person of a group."""
    ward = Ward()
    visit = ward.arrive(persons=persons)
    ward.healthy(visit)
    ward.agreed()
    for card in cards:
        ward.card(card)
    expected = "kartu-lain" if cards else "kartu"
    assert ward.at(visit) == ("kartu-kunjungan", expected)
    ward.press("reception", "accept")
    assert ward.at(visit) == ("kartu-kunjungan", "selesai")
    ward.press("reception", "done")
    assert ward.visit(visit).identities == ("unstated",) * persons


@walk()
def test_without_a_valid_id_there_is_no_card() -> None:
    """The visit ends, and no card is out."""
    ward = Ward()
    ward.guest("persetujuan")
    ward.press("reception", "decline")
    assert (ward.end(), ward.closed[0].card_out) == (("declined", "no-identity"), False)


# ------------------------------------------------------------------------ into the ward


def fail_reader(ward: Ward) -> None:
    """The reader at the door of the ward fails."""
    ward.send(events.DeviceFailed(ward.now, "card-reader/ward", "unplugged"))


@walk("way", [("shown",), ("vouched",), ("late",), ("fails",), ("failed before",)])
def test_the_card_is_shown_at_the_ward(way: str) -> None:
    """By the reader, by the officer's word, after a second try, or not where the reader fails."""
    ward = Ward()
    if way == "failed before":
        fail_reader(ward)
    visit = ward.guest("kartu-kunjungan")
    match way:
        case "shown":
            assert ward.at(visit) == ("masuk", "kartu")
            ward.card_at_ward(VISITOR[0])
        case "vouched":
            ward.press("ward", "leave")
            assert ward.at(visit) == ("masuk", "kartu-tidak-terbaca")
            ward.press("ward", "done")
        case "late":
            ward.press("ward", "leave")
            ward.card_at_ward(VISITOR[0])
        case "fails":
            fail_reader(ward)
    assert ward.at(visit) == ("masuk", "cuci-tangan")
    ward.press("ward", "done")
    ward.press("ward", "done")
    assert ("card" in ward.last("masuk").evidence) == (way in ("shown", "late"))


@walk("presses, reason", [
    (["refuse"], "declines-hygiene"), (["reason-1", "refuse"], "unwell"),
    (["reason-2", "refuse"], "child-visitor"), (["reason-3", "refuse"], "declines-hygiene"),
])  # fmt: skip
def test_a_guest_with_unwashed_hands_does_not_go_in(presses: list[str], reason: str) -> None:
    """Refused, but the card comes back first and the ID is given back; the room is not touched."""
    ward = Ward()
    visit = ward.guest("kartu-kunjungan")
    ward.card_at_ward(VISITOR[0])
    for press in presses:
        ward.press("ward", press)
    assert ward.at(visit) == ("pengembalian", "kartu")
    assert ward.visit(visit).inside is None
    ward.card(VISITOR[0])
    ward.press("reception", "done")
    assert (ward.end(), ward.closed[0].ids_held) == (("refused", reason), 0)


def full(ward: Ward) -> list[str]:
    """Two guests are in the room."""
    return [ward.guest("diterima", cards=[card]) for card in VISITOR[:2]]


def inside(ward: Ward) -> int:
    """Return the number of persons in the room, as the topic has it."""
    (place,) = occupancy(ward.rules, ward.state)["places"]
    return int(place["persons"])


def waits(ward: Ward, kind: str, card: str) -> str:
    """A guest of *kind* has clean hands and waits: the room is full."""
    visit = ward.guest("kartu-kunjungan", kind, [card])
    ward.washed(card)
    assert ward.at(visit) == ("masuk", "menunggu-giliran")
    return visit


@walk()
def test_a_third_guest_waits_for_a_turn() -> None:
    """The lamp is dark; the guest is let in once another has come out, also after a restart."""
    ward = Ward()
    first, _second = full(ward)
    third = waits(ward, "rohaniwan", VISITOR[2])
    assert lamps(ward.rules, ward.state)["ward"] == "off"
    ward.state = stored(ward.state)
    ward.restart()
    assert (inside(ward), ward.at(third)) == (2, ("masuk", "menunggu-giliran"))
    ward.card_at_ward(VISITOR[0])
    # The first is out, and the third has the room: the next press is for the hands of the first.
    assert ward.at(first) == ("keluar", "cuci-tangan")
    assert ward.at(third) == ("masuk", "kamar")
    ward.press("ward", "done")
    ward.press("ward", "done")
    ward.nurse("accept")
    assert {ward.at(first)[0], ward.at(third)[0]} == {"pengembalian", "kunjungan"}
    assert inside(ward) == 2


@walk()
def test_a_guest_with_priority_goes_first() -> None:
    """Priority before clergy before family; of the same kind, who came first."""
    ward = Ward()
    full(ward)
    family = waits(ward, "keluarga", FAMILY[0])
    clergy = waits(ward, "rohaniwan", VISITOR[2])
    second = waits(ward, "rohaniwan", VISITOR[3])
    priority = waits(ward, "prioritas", VISITOR[4])
    line = [priority, clergy, second, family]
    for card in (VISITOR[0], VISITOR[1]):
        ward.card_at_ward(card)
        assert ward.at(line.pop(0)) == ("masuk", "kamar")
        assert [ward.at(one)[1] for one in line] == ["menunggu-giliran"] * len(line)


@walk()
def test_who_does_not_want_to_wait_is_offered_another_time() -> None:
    """The card comes back first; the next in line is not held up."""
    ward = Ward()
    full(ward)
    visit = waits(ward, "rohaniwan", VISITOR[2])
    ward.press("ward", "reschedule")
    assert ward.at(visit) == ("pengembalian", "kartu")
    ward.card(VISITOR[2])
    ward.press("reception", "done")
    assert ward.end() == ("rescheduled", "room-full")


@walk()
def test_a_family_of_three_never_fits() -> None:
    """The lamp asks the officer, and a guest who comes later goes in."""
    ward = Ward()
    family = ward.guest("kartu-kunjungan", "keluarga", FAMILY[:3])
    ward.washed(FAMILY[0])
    assert ward.at(family) == ("masuk", "menunggu-giliran")
    assert lamps(ward.rules, ward.state)["ward"] == "slow"
    single = ward.guest("diterima")
    assert (ward.at(single), inside(ward)) == (("kunjungan", "bertemu"), 1)
    ward.press("ward", "reschedule")
    assert ward.at(family) == ("pengembalian", "kartu")


@walk()
def test_a_family_of_two_fills_the_room() -> None:
    """Each person counts; both cards come back, one after the other."""
    ward = Ward()
    family = ward.guest("keluar", "keluarga", FAMILY[:2])
    assert inside(ward) == 0
    ward.card(FAMILY[0])
    assert ward.at(family) == ("pengembalian", "kurang")
    ward.card(FAMILY[1])
    ward.press("reception", "done")
    assert (ward.end(), ward.closed[0].cards_out) == (("completed", None), 0)


# ------------------------------------------------------------------------ the visit


@walk()
def test_the_nurse_admits_the_guest() -> None:
    """The time of the visit runs from then; the walk from the door to the bed is in waited_s."""
    ward = Ward()
    visit = ward.guest("masuk")
    assert (ward.at(visit), inside(ward)) == (("kunjungan", "panggil"), 1)
    ward.wait(60)
    ward.nurse("accept")
    assert ward.at(visit) == ("kunjungan", "bertemu")
    ward.wait(300)
    ward.nurse("decline")
    record = ward.last("kunjungan")
    assert (record.waited_s, record.duration_s) == (60, 300)


@walk()
def test_the_nurse_can_decline_a_guest_at_the_door() -> None:
    """The patient became worse meanwhile: clean hands, the card back, and a reason of the ward."""
    ward = Ward()
    visit = ward.guest("masuk")
    ward.nurse("decline")
    assert (ward.at(visit), inside(ward)) == (("keluar", "pintu"), 1)
    ward.goes_out()
    assert inside(ward) == 0
    ward.card(VISITOR[0])
    ward.press("reception", "done")
    assert (ward.end(), ward.closed[0].ids_held) == (("declined", "nurse-declined"), 0)


@walk()
def test_the_nurse_is_reminded_before_the_visit_ends() -> None:
    """After 25 minutes a reminder, after 30 the limit; no guest is thrown out by a machine."""
    ward = Ward()
    visit = ward.guest("diterima")
    ward.wait(1499)
    assert ward.rings() == ["call"]
    ward.wait(1)
    assert (ward.rings(), ward.at(visit)) == (["call", "reminder"], ("kunjungan", "ingat"))
    ward.wait(300)
    assert ward.rings() == ["call", "reminder", "limit"]
    assert ward.at(visit) == ("kunjungan", "batas")
    ward.wait(600)
    assert ward.at(visit) == ("kunjungan", "batas")
    assert ward.visit(visit).overdue


@walk("minutes", [(10,), (26,), (31,)])
def test_the_nurse_ends_the_visit(minutes: int) -> None:
    """By the aiphone, before the reminder, after it, or after the limit."""
    ward = Ward()
    visit = ward.guest("diterima")
    ward.wait(60 * minutes)
    ward.nurse("decline")
    assert ward.at(visit) == ("keluar", "pintu")
    # The guest is still in the ward, until the officer sees the guest come out.
    assert inside(ward) == 1
    ward.press("ward", "done")
    assert (ward.at(visit), inside(ward)) == (("keluar", "cuci-tangan"), 0)


@walk("minutes", [(10,), (26,), (31,)])
def test_the_card_at_the_ward_ends_the_visit(minutes: int) -> None:
    """One showing on the way out is both: the visit is over, and the guest is out."""
    ward = Ward()
    visit = ward.guest("diterima")
    ward.wait(60 * minutes)
    ward.card_at_ward(VISITOR[0])
    assert (ward.at(visit), inside(ward)) == (("keluar", "cuci-tangan"), 0)
    assert ward.last("kunjungan").duration_s == 60 * minutes
    assert "card" in ward.last("kunjungan").evidence


@walk()
def test_the_card_at_the_door_after_the_nurse_has_ended_the_visit() -> None:
    """The reader shows that the guest is out, in place of the officer's press."""
    ward = Ward()
    visit = ward.guest("kunjungan")
    ward.card_at_ward(VISITOR[0])
    assert (ward.at(visit), inside(ward)) == (("keluar", "cuci-tangan"), 0)


@walk("minutes, by", [
    (10, "button"), (26, "button"), (31, "button"), (10, "aiphone"), (26, "aiphone"),
    (31, "aiphone"),
])  # fmt: skip
def test_the_nurse_gives_more_time_once(minutes: int, by: str) -> None:
    """Ten minutes more; the reminder comes before the new limit, a second time is refused."""
    ward = Ward()
    visit = ward.guest("diterima")
    ward.wait(60 * minutes)

    def extend() -> list[Effect]:
        return ward.press("nurse", "extend") if by == "button" else ward.nurse("extend")

    extend()
    assert ward.at(visit) == ("kunjungan", "bertemu")
    limit = max(1800, 60 * minutes) + 600
    ward.wait(limit - 300 - 60 * minutes)
    assert ward.rings()[-1] == "reminder"
    extend()
    assert ward.at(visit) == ("kunjungan", "ingat")
    ward.wait(300)
    assert ward.rings()[-1] == "limit"
    ward.nurse("decline")
    record = ward.last("kunjungan")
    assert (record.extended_s, record.duration_s) == (limit - 1800, limit)


# ------------------------------------------------------------------------ the card comes back


@walk("presses, card_out", [(["leave", "done"], True), (["leave", "lost", "done"], False)])
def test_a_card_that_is_not_here(presses: list[str], card_out: bool) -> None:
    """It stays out, or is declared lost; the guest has the ID back either way."""
    ward = Ward()
    ward.guest("keluar")
    for press in presses:
        ward.press("reception", press)
    assert (ward.end(), ward.closed[0].card_out) == (("completed", None), card_out)
    assert "identity-returned" in ward.last("pengembalian").evidence
    assert list(ward.state.lost) == ([] if card_out else [VISITOR[0]])


@walk()
def test_a_card_that_is_found_in_a_pocket() -> None:
    """After *leave* the card is shown: the visit ends as usual."""
    ward = Ward()
    visit = ward.guest("keluar")
    ward.press("reception", "leave")
    assert ward.at(visit) == ("pengembalian", "kartu-hilang")
    ward.card(VISITOR[0])
    assert ward.at(visit) == ("pengembalian", "selesai")
    ward.press("reception", "done")
    assert ward.closed[0].card_out is False


@walk()
def test_one_card_of_a_group_is_missing() -> None:
    """The card that was shown is free again, the other one stays out."""
    ward = Ward()
    ward.guest("keluar", "keluarga", FAMILY[:2])
    ward.card(FAMILY[0])
    ward.press("reception", "leave")
    ward.press("reception", "done")
    assert (ward.closed[0].cards_out, list(ward.state.cards)) == (1, [FAMILY[1]])


@walk()
def test_a_guest_whose_card_was_never_read() -> None:
    """Reception vouched for the card: no reader is waited for, up to the end."""
    ward = Ward()
    visit = ward.guest("persetujuan")
    ward.press("reception", "accept")
    ward.press("reception", "done")
    assert ward.at(visit) == ("masuk", "cuci-tangan")
    ward.press("ward", "done")
    ward.press("ward", "done")
    ward.nurse("accept")
    ward.nurse("decline")
    ward.goes_out()
    assert ward.at(visit) == ("pengembalian", "tanpa-kartu")
    ward.press("reception", "leave")
    ward.press("reception", "done")
    assert ward.end() == ("completed", None)


# ------------------------------------------------------------------------ a guest walks away

LEAVES = [
    ("pemeriksaan-kesehatan", "reception", 1, False),
    ("persetujuan", "reception", 1, False),
    ("kartu-kunjungan", "ward", 2, True),
    ("masuk", "nurse", 1, True),
    ("diterima", "nurse", 1, True),
    ("kunjungan", "ward", 1, True),
]


@walk("after, panel, times, card_out", LEAVES)
def test_a_guest_may_leave_at_every_step(
    after: str, panel: str, times: int, card_out: bool
) -> None:
    """Abandoned; a card that is out stays reserved, and the room has a place again."""
    ward = Ward()
    ward.guest(after)
    for _ in range(times):
        ward.press(panel, "leave")
    assert (ward.end(), ward.closed[0].card_out) == (("abandoned", "guest-left"), card_out)
    assert inside(ward) == 0


@walk()
def test_a_guest_may_leave_before_the_measurement() -> None:
    """The officer at the entrance says so."""
    ward = Ward()
    ward.arrive()
    ward.press("health", "leave")
    assert ward.end() == ("abandoned", "guest-left")


# ------------------------------------------------------------------------ nothing is left out


def test_every_phase_is_entered_by_a_walk() -> None:
    """A new branch needs a walk. The first phase is passed at once: the arrival is its event."""
    ENTERED.clear()
    for one in WALKS:
        one()
    phases = {(step.id, phase.id) for step in PROCEDURE.steps for phase in step.phases}
    assert phases - ENTERED == {("pemeriksaan-kesehatan", "jam-berkunjung")}
