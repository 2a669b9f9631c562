"""Hosts: the office's message about availability decides at reception; each no has a reason."""

import pytest

from edge.sop import events
from edge.sop.effects import RingAide
from edge.sop.hosts import MOST_REMEMBERED
from edge.sop.lamps import lamps, occupancy
from edge.sop.procedures.model import Procedure
from edge.sop.state import Host, Visit
from tests.sop.stand import OPENING_MS, PROCEDURES, Stand, rules

TANJAB = ["pimpinan", "eselon-2-3", "eselon-4-asn"]


def told(
    stand: Stand, host: str, *, receiving: bool = False, until_s: float | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    """The office sets the availability of *host*, until *until_s* of the stand's time."""
    until_ms = None if until_s is None else OPENING_MS + int(until_s * 1000)
    stand.send(events.AvailabilitySet(stand.now, host, receiving, until_ms, reason))


def arrive(stand: Stand, procedure: str = "pimpinan") -> Visit:
    """A guest comes to the point where the host would be called; return the visit."""
    if procedure == "jatim":
        stand.press("security", "arrive", "jatim")
        stand.press("security", "done")
        stand.press("reception", "done")
    else:
        stand.press("reception", "arrive", procedure)
    return max(stand.state.visits.values(), key=lambda visit: visit.number)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_a_host_who_does_not_receive_is_not_rung_and_reception_decides(procedure: str) -> None:
    """The procedure applies only while the official is in place: no ring, the lamp asks."""
    stand = Stand()
    told(stand, procedure)
    assert arrive(stand, procedure).phase == "tidak-menerima"
    assert stand.of(RingAide) == []
    assert lamps(stand.rules, stand.state)["reception"] == "slow"


@pytest.mark.parametrize(
    ("press", "outcome", "reason"),
    [
        ("decline", "declined", "host-away"),
        ("absent", "declined", "host-absent"),
        ("reschedule", "rescheduled", "host-away"),
    ],
)
def test_the_polite_no_has_its_reason(press: str, outcome: str, reason: str) -> None:
    """A decision of reception gives one outcome and one reason."""
    stand = Stand()
    told(stand, "pimpinan")
    arrive(stand)
    stand.press("reception", press)
    assert stand.outcomes() == [outcome]
    assert stand.closed[0].reason == reason


def test_jatim_goes_on_to_offer_another_day() -> None:
    """Its table has a step for that (5b), also where the host is known to be away."""
    stand = Stand()
    told(stand, "jatim")
    arrive(stand, "jatim")
    stand.press("reception", "reschedule")
    stand.press("reception", "reschedule")
    assert stand.steps()[-1].step == "penjadwalan-ulang"
    assert (stand.outcomes(), stand.closed[0].reason) == (["rescheduled"], "host-away")


@pytest.mark.parametrize("press", ["done", "again"])
def test_reception_may_ring_all_the_same(press: str) -> None:
    """Another attempt rings although the office's message says that the host is away."""
    stand = Stand()
    told(stand, "pimpinan")
    arrive(stand)
    stand.press("reception", press)
    (visit,) = stand.state.visits.values()
    assert (visit.phase, visit.attempts) == ("hubungi", 2)
    assert [ring.pattern for ring in stand.of(RingAide)] == ["call"]


def test_reception_may_let_the_guest_in_all_the_same() -> None:
    """The host agrees in person: *accept*, and the guest gets a card."""
    stand = Stand()
    told(stand, "pimpinan")
    arrive(stand)
    stand.press("reception", "accept")
    (visit,) = stand.state.visits.values()
    assert visit.phase == "kartu"


def test_nobody_decides_and_the_guest_is_declined_after_five_minutes() -> None:
    """Without a decision the visit is declined after 300 s, with the office's reason."""
    stand = Stand()
    told(stand, "pimpinan", reason="host-out-of-town")
    arrive(stand)
    stand.wait(300)
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "host-out-of-town")


def test_the_reason_of_the_message_is_the_reason_of_the_visit() -> None:
    """The reason is the office's, unless reception chooses another."""
    stand = Stand()
    told(stand, "pimpinan", reason="host-out-of-town")
    arrive(stand)
    stand.press("reception", "decline")
    arrive(stand)
    stand.press("reception", "reason-1")
    stand.press("reception", "decline")
    assert [visit.reason for visit in stand.closed] == ["host-out-of-town", "host-in-meeting"]


def test_what_was_said_ends_when_it_says() -> None:
    """Until 09:00: no ring for a guest at 08:59, a ring for one at 09:00."""
    stand = Stand()
    told(stand, "pimpinan", until_s=3600)
    stand.wait(3599)
    assert arrive(stand).phase == "tidak-menerima"
    stand.wait(1)
    assert arrive(stand).phase == "hubungi"


def test_what_was_said_is_taken_back() -> None:
    """The official receives again; other hosts were not affected."""
    stand = Stand()
    told(stand, "pimpinan")
    assert arrive(stand, "eselon-2-3").phase == "hubungi"
    told(stand, "pimpinan", receiving=True)
    assert arrive(stand).phase == "hubungi"
    assert stand.state.availability == {}


def test_a_called_station_speaks_for_all_the_procedures_it_serves() -> None:
    """The aide of three hosts is away: no ring for any of them."""
    stand = Stand()
    told(stand, "adc")
    assert {arrive(stand, procedure).phase for procedure in TANJAB} == {"tidak-menerima"}


def test_only_a_trusted_clock_ends_it() -> None:
    """An untrusted clock that is far ahead does not end the absence."""
    stand = Stand()
    told(stand, "pimpinan", until_s=3600)
    later = stand.now.__class__(10**9, OPENING_MS * 2, False, "boot")
    stand.send(events.ButtonPressed(later, "reception", "arrive", "pimpinan"))
    (visit,) = stand.state.visits.values()
    assert visit.phase == "tidak-menerima"


def test_a_retained_message_told_again_changes_nothing() -> None:
    """The broker repeats it at every connection: the state is not written again."""
    stand = Stand()
    told(stand, "pimpinan", reason="host-absent")
    before = stand.state
    told(stand, "pimpinan", reason="host-absent")
    assert stand.state is before


def test_no_flood_of_hosts_grows_the_state() -> None:
    """At most MOST_REMEMBERED are stored; more are refused and counted; expired ones make room."""
    stand = Stand()
    for number in range(MOST_REMEMBERED + 5):
        told(stand, f"host-{number}", until_s=60)
    assert len(stand.state.availability) == MOST_REMEMBERED
    assert stand.state.refusals == {"availability/too many": 5}
    stand.wait(60)
    told(stand, "pimpinan")
    assert list(stand.state.availability) == ["pimpinan"]


@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_reception_chooses_the_reason_by_button(procedure: str, number: int) -> None:
    """While the lamp asks: reason-N, then the decision; the lamp goes on asking between them."""
    stand = Stand()
    arrive(stand, procedure)
    stand.wait(46)  # no answer
    stand.press("reception", f"reason-{number}")
    assert lamps(stand.rules, stand.state)["reception"] == "slow"
    stand.press("reception", "reschedule")
    if procedure == "jatim":
        stand.press("reception", "reschedule")
    text: Procedure = PROCEDURES[procedure]
    assert stand.closed[0].reason == text.reasons[number - 1]


def test_a_reason_that_nobody_asked_for_means_nothing() -> None:
    """A reason before the question, and one that no procedure offers, are refused."""
    stand = Stand()
    arrive(stand)
    stand.press("reception", "reason-1")
    stand.wait(46)
    stand.press("reception", "reason-9")
    assert stand.state.refusals == {
        "button/reception/reason-1": 1,
        "button/reception/reason-9": 1,
    }


def test_a_new_call_forgets_the_reason_that_was_chosen() -> None:
    """In a meeting, called again, then absent: the reason is the last one."""
    stand = Stand()
    arrive(stand)
    stand.wait(46)
    stand.press("reception", "reason-1")
    stand.press("reception", "again")
    stand.press("reception", "absent")
    stand.press("reception", "decline")
    assert stand.closed[0].reason == "host-absent"


def test_a_chosen_reason_is_not_that_of_a_guest_who_leaves() -> None:
    """An abandoned visit has its own reason."""
    stand = Stand()
    arrive(stand)
    stand.wait(46)
    stand.press("reception", "reason-2")
    stand.press("reception", "leave")
    assert (stand.outcomes(), stand.closed[0].reason) == (["abandoned"], "guest-left")


def two_hosts() -> Stand:
    """Return a checkpoint with the regent and the vice regent, each with an aide."""
    hosts = {
        "bupati": Host(procedures=("pimpinan",), aiphone="adc"),
        "wakil-bupati": Host(procedures=("pimpinan",), aiphone="adc-wakil"),
    }
    return Stand(rules(hosts=hosts))


def comes_for(stand: Stand, host: str) -> Visit:
    """A guest of *host* arrives; return the visit."""
    stand.press("reception", "arrive", "pimpinan", host)
    return max(stand.state.visits.values(), key=lambda visit: visit.number)


def test_the_absence_of_the_regent_does_not_turn_away_the_vice_regents_guests() -> None:
    """One host's absence is about that host's guests only."""
    stand = two_hosts()
    told(stand, "bupati", reason="host-out-of-town")
    assert comes_for(stand, "bupati").phase == "tidak-menerima"
    assert comes_for(stand, "wakil-bupati").phase == "hubungi"
    assert [ring.aiphone for ring in stand.of(RingAide)] == ["adc-wakil"]


@pytest.mark.parametrize(
    ("name", "turned_away"),
    [
        ("pimpinan", {"bupati", "wakil-bupati"}),
        ("adc", {"bupati"}),
        ("adc-wakil", {"wakil-bupati"}),
    ],
)
def test_a_procedure_or_a_called_station_speaks_for_all_its_hosts(
    name: str, turned_away: set[str]
) -> None:
    """As before there were hosts: the name of either is accepted."""
    stand = two_hosts()
    told(stand, name)
    away = {
        host for host in ("bupati", "wakil-bupati") if comes_for(stand, host).phase != "hubungi"
    }
    assert away == turned_away


def test_an_aide_says_by_button_that_the_host_is_away_and_back() -> None:
    """*away* and *receiving* name one host; a press that changes nothing is refused."""
    stand = two_hosts()
    stand.press("officer-1", "receiving", host="bupati")
    stand.press("officer-1", "away", host="bupati")
    stand.press("officer-1", "away", host="bupati")
    assert comes_for(stand, "bupati").phase == "tidak-menerima"
    assert comes_for(stand, "wakil-bupati").phase == "hubungi"
    assert occupancy(stand.rules, stand.state)["hosts_away"] == [
        {"host": "bupati", "until": None, "reason": None}
    ]
    stand.press("officer-1", "receiving", host="bupati")
    assert comes_for(stand, "bupati").phase == "hubungi"
    assert occupancy(stand.rules, stand.state)["hosts_away"] == []
    assert stand.state.refusals == {"button/officer-1/receiving": 1, "button/officer-1/away": 1}


def test_a_button_without_a_known_host_is_refused() -> None:
    """The config refuses such a button; the core does, too."""
    stand = two_hosts()
    stand.press("officer-1", "away")
    stand.press("officer-1", "away", host="nobody")
    assert stand.state.availability == {}
    assert stand.state.refusals == {"button/officer-1/away": 2}


@pytest.mark.parametrize("pressed", ["away", "receiving"])
def test_what_the_office_said_before_the_press_does_not_undo_it(pressed: str) -> None:
    """The broker repeats the retained message after a restart: the button's word is newer."""
    stand = two_hosts()
    said_ms = stand.now.wall_ms
    first = events.AvailabilitySet(
        stand.now, "bupati", pressed == "away", None, None, said_ms=said_ms
    )
    stand.send(first)
    stand.wait(60)
    stand.press("officer-1", pressed, host="bupati")
    stand.send(first)
    phase = "tidak-menerima" if pressed == "away" else "hubungi"
    assert comes_for(stand, "bupati").phase == phase
    assert stand.state.refusals == {"availability/older than a button's": 1}
    stand.wait(60)
    later = events.AvailabilitySet(
        stand.now, "bupati", pressed == "away", None, None, said_ms=stand.now.wall_ms
    )
    stand.send(later)
    assert comes_for(stand, "bupati").phase != phase
