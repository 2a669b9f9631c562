"""The lobby as the desk's pages need it, and the requests that come from there."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Literal

from edge.clock import Clock, Stamp
from edge.config.hosts import hosts
from edge.config.model import Config
from edge.daemon import desk_messages as messages
from edge.daemon.bridge import Bridge
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.procedures import wording_of
from edge.guestbook.book import BookUnusable, GuestBook
from edge.guestbook.entry import Details
from edge.guestbook.expected import ExpectedGuest, expected_guest
from edge.guestbook.invitations import BadInvitation, Invitation, key_ring, read_beforehand
from edge.mqtt import requests
from edge.mqtt.open_visits import OpenVisit, open_visits
from edge.mqtt.request_handler import DEVICE, Request, RequestHandler
from edge.mqtt.requests import Answer
from edge.sop.alarms import SILENT
from edge.sop.events import InputRefused
from edge.sop.inputs.outstanding import DayNow
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.tables import Text
from edge.sop.state import LockerState, Rules, State, Visit
from edge.sop.visit import pace
from edge.worker import Worker

# Longest wait for the core to hear of a request that was carried out, real seconds.
SETTLE_S = 1.0

_SUFFIXES: dict[messages.RequestKind, str] = {
    "register": requests.REGISTER,
    "values": requests.VALUES,
    "availability": requests.AVAILABILITY,
}


def visible(alarms: Iterable[str]) -> list[str]:
    """Return the *alarms* that a screen may show: not the silent ones.

    A person who threatens the reception may look at its screen.
    """
    return sorted(set(alarms) - SILENT)


class Desk:
    """Answers the desk's requests; each method runs on the loop.

    :param handler: carries out the requests, as it does those over MQTT
    :param worker: the thread for calls of *book*
    """

    def __init__(
        self,
        config: Config,
        checkpoint: Checkpoint,
        handler: RequestHandler,
        *,
        book: GuestBook,
        worker: Worker,
        clock: Clock,
        bridge: Bridge,
    ) -> None:
        self._config = config
        self._checkpoint = checkpoint
        self._handler = handler
        self._book = book
        self._worker = worker
        self._clock = clock
        self._bridge = bridge

    async def now(self) -> messages.DeskNow:
        """Return the lobby of this moment."""
        known = await self._known(list(self._checkpoint.state.visits))
        rules, state, at = self._checkpoint.rules, self._checkpoint.state, self._clock.now()
        return messages.DeskNow(
            now_ms=at.wall_ms,
            synced=at.synced,
            book=self._book_state(usable=known is not None),
            visits=[
                self._visit(rules, state.visits[one.visit], one, at, known or {})
                for one in open_visits(rules, state)
            ],
            lockers=[
                _locker(number, state.lockers.get(number, LockerState()), state)
                for number in rules.lockers
            ],
            cards=len(rules.cards) + sum(map(len, rules.pools.values())),
            cards_out=len(state.cards),
            announcements=[
                messages.AnnouncementNow(
                    host=host,
                    receiving=said.receiving,
                    until_ms=said.until_ms,
                    reason=said.reason,
                )
                for host, said in sorted(state.availability.items())
            ],
            alarms=visible(state.alarms),
        )

    def day(self) -> DayNow:
        """Return the state of the office day, and the items that are out."""
        return self._checkpoint.day_now()

    def names(self) -> messages.DeskNames:
        """Return names and words for people.

        :raises ConfigError: if the wording of the reasons cannot be read
        """
        rules = self._checkpoint.rules
        current = {id_: rules.procedures[key] for id_, key in rules.current.items()}
        return messages.DeskNames(
            place=self._config.checkpoint.place,
            procedures={
                id_: messages.ProcedureNames(
                    title=procedure.title,
                    steps={
                        step.id: messages.StepName(
                            number=step.number, text=Text(id=step.activity, en=step.title)
                        )
                        for step in procedure.steps
                    },
                    values=procedure.values,
                )
                for id_, procedure in current.items()
            },
            hosts=[
                messages.HostName(
                    id=host.id,
                    title=_title(host.id, host.title, current),
                    names=tuple(name for name in (*host.procedures, host.aiphone) if name),
                )
                for host in hosts(self._config)
            ],
            guest_kinds={kind.id: kind.title for kind in self._config.guest_kinds},
            reasons={
                reason: Text(id=text.id, en=text.en)
                for reason, text in wording_of(self._config).reasons.items()
                if text.host is not None
            },
        )

    async def carry_out(self, request: messages.CarryOut) -> Answer:
        """Carry out a request as if it came over MQTT: the same checks, the same counts."""
        asked = Request(_SUFFIXES[request.kind], bytes(request.body))
        answer = await self._handler.answer(asked)
        # The next page shall show what has changed; a slow disk does not hold the answer up.
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._bridge.settled()
        assert answer is not None  # only an empty message, which is no JSON, has none
        return answer

    async def expected(self) -> messages.ExpectedGuests:
        """Return the guests who are expected.

        :raises BookUnusable: if the guest book cannot be used now
        """
        guests = await self._worker.do(self._book.expected)
        used = self._checkpoint.state.invitations
        return messages.ExpectedGuests(
            guests=guests, arrived=[one.id for one in guests if one.id in used]
        )

    async def expect(self, request: messages.Expect) -> Answer:
        """Enter the guest of an invitation beforehand, after the checks of a scanner.

        :raises BookUnusable: if the guest book cannot be used now
        """
        if not self._config.guestbook.keep:
            return self._refused("no guest book", "this checkpoint keeps no guest book")
        try:
            guest = self._read(request.text)
        except BadInvitation as refused:
            return self._refused("invitation not valid", refused.why)
        await self._worker.do(self._book.expect, guest)
        return Answer(ok=True, id=guest.id, procedure=guest.procedure)

    def _read(self, text: str) -> ExpectedGuest:
        here = self._config.checkpoint
        keys = key_ring(self._config.invitations.keys.values())
        found: Invitation = read_beforehand(text, keys, here.site, here.id, here.procedures)
        now = self._clock.now()
        if now.synced and now.wall_ms >= found.not_after_ms:
            raise BadInvitation("expired")
        return expected_guest(found, now.wall_ms)

    def _refused(self, word: requests.Word, why: str) -> Answer:
        self._bridge.post(partial(InputRefused, device=DEVICE, why=word))
        return Answer(ok=False, word=word, why=why, field="invitations")

    def _book_state(self, *, usable: bool) -> Literal["ok", "off", "unusable"]:
        if not self._config.guestbook.keep:
            return "off"
        return "ok" if usable else "unusable"

    async def _known(self, visits: list[str]) -> dict[str, Details | None] | None:
        """Return the details of *visits* that have any; None if the book cannot be used now.

        Details that only the office can read are None.
        """
        if not self._config.guestbook.keep:
            return {}
        try:
            return await self._worker.do(_details, self._book, visits)
        except BookUnusable:
            return None

    def _visit(
        self,
        rules: Rules,
        visit: Visit,
        one: OpenVisit,
        at: Stamp,
        known: Mapping[str, Details | None],
    ) -> messages.VisitNow:
        details = known.get(visit.id)
        step = rules.procedures[visit.procedure_key].step(visit.step)
        return messages.VisitNow(
            id=visit.id,
            number=visit.number,
            procedure=visit.procedure,
            step=visit.step,
            station=one.station,
            role=step.role,
            host=visit.host,
            guest_kind=visit.guest_kind,
            persons=visit.persons,
            opened_ms=visit.opened.wall_ms,
            in_step_s=round(at.seconds_since(visit.started or visit.arrived), 1),
            timed=visit.started is not None,
            limit_s=pace.limit(visit, step),
            pace=visit.pace,
            lockers=visit.lockers,
            cards=visit.cards,
            waits=one.station in self._config.guestbook.stations and visit.id not in known,
            details=details,
            sealed=visit.id in known and details is None,
            hosts=one.hosts,
            guest_kinds=one.guest_kinds,
            values=tuple(value.id for value in one.values),
            lacking=tuple(value.id for value in one.values if value.id not in one.entered),
        )


def _locker(number: int, locker: LockerState, state: State) -> messages.LockerNow:
    visit = state.visits.get(locker.visit or "")
    return messages.LockerNow(
        number=number,
        door=locker.door,
        visit=None if visit is None else visit.number,
        owed=locker.visit is not None and visit is None,
        in_order=locker.usable and locker.reachable,
    )


def _details(book: GuestBook, visits: Iterable[str]) -> dict[str, Details | None]:
    """Return the details of those of *visits* whose guest has a name in *book*.

    Those that cannot be read here are None.
    """
    found = dict[str, Details | None]()
    for visit in visits:
        stored = book.stored(visit)
        if stored is not None and stored.named:
            entry = book.entry(visit)
            found[visit] = entry.details if entry is not None and entry.details.name else None
    return found


def _title(id_: str, title: str, procedures: Mapping[str, Procedure]) -> str:
    """Return the title of a host; of one that is in no ``[[hosts]]`` that of its procedure."""
    return procedures[id_].title.id if title == id_ and id_ in procedures else title
