"""Request handler: answers requests over MQTT, and enters guests in the guest book.

Rules
-----
1. A request is carried out once: the same id again gets the same answer. The guest book records
   the requests carried out, so also across restarts; refusals are remembered for the latest few.
2. Details go only to an open visit; details that a visit has are replaced only on demand.
3. Details are on the disk before the request is answered and before the core is notified.
4. No detail of a guest and no other content of a request is logged or counted.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from edge import waits
from edge.clock import Clock, Stamp
from edge.config.sections.guests import GuestBookSection as Section
from edge.guestbook.book import BookHeld, BookUnusable, GuestBook
from edge.guestbook.entry import Details, Entry, Source
from edge.guestbook.invitations import Guest, Invitation
from edge.mqtt import requests, value_request
from edge.mqtt.availability_requests import AvailabilityRequests
from edge.mqtt.open_visits import OpenVisit
from edge.mqtt.rate_limit import RateLimit
from edge.mqtt.requests import Answer, EnterValues, Register, RequestRefused
from edge.mqtt.resend_requests import ResendRequests, SendAgain
from edge.sop.entered import Entered
from edge.sop.events import (
    DetailsAttached,
    DeviceFailed,
    DeviceRestored,
    GuestKindNamed,
    HostNamed,
    InputRefused,
    Post,
    SystemAlarmCleared,
    SystemAlarmRaised,
    ValueEntered,
)
from edge.worker import Worker

log = logging.getLogger(__name__)

# Device names of the guest book and of the requests, and the kind of the guest book's alarm.
BOOK = "guest-book"
DEVICE = "requests"
ALARM = "guest-book-damaged"

# Wait before an invited guest is entered again while another program holds the book, real seconds.
HELD_S = 1.0

# Lines of the journal about refusals: how many at once, and then one each so many real seconds.
LOG_BURST = 10
LOG_EVERY_S = 60.0

# Limits: answers remembered, and invited guests until a visit opens. A request can be sent again
# within 300 s before and after its time: no more than these can be carried out meanwhile, at 20 a
# second.
_MOST_DONE = 12_000
_MOST_REFUSED = 256
_MOST_EXPECTED = 32


class Request(NamedTuple):
    """A message received: the topic's *suffix*, the payload, and the retain flag.

    The ``repr`` hides the payload from logs: it may have a guest's details.
    """

    suffix: str
    payload: bytes
    retained: bool = False

    def __repr__(self) -> str:
        return f"Request({self.suffix}, {len(self.payload)} bytes)"


class RequestHandler:
    """Carries out requests, one at a time.

    :param hosts: the names that availability may use: of hosts, procedures and called stations
    :param reasons: the allowed reasons of a host's absence: a reason goes into records, so it must
        not be free text
    :param open_visits: returns the open visits
    :param worker: the thread for calls of *book*
    :param send_again: sends records again
    """

    def __init__(
        self,
        config: Section,
        hosts: Collection[str],
        reasons: Collection[str],
        *,
        clock: Clock,
        post: Post,
        book: GuestBook,
        worker: Worker,
        open_visits: Callable[[], Iterable[OpenVisit]],
        send_again: SendAgain,
    ) -> None:
        self._config = config
        self._availability = AvailabilityRequests(hosts, reasons, clock, post)
        self._resend = ResendRequests(send_again)
        self._clock = clock
        self._post = post
        self._book = book
        self._worker = worker
        self._open_visits = open_visits
        self._done: OrderedDict[str, Answer] = OrderedDict()
        self._refused: OrderedDict[str, Answer] = OrderedDict()
        self._log_limit = RateLimit(LOG_BURST, LOG_EVERY_S)
        self._expected: OrderedDict[str, Guest] = OrderedDict()
        self._broken = False

    async def answer(self, message: Request) -> Answer | None:
        """Carry out *mail* and return the answer; None if it only deletes a retained message."""
        try:
            if message.suffix == requests.REGISTER:
                return await self._register(message)
            if message.suffix == requests.VALUES:
                return await self._enter_values(message)
            if message.suffix == requests.RESEND:
                return await self._send_again(message)
            return self._availability.carry_out(
                message.suffix, message.payload, retained=message.retained
            )
        except RequestRefused as refused:
            return self.refuse(refused)
        except Exception as error:  # noqa: BLE001 - the broker would send it again after a crash
            log.error("a request was dropped: %s", type(error).__name__)  # noqa: TRY400 - rule 4
            self.count("fault of ours")
            return Answer(ok=False, word="fault of ours", why="use paper, or try again later")

    def refuse(self, refused: RequestRefused, request: str | None = None) -> Answer:
        """Count and log a refusal; return its answer.

        :param request: the id of the request, if it can be trusted
        """
        if self._log_limit.allows(asyncio.get_running_loop().time()):
            log.warning("a request was refused: %s", refused.word)
        self.count(refused.word)
        why, field = refused.why, refused.field
        return Answer(ok=False, id=request, word=refused.word, why=why, field=field)

    def count(self, word: str) -> None:
        """Count *word* among the refusals of requests."""
        self._post(partial(InputRefused, device=DEVICE, why=word))

    def expect(self, invitation: Invitation) -> None:
        """Remember the details of an invited guest until the visit opens; from any thread."""
        if invitation.guest is not None and self._config.keep:
            while len(self._expected) >= _MOST_EXPECTED:
                self._expected.popitem(last=False)
            self._expected[invitation.id] = invitation.guest

    def arrived(self, invitation: str, visit: str) -> None:
        """Enter the details that came with *invitation*, which has opened *visit*."""
        guest = self._expected.pop(invitation, None)
        if guest is None:
            return
        details = Details(
            name=guest.name,
            organisation=guest.organisation,
            purpose=guest.purpose,
            persons=guest.head_count,
        )
        found = next((one for one in self._open_visits() if one.visit == visit), None)
        procedure = "" if found is None else found.procedure
        self._worker.submit(self._enter_invited, visit, procedure, details)

    def report_fault(self) -> None:
        """Raise the alarm if a damaged guest book was set aside; clear it if not."""
        try:
            damaged = self._book.quarantined
        except OSError as error:  # no file descriptor is left: the alarm stays as it is
            log.warning("the folder of the guest book cannot be read: %s", error)
            return
        if damaged is None:
            self._post(partial(SystemAlarmCleared, kind=ALARM))
        else:
            detail = f"{damaged.name} was set aside; take it out of the data folder"
            self._post(partial(SystemAlarmRaised, kind=ALARM, detail=detail))

    # -- details

    async def _register(self, message: Request) -> Answer:
        _not_retained(message)
        request = requests.register(message.payload)
        visits = list(self._open_visits())
        return await self._once(request.id, lambda: self._enter(request, visits))

    async def _enter_values(self, message: Request) -> Answer:
        _not_retained(message)
        request = requests.enter_values(message.payload)
        visits = list(self._open_visits())
        answer = await self._once(request.id, lambda: self._enter_checked(request, visits))
        if answer.ok:  # else the core would have the values twice
            self._remember(answer)
        return answer

    async def _once(self, request: str, carry_out: Callable[[], Answer]) -> Answer:
        """Return the answer to *request*: *carry_out* makes it on the book's thread, once."""
        if (known := self._known(request)) is not None:
            return known
        try:
            answer = await self._worker.do(carry_out)
        except RequestRefused as refused:
            answer = self.refuse(refused, request)
            if refused.word != "guest book cannot be used":  # it may be tried again
                self._remember(answer)
        return answer

    def _enter(self, request: Register, candidates: list[OpenVisit]) -> Answer:
        """Enter *request* in the book and notify the core; on the worker's thread."""
        if not self._config.keep:
            raise RequestRefused("no guest book", "this checkpoint keeps no guest book")
        with self._using_book():
            before = self._book.answered(request.id)
            if before is None:
                entry = self._new_entry(request, candidates)
                self._book.put(entry, request.id)
                visit, procedure, head_count = entry.visit, entry.procedure, entry.details.persons
            else:
                visit, procedure, head_count = before.visit, before.procedure, before.head_count
        self._post(
            partial(
                DetailsAttached,
                visit=visit,
                persons=head_count,
                identity=request.identity,
            )
        )
        if request.guest_kind is not None and before is None:
            self._post(partial(GuestKindNamed, visit=visit, guest_kind=request.guest_kind))
        if request.host is not None and before is None:  # an officer may have corrected it since
            self._post(partial(HostNamed, visit=visit, host=request.host))
        return Answer(ok=True, id=request.id, visit=visit, procedure=procedure)

    def _new_entry(self, request: Register, candidates: list[OpenVisit]) -> Entry:
        now = self._clock.now()
        requests.in_time(request.time, now, need_synced=self._config.need_synced_clock)
        visit = self._choose(request, candidates)
        if request.host is not None and request.host not in visit.hosts:
            allowed = ", ".join(visit.hosts) or "none now"
            raise RequestRefused("host not possible", f"allowed for that visit: {allowed}", "host")
        if request.guest_kind is not None and request.guest_kind not in visit.guest_kinds:
            allowed = ", ".join(visit.guest_kinds) or "none now"
            raise RequestRefused(
                "guest kind not possible", f"allowed for that visit: {allowed}", "guest_kind"
            )
        return _entry(visit.visit, visit.procedure, now, "register", request.guest)

    def _choose(self, request: Register, candidates: list[OpenVisit]) -> OpenVisit:
        """Return the visit that *request* is for.

        :raises RequestRefused: if there is none, or it has details
        """
        open_ = [one for one in candidates if request.procedure in (None, one.procedure)]
        if request.visit != "latest":
            named = next((one for one in open_ if one.visit == request.visit), None)
            if named is None:
                raise RequestRefused("no such visit", "no open visit has that id")
            if not request.replace and self._has_details(named.visit):
                raise RequestRefused(
                    "has details", 'the visit has details; "replace": true corrects them'
                )
            return named
        for one in sorted(open_, key=lambda one: one.number, reverse=True):
            if one.station in self._config.stations and not self._has_details(one.visit):
                return one
        raise RequestRefused("no visit waits", "no visit at the desk waits for details")

    def _has_details(self, visit: str) -> bool:
        """Return True if the guest's details were entered, and not only values."""
        entry = self._book.stored(visit)
        return entry is not None and entry.named

    @contextmanager
    def _using_book(self) -> Iterator[None]:
        """Report if the book cannot be used in this context, and refuse the request then."""
        try:
            yield
        except BookUnusable as error:
            self._fail(error)
            raise RequestRefused(
                "guest book cannot be used", "use paper, or try again later"
            ) from None
        self._mend()

    # -- values

    def _enter_checked(self, request: EnterValues, candidates: list[OpenVisit]) -> Answer:
        """Store the personal values in the book, notify the core of all; on the worker's thread."""
        visit = self._visit_of(request, candidates)
        known = value_request.checked(request, visit)
        stored = value_request.personal(request.values, known)
        if stored and self._config.keep:
            with self._using_book():
                self._store(visit, stored, request.id)
        for name, entered in request.values.items():
            self._post(partial(ValueEntered, visit=visit.visit, value=name, entered=entered))
        return Answer(ok=True, id=request.id, visit=visit.visit, procedure=visit.procedure)

    def _visit_of(self, request: EnterValues, candidates: list[OpenVisit]) -> OpenVisit:
        """Return the visit of *request*: that of its first time, if the book has it already."""
        before = self._answered_for(request.id)
        for one in candidates:
            if one.visit == before:
                return one
        now = self._clock.now()
        requests.in_time(request.time, now, need_synced=self._config.need_synced_clock)
        return value_request.visit_for(request, candidates, self._config.stations)

    def _answered_for(self, request: str) -> str | None:
        """Return the visit for which the book has *request*; None also if it cannot be used.

        Values that are not personal need no book.
        """
        try:
            entry = self._book.answered(request) if self._config.keep else None
        except BookUnusable:
            return None
        return None if entry is None else entry.visit

    def _store(
        self, visit: OpenVisit, values: dict[str, Entered], request: str | None = None
    ) -> None:
        self._book.put_values(visit.visit, visit.procedure, self._clock.now(), values, request)

    def chosen(self, visit: str, value: str, entered: Entered) -> None:
        """Store a personal value of *visit* that was chosen by button; from any thread."""
        found = next((one for one in self._open_visits() if one.visit == visit), None)
        if self._config.keep and found is not None:
            self._worker.submit(self._in_book, lambda: self._store(found, {value: entered}))

    def _enter_invited(self, visit: str, procedure: str, details: Details) -> None:
        """Enter an invited guest; on the worker's thread: must not raise.

        While another program holds the book it waits: these details come once only.
        """
        entry = _entry(visit, procedure, self._clock.now(), "invitation", details)
        if self._in_book(lambda: self._book.put(entry)):
            self._post(partial(DetailsAttached, visit=visit, persons=details.persons))

    def _in_book(self, change: Callable[[], None]) -> bool:
        """Carry out *change* of the book, on its thread; return False if it cannot be used."""
        while True:
            try:
                change()
            except BookUnusable as error:
                self._fail(error)
                if not isinstance(error, BookHeld):
                    return False
                waits.sleep(HELD_S)
            else:
                self._mend()
                return True

    def _fail(self, error: BookUnusable) -> None:
        """Report once that the book cannot be used."""
        if not self._broken:
            log.error("the guest book cannot be used: %s", error)
            self._post(partial(DeviceFailed, device=BOOK, why="cannot be used; use paper"))
        self._broken = True

    def _mend(self) -> None:
        if self._broken:
            self._post(partial(DeviceRestored, device=BOOK))
            self.report_fault()
        self._broken = False

    # -- records

    async def _send_again(self, message: Request) -> Answer:
        _not_retained(message)
        request = requests.resend_range(message.payload)
        if (known := self._known(request.id)) is not None:
            return known
        try:
            answer = await self._resend.carry_out(request, self._clock.now())
        except RequestRefused as refused:
            return self.refuse(refused, request.id)
        self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        """Remember *answer*; refusals must not push out what was carried out."""
        assert answer.id is not None
        known, most = (self._done, _MOST_DONE) if answer.ok else (self._refused, _MOST_REFUSED)
        known[answer.id] = answer
        if len(known) > most:
            known.popitem(last=False)

    def _known(self, request: str) -> Answer | None:
        return self._done.get(request) or self._refused.get(request)


def _not_retained(message: Request) -> None:
    if message.retained:
        raise RequestRefused("retained", "a retained request would come again; publish it without")


def _entry(visit: str, procedure: str, at: Stamp, source: Source, details: Details) -> Entry:
    return Entry(visit=visit, procedure=procedure, at=at, source=source, details=details)
