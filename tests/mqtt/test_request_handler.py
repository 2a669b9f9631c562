"""The request handler: to which visit details go, that they go once, and its answers."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config.sections.guests import GuestBookSection as Section
from edge.guestbook.book import FILE
from edge.guestbook.invitations import Guest, Invitation
from edge.mqtt import request_handler as desk_module
from edge.mqtt.open_visits import OpenVisit, open_visits
from edge.mqtt.request_handler import ALARM, BOOK, Request
from edge.mqtt.requests import Answer
from edge.sop.events import (
    AvailabilitySet,
    DetailsAttached,
    DeviceFailed,
    DeviceRestored,
    GuestKindNamed,
    HostNamed,
    InputRefused,
    SystemAlarmRaised,
)
from edge.sop.state import GuestKind
from tests.guests import NAME, NOW_MS, VISITS, Office, available, details, register
from tests.other_programs import EDIT, OtherProgram
from tests.sop.stand import Stand, rules
from tests.sop.visit.test_course import register as register_visit
from tests.sop.visit.test_host_choice import at_the_door
from tests.sop.visit.test_host_choice import office as host_office


def at_desk(
    folder: Path,
    scenario: Callable[[Office], Awaitable[None]],
    section: Section = Section(),  # noqa: B008 - frozen
) -> None:
    """Run *scenario* with a request handler."""

    async def run() -> None:
        office = Office(folder, section)
        try:
            await scenario(office)
        finally:
            office.close()

    asyncio.run(run())


async def ask(
    office: Office, what: dict[str, Any], suffix: str = "cmd/register", *, retained: bool = False
) -> Answer:
    """Send *what* to the request handler; return its answer."""
    answer = await office.desk.answer(Request(suffix, json.dumps(what).encode(), retained))
    assert answer is not None
    return answer


def test_the_newest_visit_at_the_desk_without_details(tmp_path: Path) -> None:
    """Details go to the newest visit there, of that procedure, that has none; else are refused."""

    async def scenario(office: Office) -> None:
        office.open_visits = [
            OpenVisit(VISITS[0], 1, "pimpinan", "reception"),
            OpenVisit(VISITS[1], 2, "eselon-2-3", "reception"),
            OpenVisit(VISITS[2], 3, "pimpinan", "reception"),
            OpenVisit(VISITS[3], 4, "pimpinan", "officer-1"),
        ]
        chosen = [(await ask(office, register(procedure="pimpinan"))).visit for _ in range(2)]
        assert chosen == [VISITS[2], VISITS[0]]
        assert (await ask(office, register(procedure="pimpinan"))).word == "no visit waits"
        assert (await ask(office, register())).visit == VISITS[1]
        assert office.of(DetailsAttached) == [
            DetailsAttached(office.clock.now(), visit)
            for visit in (VISITS[2], VISITS[0], VISITS[1])
        ]

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize("kind", ["ktp", "student-card", None])
def test_the_desk_states_the_id_that_it_has_taken(tmp_path: Path, kind: str | None) -> None:
    """The core is told the kind; an unknown kind, or a number in its place, is refused."""

    async def scenario(office: Office) -> None:
        office.open_visits = [OpenVisit(VISITS[0], 1, "pimpinan", "reception")]
        for wrong in ("passport", "1506000000000000"):
            assert (await ask(office, register(identity=wrong))).word == "malformed"
        assert (await ask(office, register(identity=kind))).ok
        assert [told.identity for told in office.of(DetailsAttached)] == [kind]

    at_desk(tmp_path, scenario)


def test_a_visit_by_its_id_wherever_it_is(tmp_path: Path) -> None:
    """Only an open visit is accepted; details that exist are replaced only on request."""

    async def scenario(office: Office) -> None:
        office.open_visits = [OpenVisit(VISITS[3], 4, "pimpinan", "officer-3")]
        assert (await ask(office, register(visit=VISITS[0]))).word == "no such visit"
        assert (await ask(office, register(visit=VISITS[3], procedure="jatim"))).word
        assert (await ask(office, register(visit=VISITS[3]))).ok
        again = register(visit=VISITS[3], guest=details("Somebody Else"))
        assert (await ask(office, again)).word == "has details"
        assert (await ask(office, {**again, "id": register()["id"], "replace": True})).ok
        found = office.book.entry(VISITS[3])
        assert found is not None
        assert found.details.name == "Somebody Else"

    at_desk(tmp_path, scenario)


def test_a_kind_of_guest_is_named_for_a_visit_that_may_have_it(tmp_path: Path) -> None:
    """The core is notified once; an unknown kind, or one after the card, is refused."""

    async def scenario(office: Office) -> None:
        office.open_visits = [
            OpenVisit(VISITS[0], 1, "pimpinan", "reception", guest_kinds=("vip", "lansia")),
        ]
        refused = await ask(office, register(guest_kind="kontraktor"))
        assert (refused.word, refused.why) == (
            "guest kind not possible", "allowed for that visit: vip, lansia",
        )  # fmt: skip
        assert office.book.entry(VISITS[0]) is None
        asked = register(guest_kind="lansia")
        assert (await ask(office, asked)).ok
        assert (await ask(office, asked)).ok
        expected = [GuestKindNamed(office.clock.now(), VISITS[0], "lansia")]
        assert office.of(GuestKindNamed) == expected

    at_desk(tmp_path, scenario)


def test_only_a_visit_without_a_card_may_have_another_kind() -> None:
    """The handler knows from the state which kinds a visit can have now."""
    stand = Stand(rules(guest_kinds={"vip": GuestKind()}))
    register_visit(stand, "eselon-4-asn")
    stand.press("reception", "arrive", "pimpinan")
    kinds = [one.guest_kinds for one in open_visits(stand.rules, stand.state)]
    assert kinds == [(), ("vip",)]


def test_a_host_is_named_for_a_visit_that_may_have_it(tmp_path: Path) -> None:
    """The core is notified of a possible host; another one is refused, and nothing is entered."""

    async def scenario(office: Office) -> None:
        office.open_visits = [
            OpenVisit(VISITS[0], 1, "pimpinan", "reception", ("bupati", "wakil-bupati")),
        ]
        refused = await ask(office, register(host="kabag"))
        assert (refused.word, refused.why) == (
            "host not possible", "allowed for that visit: bupati, wakil-bupati",
        )  # fmt: skip
        assert office.book.entry(VISITS[0]) is None
        asked = register(host="wakil-bupati")
        assert (await ask(office, asked)).visit == VISITS[0]
        assert (await ask(office, asked)).ok  # the same once more: an officer may have corrected it
        assert office.of(HostNamed) == [HostNamed(office.clock.now(), VISITS[0], "wakil-bupati")]

    at_desk(tmp_path, scenario)


def test_a_host_can_be_named_until_the_guest_is_admitted() -> None:
    """The open visits say which hosts they may have: any, then the own one only."""
    stand = host_office()
    stand.press("reception", "arrive", "pimpinan", "bupati")
    (visit,) = open_visits(stand.rules, stand.state)
    assert visit.hosts == ("bupati", "wakil-bupati")
    at_the_door(stand, "wakil-bupati")
    stand.answer("accept", "adc-2")
    assert open_visits(stand.rules, stand.state)[1].hosts == ("wakil-bupati",)


def test_the_same_id_is_the_same_request(tmp_path: Path) -> None:
    """The same id gets the same answer: again, later, after a restart, with other details."""

    async def scenario(office: Office) -> None:
        asked = register()
        first = await ask(office, asked)
        office.open_visits.append(OpenVisit(VISITS[1], 2, "pimpinan", "reception"))
        office.clock.ms += 3_600_000
        assert await ask(office, {**asked, "guest": details("Somebody Else")}) == first
        refused = await ask(office, register(visit=VISITS[4]))
        office.open_visits.append(OpenVisit(VISITS[4], 5, "pimpinan", "reception"))
        assert await ask(office, register(id=refused.id, visit=VISITS[4])) == refused
        later = Office(tmp_path)
        try:
            assert await ask(later, asked) == first
            assert later.of(DetailsAttached), "the core may not have heard of it"
            found = later.book.entry(VISITS[0])
            assert found is not None
            assert found.details.name == NAME
            assert later.book.entry(VISITS[1]) is None
        finally:
            later.close()

    at_desk(tmp_path, scenario)


def test_refused_answers_are_forgotten_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the latest few refusals are stored."""
    monkeypatch.setattr(desk_module, "_MOST_REFUSED", 3)

    async def scenario(office: Office) -> None:
        for _ in range(10):
            assert not (await ask(office, register(visit=VISITS[4]))).ok
        assert len(office.desk._refused) == 3

    at_desk(tmp_path, scenario)


def test_old_replays_and_wrong_clocks(tmp_path: Path) -> None:
    """A request too old, dated ahead, or without a trusted clock is refused and not entered."""

    async def scenario(office: Office) -> None:
        assert (await ask(office, register(NOW_MS - 3_600_000))).word == "too old"
        assert (await ask(office, register(NOW_MS + 3_600_000))).word == "from the future"
        office.clock.synced = False
        assert (await ask(office, register())).word == "clock not trusted"
        assert (await ask(office, register(), retained=True)).word == "retained"
        assert [event.why for event in office.of(InputRefused)] == [
            "too old", "from the future", "clock not trusted", "retained",
        ]  # fmt: skip
        assert not (tmp_path / FILE).exists()

    at_desk(tmp_path, scenario)


def test_a_clock_that_nobody_vouches_for_may_do(tmp_path: Path) -> None:
    """If the config allows it, a request is accepted without a trusted clock."""

    async def scenario(office: Office) -> None:
        office.clock.synced = False
        assert (await ask(office, register(0))).ok

    at_desk(tmp_path, scenario, Section(need_synced_clock=False))


def test_a_checkpoint_that_keeps_none(tmp_path: Path) -> None:
    """With the guest book off, requests are refused, details dropped, and no file is made."""

    async def scenario(office: Office) -> None:
        assert (await ask(office, register())).word == "no guest book"
        office.desk.expect(INVITATION)
        office.desk.arrived(INVITATION.id, VISITS[0])
        await office.worker.do(int)

    at_desk(tmp_path, scenario, Section(keep=False))
    assert not list(tmp_path.iterdir())


INVITATION = Invitation(
    id=str(uuid.uuid4()),
    site="kantor",
    checkpoint="",
    procedure="pimpinan",
    not_before_ms=0,
    not_after_ms=1000,
    guest=Guest(NAME, "Xanadu", "Wawancara", 3),
)


def test_an_invited_guest_is_entered_when_the_visit_opens(tmp_path: Path) -> None:
    """An invitation's details are entered once its visit opens, and for no other visit."""

    async def scenario(office: Office) -> None:
        office.desk.expect(INVITATION)
        assert office.book.entry(VISITS[0]) is None
        office.desk.arrived(INVITATION.id, VISITS[0])
        await office.worker.do(int)
        found = office.book.entry(VISITS[0])
        assert found is not None
        assert (found.source, found.procedure) == ("invitation", "pimpinan")
        assert (found.details.name, found.details.persons) == (NAME, 3)
        assert [told.persons for told in office.of(DetailsAttached)] == [3]
        office.desk.arrived(INVITATION.id, VISITS[1])
        await office.worker.do(int)
        assert office.book.entry(VISITS[1]) is None
        for number in range(100):
            office.desk.expect(Invitation(**{**fields(INVITATION), "id": str(number)}))
        assert len(office.desk._expected) < 40

    at_desk(tmp_path, scenario)


def fields(invitation: Invitation) -> dict[str, Any]:
    """Return the fields of *invitation*."""
    return {name: getattr(invitation, name) for name in invitation.__struct_fields__}


def test_a_damaged_book_is_set_aside_and_refuses_once(tmp_path: Path) -> None:
    """A damaged book is set aside with an alarm, and the request goes into a new book."""

    async def scenario(office: Office) -> None:
        assert (await ask(office, register())).ok
        office.book.close()
        whole = bytearray((tmp_path / FILE).read_bytes())
        whole[:100] = b"\xaa" * 100
        (tmp_path / FILE).write_bytes(whole)
        office.open_visits.append(OpenVisit(VISITS[1], 2, "pimpinan", "reception"))
        assert (await ask(office, register(visit=VISITS[1]))).ok
        office.desk.report_fault()
        (alarm,) = office.of(SystemAlarmRaised)
        assert alarm.kind == ALARM
        assert alarm.detail.startswith(f"{FILE}.damaged-")
        assert office.book.entry(VISITS[0]) is None

    at_desk(tmp_path, scenario)


def test_a_book_that_cannot_be_opened(tmp_path: Path) -> None:
    """An unusable book gives a clear answer and one fault, and is restored by the same request."""

    async def scenario(office: Office) -> None:
        (tmp_path / FILE).mkdir()
        asked = register()
        for _ in range(3):
            assert (await ask(office, asked)).word == "guest book cannot be used"
        (tmp_path / FILE).rmdir()
        assert (await ask(office, asked)).ok
        assert [event.device for event in office.of(DeviceFailed)] == [BOOK]
        assert [event.device for event in office.of(DeviceRestored)] == [BOOK]

    at_desk(tmp_path, scenario)


def test_a_book_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is refused at once and may come again; an invited guest's details wait."""
    monkeypatch.setattr("edge.store.database.BUSY_S", 0.01)
    monkeypatch.setattr("edge.mqtt.request_handler.HELD_S", 0.01)

    async def scenario(office: Office) -> None:
        assert (await ask(office, register())).ok
        with OtherProgram(tmp_path / FILE, *EDIT):
            asked = register(visit=VISITS[0], replace=True)
            assert (await ask(office, asked)).word == "guest book cannot be used"
            office.desk.expect(INVITATION)
            office.desk.arrived(INVITATION.id, VISITS[1])
        await office.worker.do(int)
        assert office.book.entry(VISITS[1]) is not None
        assert (await ask(office, asked)).ok
        assert [event.device for event in office.of(DeviceFailed)] == [BOOK]
        assert [event.device for event in office.of(DeviceRestored)] == [BOOK]

    at_desk(tmp_path, scenario)


def test_availability_is_told_once_and_the_latest_holds(tmp_path: Path) -> None:
    """A repeated message is posted once; older ones, unknown hosts and reasons are refused."""

    async def scenario(office: Office) -> None:
        told = available(until="2026-11-22T02:00:00+00:00", reason="rapat")
        assert (await ask(office, told, "cmd/availability/pimpinan", retained=True)).ok
        assert (await ask(office, told, "cmd/availability")).ok
        assert office.of(AvailabilitySet) == [
            AvailabilitySet(
                office.clock.now(), "pimpinan", False, 1_795_312_800_000, "rapat", NOW_MS
            )
        ]
        older = available(NOW_MS - 60_000, receiving=True)
        assert (await ask(office, older, "cmd/availability")).word == "older than what is known"
        assert (await ask(office, available(host="kepala"), "cmd/availability")).word
        free_text = available(NOW_MS + 1, reason="siti-aminah-sakit")
        assert (await ask(office, free_text, "cmd/availability")).word == "unknown reason"
        assert (await ask(office, available(NOW_MS - 600_000, host="adc"), "cmd/availability")).word
        long_ago = available(NOW_MS - 600_000, host="adc")
        assert (await ask(office, long_ago, "cmd/availability", retained=True)).word == "too old"
        assert (await ask(office, long_ago, "cmd/availability/adc", retained=True)).ok
        ahead = available(NOW_MS + 600_000, host="adc")
        assert (await ask(office, ahead, "cmd/availability", retained=True)).word
        assert await office.desk.answer(Request("cmd/availability/pimpinan", b"")) is None
        assert len(office.of(AvailabilitySet)) == 2

    at_desk(tmp_path, scenario)


YEAR_MS = 366 * 86_400_000


@pytest.mark.parametrize(
    ("age_ms", "word"), [(YEAR_MS, None), (YEAR_MS + 1000, "too old"), (30 * YEAR_MS, "too old")]
)
def test_a_retained_availability_has_an_oldest_date(
    tmp_path: Path, age_ms: int, word: str | None
) -> None:
    """A retained message holds for a year; then it is refused, and counted."""

    async def scenario(office: Office) -> None:
        answer = await ask(
            office, available(NOW_MS - age_ms), "cmd/availability/pimpinan", retained=True
        )
        assert answer.word == word
        assert [event.why for event in office.of(InputRefused)] == ([word] if word else [])

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize("synced", [True, False])
def test_a_date_ahead_locks_out_no_later_message(tmp_path: Path, *, synced: bool) -> None:
    """Accepted while the clock was wrong: the messages of the present hold all the same."""

    async def scenario(office: Office) -> None:
        office.clock.synced = False
        ahead = available(NOW_MS + 70 * YEAR_MS)
        assert (await ask(office, ahead, "cmd/availability/pimpinan", retained=True)).ok
        office.clock.synced = synced
        present = available(receiving=True)
        assert (await ask(office, present, "cmd/availability")).ok
        older = available(NOW_MS - 1000)
        assert (await ask(office, older, "cmd/availability")).word == "older than what is known"
        again = await ask(office, ahead, "cmd/availability/pimpinan", retained=True)
        assert again.word == ("from the future" if synced else None)
        assert [told.receiving for told in office.of(AvailabilitySet)][:2] == [False, True]

    at_desk(tmp_path, scenario)


def test_a_clock_that_is_behind_does_not_turn_the_order(tmp_path: Path) -> None:
    """Before the clock is right all dates are ahead of it: the latest of them holds."""

    async def scenario(office: Office) -> None:
        office.clock.synced, office.clock.ms = False, 0
        assert (await ask(office, available(), "cmd/availability")).ok
        older = available(NOW_MS - 86_400_000)
        told = await ask(office, older, "cmd/availability/pimpinan", retained=True)
        assert told.word == "older than what is known"

    at_desk(tmp_path, scenario)


def test_a_fault_of_ours_is_an_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error in the handler is an answer: it must not end the daemon, nor log a guest's name."""

    async def scenario(office: Office) -> None:
        def broken() -> list[OpenVisit]:
            raise RuntimeError(NAME)

        office.desk._open_visits = broken
        assert (await ask(office, register())).word == "fault of ours"
        assert NAME not in caplog.text

    at_desk(tmp_path, scenario)
