"""The example of a one-stop desk without cards: each branch of its procedure is walked."""

from collections.abc import Callable

import pytest

from edge.config.places import default_config_folder
from edge.sop import events
from edge.sop.effects import Beep, RingAide, TakeStill
from edge.sop.lamps import lamps
from edge.sop.wording import load_wording, without_words
from tests.command_line import invoke
from tests.restored import stored
from tests.sop.examples.one_stop_desk import (
    CONFIG_FILE,
    ENTERED,
    FOLDER,
    ID,
    PANEL,
    PROCEDURE,
    PURPOSES,
    REASONS,
    TAKEN,
    WALKS,
    Desk,
    Place,
    walk,
)  # fmt: skip

# ------------------------------------------------------------------------ the files


def test_the_checkpoint_has_what_the_procedure_needs() -> None:
    """`gardu check` ends with 0."""
    found = invoke(["check", "--config", str(CONFIG_FILE)])
    assert found.exit_code == 0, found.output


def test_the_procedure_agrees_with_its_law() -> None:
    """`gardu sop verify` finds no problem, and no deed that the equipment here does not show."""
    found = invoke(
        ["sop", "verify", ID, "--folder", str(FOLDER), "--config", str(CONFIG_FILE), "--json"]
    )
    assert found.exit_code == 0, found.output
    assert "with the equipment here" not in found.output
    assert "was not compared" not in found.output


def test_a_deed_that_is_left_out_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without the press that shows it, or without the still, the law is not met."""
    text = (FOLDER / f"{ID}.toml").read_text(encoding="utf-8")
    slips = {
        "signature": 'do = ["still:signature"]',
        "documents-checked": '"button.done", answer = { id = "lengkap"',
        "complaint-noted": '"button.done", answer = { id = "ditanggapi',
    }
    for deed, old in slips.items():
        assert old in text
        folder = tmp_path_factory.mktemp(deed)
        (folder / "legal").mkdir()
        law = (FOLDER / f"legal/{ID}.toml").read_text(encoding="utf-8")
        (folder / f"legal/{ID}.toml").write_text(law, encoding="utf-8")
        new = "" if deed == "signature" else old.replace("button.done", "button.nothing")
        changed = text.replace(old, new).replace(', vouches = ["signature"]', "")
        (folder / f"{ID}.toml").write_text(changed, encoding="utf-8")
        found = invoke(["sop", "verify", ID, "--folder", str(folder)])
        assert found.exit_code == 1, deed
        assert f"({deed}: " in " ".join(found.output.split())


def test_every_reason_has_polite_words() -> None:
    """No guest is turned away without an explanation."""
    wording = load_wording(default_config_folder() / "wording.toml")
    assert without_words([PROCEDURE], wording) == []


# ------------------------------------------------------------------------ whole visits


@walk(*((purpose,) for purpose in PURPOSES[:3]))
def test_a_request_from_the_number_to_the_receipt(purpose: str) -> None:
    """All rows in order; the records have purpose, kind of guest, calls, aiphone and signature."""
    desk = Desk()
    desk.hand_over(purpose)
    assert desk.of(TakeStill) == []
    desk.receipt()
    assert [still.purpose for still in desk.of(TakeStill)] == ["signature"]
    assert desk.end() == ("completed", None)
    assert [one.step for one in desk.steps()] == [
        "pencatatan", "pemanggilan", "pemeriksaan", "tanda-tangan", "penyerahan",
    ]  # fmt: skip
    assert desk.last("pencatatan").values == {"keperluan": purpose}
    assert desk.last("tanda-tangan").aiphone == "kepala-seksi"
    assert "signature" in desk.last("penyerahan").evidence
    assert (desk.closed[0].guest_kind, desk.closed[0].card_out) == ("umum", False)


@walk()
def test_a_complaint_that_is_answered_at_once() -> None:
    """The guest goes to the complaints room; the head of section is not called."""
    desk = Desk()
    visit = desk.counter("pengaduan")
    assert desk.at(visit) == ("pengaduan", "catat")
    desk.press("complaints", "done")
    desk.press("complaints", "done")
    desk.press("counter", "accept")
    desk.receipt()
    assert desk.end() == ("completed", None)
    assert [one.step for one in desk.steps()][2:] == ["pengaduan", "tanggapan", "penyerahan"]
    assert desk.of(RingAide) == []


@walk()
def test_a_complaint_that_is_passed_on() -> None:
    """The head of section decides about it, at once or after an answer that is not accepted."""
    desk = Desk()
    visit = desk.counter("pengaduan")
    desk.press("complaints", "accept")
    assert desk.at(visit) == ("tanda-tangan", "minta")
    other = Desk()
    visit = other.counter("pengaduan")
    other.press("complaints", "done")
    other.press("complaints", "accept")
    assert other.at(visit) == ("tanda-tangan", "minta")
    assert other.of(RingAide) == [RingAide("kepala-seksi", "call")]


@walk(
    (["decline", "decline"], ("declined", "other-office")),
    (["decline", "reschedule"], ("rescheduled", "documents-incomplete")),
)
def test_a_complaint_for_another_office(presses: list[str], end: tuple[str, str]) -> None:
    """The complaints officer turns the guest away, or offers another day."""
    desk = Desk()
    desk.counter("pengaduan")
    for press in presses:
        desk.press("complaints", press)
    assert desk.end() == end


@walk()
def test_a_complaint_that_is_for_this_office_after_all() -> None:
    """The decision is open until it is confirmed."""
    desk = Desk()
    visit = desk.counter("pengaduan")
    desk.press("complaints", "decline")
    assert lamps(desk.rules, desk.state)["complaints"] == "slow"
    desk.press("complaints", "accept")
    assert desk.at(visit) == ("tanda-tangan", "minta")


# ------------------------------------------------------------------------ row 1


@walk((4 * 60, True), (4.9 * 60, True), (7.5 * 60, True), (5 * 60, False), (-1, True), (0, False))
def test_outside_the_hours_an_officer_decides(minutes: float, asks: bool) -> None:
    """Before 8, at noon and after 15.30 the lamp asks; in between the guest is received."""
    desk = Desk(minutes)
    visit = desk.arrive()
    assert desk.at(visit) == ("pencatatan", "di-luar-jam" if asks else "keperluan")
    assert lamps(desk.rules, desk.state)["reception"] == ("slow" if asks else "on")


@walk(("decline", "declined"), ("reschedule", "rescheduled"), ("accept", None))
def test_what_the_officer_decides_outside_the_hours(press: str, outcome: str | None) -> None:
    """The guest is told the hours, or is served all the same."""
    desk = Desk(4 * 60)
    visit = desk.arrive()
    desk.press("reception", press)
    if outcome is None:
        assert desk.at(visit) == ("pencatatan", "keperluan")
    else:
        assert desk.end() == (outcome, "outside-hours")


@walk()
def test_the_purpose_is_asked_unless_it_is_known() -> None:
    """No number of the queue without a purpose; a desk application may have entered it before."""
    desk = Desk()
    visit = desk.arrive()
    assert Beep("refused") in desk.press("reception", "done")
    desk.press("reception", "choice-2")
    assert desk.at(visit) == ("pencatatan", "nomor")
    desk.press("reception", "choice-3")  # corrected
    desk.press("reception", "done")
    assert desk.last("pencatatan").values == {"keperluan": "surat-keterangan"}
    late = Desk(4 * 60)
    visit = late.arrive()
    late.send(events.ValueEntered(late.now, visit, "keperluan", "tilang"))
    late.press("reception", "accept")
    assert late.at(visit) == ("pencatatan", "nomor")


@walk(
    *((known, number, reason)
      for known in (False, True)
      for number, reason in ((0, "disturbs-order"), (1, "disturbs-order"), (2, "forbidden-items")))
)  # fmt: skip
def test_a_guest_is_refused_with_a_reason(known: bool, number: int, reason: str) -> None:
    """The usual reason, or one of the two that the officer chooses."""
    desk = Desk()
    desk.arrive()
    if known:
        desk.press("reception", "choice-1")
    if number:
        desk.press("reception", f"reason-{number}")
    assert Beep("refused") in desk.press("reception", "reason-3")
    desk.press("reception", "refuse")
    assert desk.end() == ("refused", reason)


@walk(
    *((known, press, number)
      for known in (False, True)
      for press in ("decline", "reschedule")
      for number in range(5))
)  # fmt: skip
def test_a_guest_who_cannot_be_served_is_told_why(known: bool, press: str, number: int) -> None:
    """The usual reason, or each of the four that the officer chooses."""
    desk = Desk()
    desk.arrive()
    if known:
        desk.press("reception", "choice-1")
    desk.press("reception", "decline")
    if number:
        desk.press("reception", f"reason-{number}")
    desk.press("reception", press)
    outcome, usual = {
        "decline": ("declined", "other-office"), "reschedule": ("rescheduled", "queue-full"),
    }[press]  # fmt: skip
    assert desk.end() == (outcome, REASONS[number - 1] if number else usual)


@walk()
def test_a_guest_who_can_be_served_after_all() -> None:
    """*accept* goes on with the purpose."""
    desk = Desk()
    visit = desk.arrive()
    desk.press("reception", "decline")
    desk.press("reception", "accept")
    assert desk.at(visit) == ("pencatatan", "keperluan")


# ------------------------------------------------------------------------ the queue


@walk()
def test_one_guest_at_the_counter_and_the_elderly_first() -> None:
    """The next is called when the counter is free: by priority, then by arrival."""
    desk = Desk()
    first = desk.counter()
    kinds = ("umum", "lansia", "umum", "disabilitas")
    visits = [desk.queue(kind=kind) for kind in kinds]
    assert {desk.at(visit) for visit in visits} == {("pemanggilan", "antre")}
    called = []
    for _ in visits:
        desk.press("counter", "done")
        (now,) = [v for v in visits if desk.at(v) == ("pemanggilan", "dipanggil")]
        called.append(visits.index(now))
        desk.press("counter", "accept")
    assert called == [1, 3, 0, 2]
    assert desk.at(first) == ("tanda-tangan", "minta")


@walk()
def test_the_time_runs_from_the_call() -> None:
    """The wait in the queue is apart from the standard time of the call."""
    desk = Desk()
    desk.counter()
    desk.queue()
    desk.wait(1000)
    desk.press("counter", "done")
    desk.wait(400)
    assert lamps(desk.rules, desk.state)["counter"] == "red"
    desk.press("counter", "accept")
    record = desk.last("pemanggilan")
    assert (record.waited_s, record.duration_s, record.over_s) == (1000, 400, 100)


@walk(("pemanggilan", "did-not-come"), ("penyerahan", "did-not-collect"))
def test_the_third_call_ends_the_visit(step: str, reason: str) -> None:
    """Two more calls, each an attempt; then the visit is abandoned, and the next is called."""
    desk = Desk()
    visit = desk.queue()
    if step == "penyerahan":
        desk.press("counter", "accept")
        desk.press("counter", "done")
        desk.sign()
    following = desk.queue()
    for _ in range(2):
        desk.press("counter", "absent")
        assert desk.at(visit) == (step, "dipanggil")
    assert desk.at(following) == ("pemanggilan", "antre")
    desk.press("counter", "absent")
    assert desk.end() == ("abandoned", reason)
    assert desk.last(step).attempts == 3
    assert desk.at(following) == ("pemanggilan", "dipanggil")


@walk()
def test_a_guest_who_comes_back_has_three_calls_again() -> None:
    """The calls of the first time do not count (count_again)."""
    desk = Desk()
    visit = desk.queue()
    desk.press("counter", "absent")
    desk.press("counter", "absent")
    desk.press("counter", "accept")
    desk.press("counter", "decline")
    desk.press("reception", "again")
    desk.press("counter", "absent")
    desk.press("counter", "absent")
    assert desk.at(visit) == ("pemanggilan", "dipanggil")
    desk.press("counter", "absent")
    assert desk.end() == ("abandoned", "did-not-come")


@walk(("pemanggilan",), ("penyerahan",))
def test_the_queue_is_full_for_today(step: str) -> None:
    """A guest who waits is offered another day."""
    desk = Desk()
    if step == "penyerahan":
        desk.section()
        desk.counter()
        desk.sign()
    else:
        desk.counter()
        desk.queue()
    desk.press("counter", "reschedule")
    assert desk.end() == ("rescheduled", "queue-full")


@walk((0,), (2,), (3,))
def test_a_group_is_too_large_for_the_counter(absent: int) -> None:
    """The lamp asks; the officer calls the group, at most three times, and receives its speaker."""
    desk = Desk()
    visit = desk.group()
    assert lamps(desk.rules, desk.state)["counter"] == "slow"
    desk.press("counter", "again")
    assert desk.at(visit) == ("pemanggilan", "rombongan")
    desk.press("counter", "done")  # the guest before, who is at the counter
    for _ in range(absent):
        desk.press("counter", "absent")
    if absent == 3:
        assert desk.end() == ("abandoned", "did-not-come")
        return
    desk.press("counter", "accept")
    assert desk.at(visit) == ("pemeriksaan", "periksa")
    assert desk.last("pemanggilan").attempts == 1 + absent


@walk((0,), (3,))
def test_a_group_collects_its_result(absent: int) -> None:
    """The same at the hand-over."""
    desk = Desk()
    visit = desk.section()
    desk.send(events.DetailsAttached(desk.now, visit, 3))
    desk.sign()
    desk.press("counter", "again")
    assert desk.at(visit) == ("penyerahan", "rombongan")
    for _ in range(absent):
        desk.press("counter", "absent")
    if absent:
        assert desk.end() == ("abandoned", "did-not-collect")
        return
    desk.press("counter", "accept")
    desk.receipt()
    assert desk.end() == ("completed", None)


@walk()
def test_a_signed_result_is_handed_over_before_later_guests_are_served() -> None:
    """Who came first is called first, though the other has waited for longer in this queue."""
    desk = Desk()
    first, second = desk.section(), desk.counter()
    third = desk.queue()
    desk.sign()
    assert (desk.at(first), desk.at(third)) == (("penyerahan", "antre"), ("pemanggilan", "antre"))
    desk.press("counter", "done")
    assert desk.at(second) == ("tanda-tangan", "minta")
    assert (desk.at(first)[1], desk.at(third)[1]) == ("dipanggil", "antre")


# ------------------------------------------------------------------------ missing papers


@walk()
def test_missing_papers_free_the_counter_and_keep_the_place_in_line() -> None:
    """Who comes back is called before those who came to the office later."""
    desk = Desk()
    first = desk.counter()
    second, third = desk.queue(), desk.queue()
    desk.press("counter", "decline")
    assert desk.at(first) == ("melengkapi", "melengkapi")
    assert desk.at(second) == ("pemanggilan", "dipanggil")
    desk.press("reception", "again")
    desk.press("counter", "accept")
    desk.press("counter", "done")
    assert desk.at(first) == ("pemanggilan", "dipanggil")
    assert desk.at(third) == ("pemanggilan", "antre")


@walk(
    *((press, number) for press in ("decline", "reschedule") for number in range(5)),
)
def test_papers_that_are_missing_twice(press: str, number: int) -> None:
    """Only once may the guest get them; then the officer chooses the reason and confirms."""
    desk = Desk()
    visit = desk.counter()
    desk.back_with_papers()
    desk.press("counter", "decline")
    assert desk.at(visit) == ("pemeriksaan", "tidak-lengkap")
    assert lamps(desk.rules, desk.state)["counter"] == "slow"
    if number:
        desk.press("counter", f"reason-{number}")
    desk.press("counter", press)
    outcome = {"decline": "declined", "reschedule": "rescheduled"}[press]
    assert desk.end() == (outcome, REASONS[number - 1] if number else "documents-incomplete")


@walk()
def test_papers_that_are_found_in_the_end() -> None:
    """*done* goes on to the signature."""
    desk = Desk()
    visit = desk.counter()
    desk.back_with_papers()
    desk.press("counter", "decline")
    desk.press("counter", "done")
    assert desk.at(visit) == ("tanda-tangan", "minta")


@walk()
def test_a_guest_who_does_not_come_back_today() -> None:
    """The queue officer ends the visit: another day."""
    desk = Desk()
    desk.counter()
    desk.press("counter", "decline")
    desk.press("reception", "absent")
    assert desk.end() == ("rescheduled", "documents-incomplete")


# ------------------------------------------------------------------------ the signature


@walk(("answer",), ("button",))
def test_the_head_of_section_signs(by: str) -> None:
    """By the aiphone, or as the section's officer has heard; the record says which."""
    desk = Desk()
    visit = desk.section()
    if by == "answer":
        desk.sign()
    else:
        desk.press("section", "accept")
    assert desk.at(visit) == ("penyerahan", "dipanggil")
    assert desk.last("tanda-tangan").evidence == (("aiphone",) if by == "answer" else ("button",))


def _unanswered(desk: Desk) -> None:
    desk.wait(300)


def _busy(desk: Desk) -> None:
    desk.send(events.StationBusy(desk.now, "kepala-seksi"))


@walk(
    *((silence, press, there)
      for silence in (_unanswered, _busy)
      for press, there in (
          ("accept", ("penyerahan", "dipanggil")),
          ("decline", ("tanda-tangan", "dikembalikan")),
          ("again", ("tanda-tangan", "minta")),
      ))
)  # fmt: skip
def test_no_answer_is_decided_by_the_section(
    silence: Callable[[Desk], None], press: str, there: Place
) -> None:
    """After five minutes, or when the line is in use, the lamp asks the section's officer."""
    desk = Desk()
    visit = desk.section()
    silence(desk)
    assert desk.at(visit) == ("tanda-tangan", "tidak-dijawab")
    assert lamps(desk.rules, desk.state)["section"] == "slow"
    desk.press("section", press)
    assert desk.at(visit) == there
    assert len(desk.of(RingAide)) == (2 if press == "again" else 1)


@walk(("accept", ("penyerahan", "dipanggil")), ("decline", ("tanda-tangan", "dikembalikan")))
def test_a_late_answer_counts(answer: str, there: Place) -> None:
    """The head of section answers after the lamp has asked."""
    desk = Desk()
    visit = desk.section()
    desk.wait(300)
    desk.sign(answer)
    assert desk.at(visit) == there


@walk((True,), (False,))
def test_not_signed_today(away: bool) -> None:
    """No answer, or the head of section is announced to be away: another day is offered."""
    desk = Desk()
    if away:
        desk.away()
    visit = desk.section()
    desk.wait(300)
    assert desk.at(visit)[1] == ("tidak-di-tempat" if away else "tidak-dijawab")
    assert len(desk.of(RingAide)) == (0 if away else 1)
    desk.press("section", "reschedule")
    assert desk.end() == ("rescheduled", "not-signed-today")


@walk(("again", ("tanda-tangan", "minta")), ("accept", ("penyerahan", "dipanggil")))
def test_a_head_of_section_who_is_away(press: str, there: Place) -> None:
    """The counter is free meanwhile; the section calls all the same, or has the signature."""
    desk = Desk()
    desk.away()
    visit = desk.section()
    assert desk.state.visits[visit].inside is None
    desk.press("section", press)
    assert desk.at(visit) == there


@walk(
    *((by_aiphone, press, end)
      for by_aiphone in (True, False)
      for press, end in (("decline", "declined"), ("reschedule", "rescheduled")))
)  # fmt: skip
def test_the_head_of_section_does_not_sign(by_aiphone: bool, press: str, end: str) -> None:
    """The section's officer tells the guest so and confirms."""
    desk = Desk()
    visit = desk.section()
    if by_aiphone:
        desk.sign("decline")
    else:
        desk.press("section", "decline")
    assert desk.at(visit) == ("tanda-tangan", "dikembalikan")
    desk.press("section", press)
    assert desk.end() == (end, "not-signed")


@walk()
def test_the_head_of_section_is_asked_once_more() -> None:
    """*again* after a no rings again."""
    desk = Desk()
    visit = desk.section()
    desk.sign("decline")
    desk.press("section", "again")
    assert desk.at(visit) == ("tanda-tangan", "minta")
    assert len(desk.of(RingAide)) == 2


@walk(("tilang", ("melengkapi", "melengkapi")), ("pengaduan", ("pengaduan", "catat")))
def test_what_is_sent_back_comes_back_once(purpose: str, there: Place) -> None:
    """Papers go back to the guest, a complaint to its officer; the second time it is refused."""
    desk = Desk()
    visit = desk.section(purpose)
    desk.sign("decline")
    desk.press("section", "done")
    assert desk.at(visit) == there
    if purpose == "pengaduan":
        desk.press("complaints", "accept")
    else:
        desk.press("reception", "again")
        desk.press("counter", "accept")
        desk.press("counter", "done")
    desk.sign("decline")
    assert Beep("refused") in desk.press("section", "done")
    assert desk.at(visit) == ("tanda-tangan", "dikembalikan")


@walk()
def test_answers_are_for_the_first_whose_call_rings() -> None:
    """Two guests wait for the signature: without cards their order tells them apart."""
    desk = Desk()
    first, second = desk.section(), desk.section()
    desk.sign()
    assert (desk.at(first)[0], desk.at(second)[0]) == ("penyerahan", "tanda-tangan")


@walk()
def test_the_standard_time_of_the_signature() -> None:
    """15 minutes; what is beyond is recorded."""
    desk = Desk()
    desk.section()
    desk.wait(1000)
    assert lamps(desk.rules, desk.state)["section"] == "red"
    desk.sign()
    assert (desk.last("tanda-tangan").duration_s, desk.last("tanda-tangan").over_s) == (1000, 100)


# ------------------------------------------------------------------------ the hand-over


@walk(
    *((purpose, press, number)
      for purpose in ("tilang", "pengaduan")
      for press in ("decline", "reschedule")
      for number in range(5))
)  # fmt: skip
def test_a_result_that_lacks_something_goes_back_once(
    purpose: str, press: str, number: int
) -> None:
    """Papers to the check, a complaint to its officer; the second time the officer decides."""
    desk = Desk()
    visit = desk.hand_over(purpose)
    desk.press("counter", "decline")
    if purpose == "pengaduan":
        assert desk.at(visit) == ("pengaduan", "catat")
        desk.press("complaints", "accept")
    else:
        assert desk.at(visit) == ("pemeriksaan", "periksa")
        desk.press("counter", "done")
    desk.sign()
    desk.press("counter", "accept")
    desk.press("counter", "decline")
    assert desk.at(visit) == ("penyerahan", "belum-selesai")
    if number:
        desk.press("counter", f"reason-{number}")
    desk.press("counter", press)
    outcome = {"decline": "declined", "reschedule": "rescheduled"}[press]
    assert desk.end() == (outcome, REASONS[number - 1] if number else "documents-incomplete")


@walk()
def test_a_receipt_without_a_picture() -> None:
    """The camera fails: the officer's press vouches, and the record has no evidence of it."""
    desk = Desk()
    desk.hand_over()
    desk.press("counter", "done")
    desk.send(events.StillMissed(desk.now, desk.of(TakeStill)[-1].still, "no answer"))
    desk.press("counter", "done")
    assert desk.end() == ("completed", None)
    assert "signature" not in desk.last("penyerahan").evidence


# ------------------------------------------------------------------------ at any time

REACHED: dict[Place, Callable[[Desk], object]] = {
    ("pencatatan", "keperluan"): Desk.arrive,
    ("pemanggilan", "dipanggil"): Desk.queue,
    ("pemeriksaan", "periksa"): Desk.counter,
    ("pengaduan", "catat"): lambda desk: desk.counter("pengaduan"),
    ("tanda-tangan", "minta"): Desk.section,
    ("penyerahan", "serahkan"): Desk.hand_over,
    ("melengkapi", "melengkapi"): lambda desk: (desk.counter(), desk.press("counter", "decline")),
    ("tanggapan", "tanggapi"): lambda desk: (
        desk.counter("pengaduan"), desk.press("complaints", "done"),
    ),
}  # fmt: skip
"""A phase of each step, and the way to it."""


@walk(*((place,) for place in REACHED))
def test_a_guest_may_leave_at_any_time(place: Place) -> None:
    """*leave* at each station ends the visit; nothing is owed, and the counter is free."""
    desk = Desk()
    REACHED[place](desk)
    (visit,) = desk.state.visits
    assert desk.at(visit) == place
    desk.press(PANEL[PROCEDURE.step(place[0]).station], "leave")
    assert desk.end() == ("abandoned", "guest-left")
    assert (desk.closed[0].cards_out, desk.closed[0].ids_held) == (0, 0)
    assert desk.at(desk.queue()) == ("pemanggilan", "dipanggil")


@walk(*((place,) for place in REACHED))
def test_a_restart_changes_nothing(place: Place) -> None:
    """The state alone says who is where, and who is at the counter."""
    desk = Desk()
    REACHED[place](desk)
    before = {visit.id: (visit.step, visit.phase) for visit in desk.state.visits.values()}
    inside = [visit.inside for visit in desk.state.visits.values()]
    desk.state = stored(desk.state)
    desk.restart()
    after = {visit.id: (visit.step, visit.phase) for visit in desk.state.visits.values()}
    assert after == before
    assert [visit.inside for visit in desk.state.visits.values()] == inside


def test_every_phase_and_every_transition_is_walked() -> None:
    """The walks of this file leave out no branch of the procedure."""
    ENTERED.clear()
    TAKEN.clear()
    for one in WALKS:
        one()
    phases = {(step.id, phase.id) for step in PROCEDURE.steps for phase in step.phases}
    assert phases == ENTERED
    ways = {
        (step.id, phase.id, way.event)
        for step in PROCEDURE.steps for phase in step.phases for way in phase.on
    }  # fmt: skip
    assert ways - TAKEN == set()
