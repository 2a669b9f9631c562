"""The visit of one guest: the way that the text has, gone deed by deed.

The guest (with the officers who serve the guest) follows the text with a finger on the page. A
press is heard as accepted or refused; a walk, a door or an aide's contact gives no answer. If a
press is refused, one of the deeds without an answer was missed: it is done again. After some tries
another way is looked for, and at last the guest gives up.
"""

import asyncio

from msgspec.structs import replace

from sim.people.corrections import WayBack, send_back
from sim.people.course import Standing, Surroundings, follow, row_for
from sim.people.crew import People
from sim.people.deeds import Deeds, Heard
from sim.people.guests import Guest
from sim.people.intention import Intention
from sim.people.lamp_check import in_doubt, look_twice
from sim.people.opening import open_visit
from sim.people.pace import activity
from sim.people.place import Place
from sim.people.player import ACKNOWLEDGE, CHOOSE
from sim.people.prospect import start
from sim.people.retries import Retries
from sim.people.seat import Seat
from sim.people.stay import Stay
from sim.people.telephones import Telephones
from sim.people.turn import may_act
from sim.people.way import Aim, Deed, find, fulfil
from sim.world.notice import first_of

# After a refusal people wait so long, seconds.
_AGAIN_S = 2.0
# The timer of a phase is over this much before the people act on it, seconds.
_LATE_S = 2.0
# The share of meetings that the aide's button ends; else the card at the desk does.
_BY_BUTTON = 0.5


class Visit:
    """The visit of *guest*.

    :ivar at: where the guest is in the text
    :ivar place: the guest's place in the lines
    :ivar seat: the guest's seat at a desk
    :ivar stay: the guest's stay with the host
    :ivar lockers_before: how many lockers the guest had before the last move
    :ivar phones: the telephones that are held for the guest
    :ivar way_back: what an officer's *back* leads to
    """

    def __init__(self, people: People, guest: Guest) -> None:
        self.people = people
        self.guest = guest
        self.equipment = people.equipment_of(guest)
        self.text = self.equipment.text
        self.away = False
        self.at = start(self.equipment, self.around(), guest.persons)
        by_button = bool(guest.intention.keeps) or guest.chance.random() < _BY_BUTTON
        self.aim = Aim(intention=guest.intention, lockers=guest.wants_lockers, by_button=by_button)
        self.place = Place(self)
        self.deeds = Deeds(self)
        self.seat = Seat(people, guest)
        self.phones = Telephones(self)
        self.stay = Stay(self)
        self.way_back = WayBack()
        self._way: list[Deed] = []
        self._retries = Retries()
        self.lockers_before = 0
        self._corrected = asyncio.Event()

    def around(self) -> Surroundings:
        """Return what the guest and the officers see."""
        people = self.people
        return self.equipment.surroundings(
            free_lockers=people.free_lockers,
            full=self.place.full if hasattr(self, "place") else frozenset(),
            away=self.away,
        )

    async def live(self) -> None:
        """Go from the arrival to the end of the visit, or give up."""
        try:
            await self.deeds.take_cards()
            await self.seat.take(self.equipment.arrival[0] if self.equipment.arrival else "")
            await self.phones.take(self.at)
            if not await open_visit(self):
                self.guest.account.notes.append("the visit could not be opened")
                return
            self.place.come()
            await self._go()
        finally:
            self.place.here = False
            self.phones.put_down()
            await self.seat.leave()
            self._write_down()

    async def _go(self) -> None:
        while self.at.over is None:
            self.people.at_step(self.guest, self.step_id, self.station)
            if not self._pass_time():
                break
            deed = self._next()
            if deed is None:
                self._give_up("any")
                break
            before = self.at
            done = await self._act(deed)
            if done is None:
                continue
            deed, heard = done
            if not self._learn(deed, heard):
                if not await self._mend(deed):
                    self._give_up(deed.event)
                    break
            elif deed.event.startswith("detector.alarm"):
                await self._after_alarm()
            elif before != self.at and in_doubt(self):
                await look_twice(self)
            else:
                await send_back(self, before, deed)

    async def _act(self, deed: Deed) -> tuple[Deed, Heard] | None:
        """Do *deed*, or let the player act; None if the text went on meanwhile."""
        before, player = self.at, self.people.player
        if not await self._take_turn(deed) or self.at is not before:
            return None
        if not player.plays(self, deed.event):
            heard = await self._do(deed)
            return None if heard is None else (deed, heard)
        times = self.deeds.choices_left if deed.event == CHOOSE else 1
        played = await player.turn(self, deed.event, times)
        if played is None or (played[0].event == CHOOSE and not self.deeds.choose()):
            return None
        self._way.clear()
        if played[0].event == "locker.closed":
            await self.people.walk_on()
        return played[0], self.deeds.played(*played)

    async def _after_alarm(self) -> None:
        """See the walk that an alarm belongs to, and have an officer acknowledge the alarm."""
        self.deeds.see_walk()
        player, can = self.people.player, self.people.hands.can(self.station, "acknowledge")
        if not can or not player.plays(self, ACKNOWLEDGE):
            await self.people.hands.press_once(self.station, "acknowledge")
            return
        played = await player.turn(self, ACKNOWLEDGE)
        if played is not None and played[0].event != ACKNOWLEDGE:
            self._learn(played[0], self.deeds.played(*played))

    async def _do(self, deed: Deed) -> Heard | None:
        """Do *deed*; hold the telephone for it, and as long as a call rings.

        Return None if it is the turn of another guest, once the telephone is free.
        """
        await self.phones.take(follow(self.text, self.around(), self.at, deed.event, deed.value))
        aiphone = self.equipment.aiphone_at(self.at)
        if not deed.event.startswith("aiphone.") or aiphone in self.phones.held:
            return await self._do_in_turn(deed)
        async with self.people.phone(aiphone):
            return await self._do_in_turn(deed)

    async def _do_in_turn(self, deed: Deed) -> Heard | None:
        if self._may_act(deed):
            return await self.deeds.do(deed)
        self.phones.hang_up()
        return None

    @property
    def station(self) -> str:
        """The station of the present step."""
        return self.equipment.station_at(self.at)

    def station_of(self, event: str) -> str:
        """Return the station where *event* is done."""
        return self.deeds.station_for(Deed(event))

    @property
    def step_id(self) -> str:
        """The name of the present step."""
        return self.text.steps[self.at.step].id

    def _next(self) -> Deed | None:
        """Return the next deed of the way; look for a way if there is none."""
        if not self._way:
            found = find(self.text, self.around(), self.at, self.aim, self._can)
            if found is None and self._free_to_differ():
                aim = replace(self.aim, intention=_any_end(self.aim.intention))
                found = find(self.text, self.around(), self.at, aim, self._can)
            self._way = list(found or ())
        return self._way[0] if self._way else None

    def _free_to_differ(self) -> bool:
        """Note that the intention has no way any more."""
        note = f"no way to the intention from {self.step_id}/{self.at.phase}"
        if note not in self.guest.account.notes:
            self.guest.account.notes.append(note)
        return True

    def _can(self, at: Standing, event: str) -> bool:
        if self._retries.has_given_up(at, event):
            return False
        if event == "card.issued" and at.cards >= self.deeds.cards_at_hand:
            return False
        return self.equipment.can(at, event)

    async def _take_turn(self, deed: Deed) -> bool:
        """Wait until *deed* would be for this guest; False if the text went on meanwhile."""
        phase = self.at.present(self.text)
        kind = deed.event.partition(".")[0]
        alone = kind in ("aiphone", "room", "timeout") and not phase.rings and phase.lamp == "off"
        if alone:
            await self.seat.leave()
        await self.stay.pass_meeting()
        await self.stay.stay_on()
        if kind in ("room", "timeout"):
            return True
        if not alone:
            await self.seat.take(self.deeds.station_for(deed))
            if await self.deeds.let_another_go_first():
                await self.seat.leave()
                return False
            what = activity(self.text, self.at, deed.event)
            played = self.people.player.plays(self, deed.event)
            if what is not None and what != "meeting" and not self._retries.in_a_row and not played:
                await self.spend(what)
        if not self._may_act(deed):
            await self.seat.leave()
            before = self.at
            await self.people.until(
                lambda: self._may_act(deed) or self.at is not before, self._until_asked_s
            )
            return False
        return True

    async def spend(self, what: str) -> None:
        """Let the time of one activity pass, or the time until the player corrects the visit."""
        passing = self.people.spend(self.guest, what)
        if self.people.player.roles:
            self._corrected.clear()
            await first_of(passing, self._corrected.wait())
        else:
            await passing

    def _may_act(self, deed: Deed) -> bool:
        return may_act(self.people.guests, self.place, deed.event)

    @property
    def _until_asked_s(self) -> float | None:
        """Seconds until the panel asks about the guest: then it is the guest's turn to *leave*."""
        left_s = self.place.asked_at_s - self.people.clock.boot_ns() / 1e9
        return left_s + _LATE_S if left_s > 0 else None

    @property
    def is_open(self) -> bool:
        """True from the arrival until the visit's end."""
        return self.place.here and self.at.over is None

    @property
    def announced_reason(self) -> str | None:
        """The reason that the office has given why the host is away; None if it has given none."""
        announced = self.people.announced
        return announced.get(self.guest.host) or announced.get(self.guest.procedure)

    def _pass_time(self) -> bool:
        """Follow the timers that have run out; return False if the visit is over by that."""
        while self.at.over is None:
            due_s = self.place.due_s
            if due_s is None or self.people.clock.boot_ns() / 1e9 < due_s:
                return True
            self._time_out()
            self._way.clear()
        return False

    def _time_out(self) -> None:
        """Follow the timer of the phase, or learn from it that there was no call.

        People who wait for an answer in silence hear no ring if the office has announced that the
        host is away: the checkpoint has called none.
        """
        rings = self.at.present(self.text).rings
        if rings and not self.deeds.call.has_rung and self.announced_reason is not None:
            self._host_away()
        else:
            self._move(Deed("timeout"))

    def _learn(self, deed: Deed, heard: Heard) -> bool:
        """Move on by what was *heard*; return False if the deed was refused."""
        if heard == "refused":
            return False
        if heard == "accepted":
            self._retries.accepted()
        elif heard == "seen":
            self._retries.seen(self.at, self.aim, deed.event)
        elif heard == "missed":
            self._miss(deed)
            return True
        elif heard == "away":
            self._host_away()
            return True
        if self._way and self._way[0] == deed:
            self._way.pop(0)
        if deed.event == "timeout":
            self._time_out()
        else:
            self._move(deed)
        self.place.front = False
        if deed.event == "card.presented" and self.at.over is None:
            self.place.show()
        self.deeds.after(deed)
        return True

    def _miss(self, deed: Deed) -> None:
        """Follow the timer in place of *deed*; without one *deed* is not waited for again here."""
        self._way.clear()
        if self.at.present(self.text).waits_for("timeout"):
            self._move(Deed("timeout"))
        else:
            self._retries.give_up(self.at, deed.event)

    def _move(self, deed: Deed) -> None:
        before = self.at
        self.lockers_before = before.lockers
        row = row_for(self.text, before, deed.event)
        if row is not None and row.again:
            self._retries.count(before, deed.event)
        self.aim = fulfil(self.text, before, self.aim, deed.event)
        self.at = follow(self.text, self.around(), before, deed.event, deed.value)
        self.way_back.moved(before, self.at, deed.event)
        # People notice it late: neither the step that ends nor the next one has a known time.
        if deed.event == "timeout":
            self.place.doubt()
        self.place.moved(before)
        if deed.event == "timeout":
            self.place.doubt()
        self.phones.hang_up()
        self.people.changed.tell()

    def stand(self, at: Standing) -> None:
        """Go on from *at*, which people have found out otherwise than by a deed."""
        self.at = at
        self.place.entered()
        self.place.doubt()
        self._way.clear()
        self.phones.hang_up()
        self.people.changed.tell()

    def correct(self, at: Standing, correction: str) -> None:
        """Go on from *at*, where the player's *correction* has put the visit."""
        self.guest.account.corrections.append(correction)
        self._stand_corrected(at)

    def join(self) -> None:
        """Take one more person into the group, with a card if one is on the pile."""
        self.guest.persons += 1
        card = self.people.take_card(self.equipment.pool)
        if card is not None:
            self.guest.cards.append(card)
        self._stand_corrected(replace(self.at, persons=self.guest.persons))

    def _stand_corrected(self, at: Standing) -> None:
        self._corrected.set()
        self.stand(at)
        self.people.player.look_again(self)

    def see(self, event: str) -> None:
        """Follow *event*, which came with another: the walk of a person in alarm."""
        self._move(Deed(event))
        self._way.clear()

    def invited(self) -> None:
        """Note that an invitation has opened the visit in place of the button."""
        others = (event for event in self.at.events if event != "button.arrive")
        self.at = replace(self.at, events=("invitation", *others))
        self.place.doubt()  # the visit has been open since the code was shown

    def note(self, event: str) -> None:
        """Note *event*, which is evidence of the step and does not move the visit on."""
        self.at = replace(self.at, events=(*self.at.events, event))

    def show_again(self) -> None:
        """Note a card of the guest that was shown where the visit does not wait for it."""
        self.note("card.presented")
        self.place.show()

    def _host_away(self) -> None:
        """The lamp asks, and no aiphone rang: the host does not receive guests.

        No aide was called, so none answers; guests do not insist, and take any end.
        """
        self.guest.account.notes.append("the host does not receive guests")
        self.away = True
        phase = self.at.present(self.text)
        then = phase.otherwise or phase.id
        self.stand(replace(self.at, phase=then, chosen=self.announced_reason))
        for row in self.at.present(self.text).on:
            if row.event.startswith("aiphone."):
                self._retries.give_up(self.at, row.event)
        self.aim = replace(self.aim, intention=_any_end(self.aim.intention))

    async def _mend(self, deed: Deed) -> bool:
        """Do an earlier deed again, or look for another way; False after too many tries."""
        self._way.clear()
        back = self._retries.refused()
        if back is not None:
            at, self.aim = back
            self.stand(at)
        elif not self._retries.exhausted:
            await self.people.clock.pause(_AGAIN_S)
        else:
            self._retries.give_up(self.at, deed.event)
            note = f"{deed.event} was refused at {self.step_id}/{self.at.phase}"
            self.guest.account.notes.append(note)
            return self._retries.look_for_another_way()
        return True

    def _give_up(self, event: str) -> None:
        self.guest.account.gave_up = (self.step_id, self.at.phase, event)

    def _write_down(self) -> None:
        """Write the account of the visit, for the verdict."""
        account = self.guest.account
        account.trail = tuple(map(self.equipment.where, self.at.trail))
        account.took = tuple(self.place.took)
        account.over, account.host_station = self.at.over, self.equipment.host_station
        account.cards_out, account.cards_lost = self.at.cards, self.at.lost
        account.lockers_out = tuple(self.guest.lockers)


def _any_end(intention: Intention) -> Intention:
    return replace(intention, ends=(), wishes=(), never=())
