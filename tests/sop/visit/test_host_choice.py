"""The choice of the host: several hosts of one procedure, each with an aide of its own."""

from typing import Any

import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import RingAide
from edge.sop.lamps import lamps, occupancy
from edge.sop.records import HostChosen, StepCompleted, VisitClosed, VisitCorrected, VisitOpened
from edge.sop.state import Host, Visit
from edge.sop.visit.host_choice import lit
from tests.restored import stored
from tests.sop.stand import CARDS, PROCEDURES, Stand, rules

REGENT, VICE = "bupati", "wakil-bupati"
HOSTS = {
    REGENT: Host(procedures=("pimpinan",), aiphone="adc-1", station="aide-1"),
    VICE: Host(procedures=("pimpinan",), aiphone="adc-2", station="aide-2"),
    "kabag": Host(procedures=("eselon-2-3",), aiphone="adc-3"),
    "kasubbag": Host(procedures=("eselon-2-3", "eselon-4-asn"), aiphone="adc-3"),
    "karo": Host(procedures=("jatim",), aiphone="adc-1"),
    "sekda": Host(procedures=("jatim",), aiphone="adc-2"),
}


def office(**changes: Any) -> Stand:
    """Return a stand with several hosts of a procedure."""
    names = ("reception", "officer-1", "officer-2", "officer-3", "security", "escort", "aide-1")
    panels = {name: (name,) for name in names} | {"aide-2": ("aide-2",)}
    return Stand(rules(**{"hosts": HOSTS, "panels": panels, **changes}))


def arrive(stand: Stand, host: str | None = None, procedure: str = "pimpinan") -> Visit:
    """A guest arrives, by a button that names *host* (or none); return the visit."""
    stand.press("reception", "arrive", procedure, host)
    return newest(stand)


def newest(stand: Stand) -> Visit:
    """Return the visit that was opened last and is open."""
    return max(stand.state.visits.values(), key=lambda visit: visit.number)


def rung(stand: Stand) -> list[str]:
    """Return the stations that were called so far."""
    return [ring.aiphone for ring in stand.of(RingAide) if ring.pattern == "call"]


def carded(stand: Stand, host: str) -> Visit:
    """Bring a guest of *host* to the last phase of reception, with a card."""
    visit = arrive(stand, host)
    stand.answer("accept", HOSTS[host].aiphone or "")
    stand.card(next(card for card in CARDS if card not in stand.state.cards))
    return stand.state.visits[visit.id]


def at_the_door(stand: Stand, host: str) -> Visit:
    """Bring a guest of *host* to the aide's door."""
    visit = carded(stand, host)
    stand.press("reception", "done")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.answer("accept", stand.rules.hosts[host].aiphone or "")
    stand.detector("passage")
    stand.press("officer-3", "done")
    return stand.state.visits[visit.id]


def test_one_host_needs_no_choice() -> None:
    """A procedure with one host: the visit has it at once, and the aide is called."""
    stand = office()
    visit = arrive(stand, procedure="eselon-4-asn")
    assert (visit.host, visit.phase, rung(stand)) == ("kasubbag", "hubungi", ["adc-3"])
    assert stand.data(HostChosen) == []


def test_a_button_for_each_host_names_the_host() -> None:
    """*arrive* with a host: that host's aide is called, and the choice is recorded."""
    stand = office()
    visit = arrive(stand, VICE)
    assert (visit.host, visit.phase, rung(stand)) == (VICE, "hubungi", ["adc-2"])
    assert stand.data(VisitOpened)[0].host == VICE
    (chosen,) = stand.data(HostChosen)
    assert (chosen.host, chosen.before, chosen.by, chosen.called) == (VICE, None, "button", False)


def test_a_button_names_no_host_of_another_procedure() -> None:
    """Such a press opens no visit and is counted."""
    stand = office()
    stand.press("reception", "arrive", "pimpinan", "kabag")
    assert stand.state.visits == {}
    assert stand.state.refusals == {"button/reception/arrive": 1}


def test_one_button_chooses_step_by_step_and_done_confirms() -> None:
    """*host* moves to the next host; no aide is called and *done* is refused before a choice."""
    stand = office()
    assert arrive(stand).phase == "pilih"
    assert lamps(stand.rules, stand.state)["reception"] == "slow"
    stand.press("reception", "done")
    assert (newest(stand).phase, rung(stand)) == ("pilih", [])
    shown = []
    for _ in range(3):
        stand.press("reception", "host")
        shown.append([name for name, on in lit(stand.rules, stand.state).items() if on])
    assert shown == [[REGENT], [VICE], [REGENT]]
    stand.press("reception", "host")
    stand.press("reception", "done")
    assert (newest(stand).phase, newest(stand).host, rung(stand)) == ("hubungi", VICE, ["adc-2"])
    assert [one.host for one in stand.data(HostChosen)] == [REGENT, VICE, REGENT, VICE]


def test_an_invitation_names_the_host() -> None:
    """A code with a host needs no choice; one without a host asks; a wrong one is refused."""
    stand = office()
    stand.invited("one", host=VICE)
    assert (newest(stand).host, newest(stand).phase) == (VICE, "hubungi")
    assert stand.data(HostChosen)[0].by == "invitation"
    stand.invited("two")
    assert (newest(stand).host, newest(stand).phase) == (None, "pilih")
    stand.invited("three", host="kabag")
    assert len(stand.state.visits) == 2
    assert stand.state.refusals == {"invitation/gate/unknown host": 1}


def test_a_desk_application_names_the_host() -> None:
    """``cmd/register`` chooses; reception confirms; the evidence says where it came from."""
    stand = office()
    visit = arrive(stand)
    stand.send(events.HostNamed(stand.now, visit.id, VICE))
    assert (newest(stand).host, newest(stand).phase) == (VICE, "terpilih")
    assert newest(stand).evidence == ("register",)
    assert stand.data(HostChosen)[0].by == "register"
    stand.press("reception", "done")
    assert rung(stand) == ["adc-2"]


@pytest.mark.parametrize("shown", ["unknown", "same", "closed"])
def test_a_name_that_changes_nothing_makes_no_record(shown: str) -> None:
    """The same host, a host of another procedure, a visit that has ended: no choice."""
    stand = office()
    visit = arrive(stand, REGENT)
    before = len(stand.data(HostChosen))
    if shown == "closed":
        stand.press("reception", "leave")
    host = {"unknown": "kabag", "same": REGENT, "closed": VICE}[shown]
    stand.send(events.HostNamed(stand.now, visit.id, host))
    assert len(stand.data(HostChosen)) == before
    assert rung(stand) == ["adc-1"]


def test_the_answer_of_one_aide_never_decides_on_the_guest_of_another() -> None:
    """Yes, no, release, more time and *line in use* of one aide leave the other's guest alone."""
    stand = office()
    visit = arrive(stand, REGENT)
    for answer in ("accept", "decline", "release", "extend"):
        stand.answer(answer, "adc-2")
    stand.send(events.StationBusy(stand.now, "adc-2"))
    assert stand.state.visits[visit.id] == visit
    assert stand.outcomes() == []
    guest = at_the_door(stand, VICE)
    stand.answer("accept", "adc-1")  # the regent's aide answers the call that rings there
    assert stand.state.visits[visit.id].phase == "kartu"
    assert stand.state.visits[guest.id].phase == "panggil"
    stand.answer("accept", "adc-1")
    assert stand.state.visits[guest.id].phase == "panggil"
    stand.answer("accept", "adc-2")
    assert stand.state.visits[guest.id].phase == "bertemu"


def test_the_reminders_ring_at_the_hosts_own_aide() -> None:
    """Two meetings: each aide hears the reminder and the limit of the own host's."""
    stand = office()
    at_the_door(stand, REGENT)
    stand.answer("accept", "adc-1")
    stand.wait(100)
    at_the_door(stand, VICE)
    stand.answer("accept", "adc-2")
    stand.wait(481)
    rings = [(one.aiphone, one.pattern) for one in stand.of(RingAide) if one.pattern != "call"]
    assert rings == [("adc-1", "reminder"), ("adc-2", "reminder")]


def test_two_hosts_may_share_an_aiphone() -> None:
    """One aide for two hosts: the answer is for the call that rings, for either host."""
    stand = office()
    arrive(stand, "kabag", "eselon-2-3")
    arrive(stand, "kasubbag", "eselon-2-3")
    stand.answer("accept", "adc-3")
    stand.answer("accept", "adc-3")
    assert {visit.phase for visit in stand.state.visits.values()} == {"kartu"}


@pytest.mark.parametrize("answered", [False, True])
def test_a_change_at_reception_needs_the_yes_of_the_new_aide(*, answered: bool) -> None:
    """While the aide rings, and after the yes: the new aide is called, and only that yes counts."""
    stand = office()
    visit = arrive(stand, REGENT)
    if answered:
        stand.answer("accept", "adc-1")
    stand.press("reception", "host")
    changed = stand.state.visits[visit.id]
    assert (changed.host, changed.phase, changed.attempts) == (VICE, "hubungi", 2)
    assert rung(stand) == ["adc-1", "adc-2"]
    assert stand.data(HostChosen)[-1].called
    stand.answer("accept", "adc-1")  # a late yes of the first
    stand.card(CARDS[0])
    assert stand.state.visits[visit.id].phase == "hubungi"
    stand.answer("accept", "adc-2")
    stand.card(CARDS[0])
    assert stand.state.visits[visit.id].phase == "selesai"


def test_a_change_with_the_card_given_needs_the_new_yes_and_frees_the_card() -> None:
    """Not even *back* leads past the new call; the same card can be given once more."""
    stand = office()
    visit = carded(stand, REGENT)
    stand.press("reception", "host")
    stand.press("reception", "back")
    stand.press("reception", "done")
    stand.card(visit.cards[0])
    assert stand.state.visits[visit.id].phase == "hubungi"
    stand.answer("accept", "adc-2")
    stand.card(visit.cards[0])
    stand.press("reception", "done")
    assert stand.state.visits[visit.id].step == "menunggu"
    assert stand.steps()[-1].host == VICE


def test_a_new_host_who_declines_leaves_no_card_with_the_guest() -> None:
    """Measured before: the visit ended with the card out, although the guest was at the desk."""
    stand = office()
    carded(stand, REGENT)
    stand.press("reception", "host")
    assert stand.state.cards == {}
    stand.answer("decline", "adc-2")
    stand.press("reception", "decline")
    (closed,) = stand.closed
    assert (closed.outcome, closed.card_out, closed.ids_held) == ("declined", False, 0)


def test_after_reception_a_change_says_only_who_will_admit() -> None:
    """Waiting, lockers, screening: no ring; the new host's aide calls and admits, no other."""
    stand = office()
    visit = carded(stand, REGENT)
    stand.press("reception", "done")
    calls = rung(stand)
    stand.press("officer-1", "host")
    assert stand.state.visits[visit.id].host == VICE
    assert (rung(stand), stand.data(HostChosen)[-1].called) == (calls, False)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.answer("accept", "adc-1")
    assert stand.state.visits[visit.id].phase == "menunggu-panggilan"
    stand.answer("accept", "adc-2")
    stand.detector("passage")
    stand.press("officer-3", "done")
    stand.answer("accept", "adc-1")
    assert stand.state.visits[visit.id].phase == "panggil"
    stand.answer("accept", "adc-2")
    assert stand.state.visits[visit.id].phase == "bertemu"


def test_the_host_of_an_admitted_guest_is_fixed() -> None:
    """Neither button nor desk application changes it, in the meeting and on the way out."""
    stand = office()
    visit = at_the_door(stand, REGENT)
    stand.answer("accept", "adc-1")
    told = len(stand.data(HostChosen))
    for _ in range(2):
        for panel in stand.rules.panels:
            stand.press(panel, "host")
        stand.send(events.HostNamed(stand.now, visit.id, VICE))
        stand.answer("decline", "adc-1")
    assert stand.state.visits[visit.id].step == "pengembalian"
    assert (stand.state.visits[visit.id].host, len(stand.data(HostChosen))) == (REGENT, told)
    assert stand.state.refusals["host/too late"] == 2


def test_a_call_all_the_same_is_for_that_host_only() -> None:
    """Reception rings a host who is away; another host who is away is not rung after a change."""
    stand = office()
    for host in (REGENT, VICE):
        stand.send(events.AvailabilitySet(stand.now, host, False))
    visit = arrive(stand, REGENT)
    stand.press("reception", "again")
    assert rung(stand) == ["adc-1"]
    stand.press("reception", "host")
    assert (stand.state.visits[visit.id].phase, rung(stand)) == ("tidak-menerima", ["adc-1"])


def test_jatim_calls_another_host_after_a_no() -> None:
    """From the offer of another day back to the call: one more record of it, no old reason."""
    stand = office()
    stand.press("security", "arrive", "jatim", "karo")
    stand.press("security", "done")
    stand.press("reception", "done")
    stand.answer("decline", "adc-1")
    assert newest(stand).step == "penjadwalan-ulang"
    stand.press("reception", "host")
    visit = newest(stand)
    assert (visit.step, visit.phase, visit.host, visit.reason) == (
        "konfirmasi", "hubungi", "sekda", None,
    )  # fmt: skip
    stand.answer("accept", "adc-2")
    records = [(one.step, one.host, one.attempts) for one in stand.steps()[-2:]]
    assert records == [("konfirmasi", "karo", 1), ("konfirmasi", "sekda", 2)]
    assert newest(stand).step == "kartu-tamu"


def test_jatim_names_the_host_before_the_call() -> None:
    """At the guest book the choice needs no confirmation, and calls when reception comes to it."""
    stand = office()
    stand.press("security", "arrive", "jatim")
    stand.press("security", "done")
    stand.press("reception", "host")
    assert rung(stand) == []
    stand.press("reception", "done")
    assert (newest(stand).phase, rung(stand)) == ("hubungi", ["adc-1"])


def test_each_aide_has_a_line_of_the_own_hosts_guests() -> None:
    """Panels of two aides: *leave* at one is for the guest of that host; records name the place."""
    stand = office()
    first, second = at_the_door(stand, REGENT), at_the_door(stand, VICE)
    stand.press("aide-2", "leave")
    assert [visit.visit for visit in stand.closed] == [second.id]
    assert stand.steps()[-1].station == "aide-2"
    assert first.id in stand.state.visits


def test_a_press_chooses_for_the_guest_who_waits_for_a_choice() -> None:
    """A guest whose aide rings is not disturbed by the choice of the next guest."""
    stand = office()
    first = arrive(stand, REGENT)
    second = arrive(stand)
    stand.press("reception", "host")
    stand.press("reception", "host")
    assert stand.state.visits[first.id].host == REGENT
    assert stand.state.visits[second.id].host == VICE


def test_the_lamp_is_of_the_guest_being_received() -> None:
    """Lit from the choice until the guest leaves reception; dark without a guest."""
    stand = office()
    assert not any(lit(stand.rules, stand.state).values())
    carded(stand, VICE)
    assert lit(stand.rules, stand.state)[VICE]
    stand.press("reception", "done")
    assert not any(lit(stand.rules, stand.state).values())


def test_every_record_of_the_visit_names_the_host() -> None:
    """Steps, corrections, the end: by the host's id."""
    stand = office()
    arrive(stand, REGENT)
    at_the_door(stand, VICE)
    stand.press("aide-2", "leave")
    stand.press("reception", "next")
    mine = [data for kind in (StepCompleted, VisitClosed) for data in stand.data(kind)]
    assert {data.host for data in mine} == {VICE}  # type: ignore[attr-defined]
    assert stand.data(VisitCorrected) == []
    assert occupancy(stand.rules, stand.state)["hosts"] == [{"host": REGENT, "visits": 1}]


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_visits_of_an_older_database_have_their_only_host(procedure: str) -> None:
    """A visit without a host, from before there were hosts, is its procedure's host's."""
    stand = Stand()
    stand.press("reception", "arrive", procedure)
    old = replace(newest(stand), host=None)
    stand.state = stored(replace(stand.state, visits={old.id: old}))
    stand.restart()
    assert newest(stand).host == procedure


def test_a_config_with_new_hosts_has_a_host_chosen_for_guests_at_reception() -> None:
    """The old yes was no answer of the new hosts' aides: reception chooses, and one is called."""
    stand = Stand()
    visit = arrive(stand)
    stand.answer("accept")
    stand.rules = office().rules
    stand.restart()
    assert (newest(stand).host, newest(stand).phase) == (None, "pilih")
    stand.press("reception", "host")
    stand.press("reception", "done")
    stand.answer("accept", "adc-1")
    assert stand.state.visits[visit.id].phase == "kartu"


def test_a_config_with_one_host_again_goes_on_with_the_choice_that_waits() -> None:
    """A guest in the choice of hosts that are gone: the only host's aide is called."""
    stand = office()
    arrive(stand)
    stand.rules = rules()
    stand.restart()
    assert (newest(stand).host, newest(stand).phase) == ("pimpinan", "hubungi")
