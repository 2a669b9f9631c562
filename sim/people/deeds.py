"""The deeds of a visit: how people do each kind of event with the equipment at hand."""

import asyncio
from typing import TYPE_CHECKING, Literal, cast

from sim.people.afterwards import use_locker
from sim.people.call import Call
from sim.people.course import follow
from sim.people.equipment import CONTACTS
from sim.people.hands import AiphoneAnswer
from sim.people.player import Act
from sim.people.way import Deed, takes_back
from sim.twins.door import DoorTwin

if TYPE_CHECKING:
    from sim.people.visit import Visit

Heard = Literal["accepted", "refused", "seen", "missed", "away"]
"""What came of a deed: one beep, two beeps, no answer but done; the door did not open in time; the
lamp shows that the host does not receive guests."""

# A locker's door springs open within the pulse; the procedures report it as stuck after 15 s.
_DOOR_S = 20.0
# How long a guest pushes at a door, and how long its closer may need, seconds.
_PUSH_S = 20.0
_DOOR_REAL_S = 2.0
# A timer is over this much after its time, for people with no watch: seconds, real seconds.
_LATE_S = 3.0
_LATE_REAL_S = 0.5
# A guest waits for room at most so long, seconds, and looks again after so long.
_ROOM_S = 7200.0
_KINDS = ("identity-ktp", "identity-sim", "identity-other")
# A card of some other building.
_UNKNOWN_CARD = "0BADC0FFEE"
_TELEPHONE_S = 1200.0
# Kinds of events that get no answer from the checkpoint.
_UNANSWERED = ("aiphone", "detector", "locker")


class Deeds:
    """The deeds of *visit*.

    :ivar call: its latest call to the aide
    """

    def __init__(self, visit: "Visit") -> None:
        self.visit = visit
        self.people = visit.people
        self.guest = visit.guest
        self.hands = visit.people.hands
        self.call = Call(visit)
        self._through: asyncio.Task[bool] | None = None
        self._slipped = self._phoned = self._unseen = False
        self._escort = ""
        self._chosen = 0
        self._filled: dict[int, int] = {}  # lockers with belongings: the step that stored them

    @property
    def cards_at_hand(self) -> int:
        """How many visitor cards reception can give: those taken from the pile for the guest."""
        return len(self.guest.cards)

    async def take_cards(self) -> None:
        """Take a card from the pile for each person; wait while all are out."""
        pool = self.visit.equipment.pool
        if not any(
            phase.waits_for("card.issued")
            for step in self.visit.text.steps
            for phase in step.phases
        ):
            return
        wanted = self.guest.persons if self.visit.text.cards == "each" else 1
        await self.people.take_cards(self.guest, wanted, pool)

    def station_for(self, deed: Deed) -> str:
        """Return the station where *deed* is done: a card that ends a meeting is shown later on."""
        if deed.event == "card.presented" and not self.visit.equipment.reads(self.visit.station):
            then = follow(self.visit.text, self.visit.around(), self.visit.at, deed.event)
            if then.over is None:
                return self.visit.equipment.station_at(then)
        return self.visit.station

    async def do(self, deed: Deed) -> Heard:
        """Do *deed* and return what came of it."""
        kind, _, word = deed.event.partition(".")
        rings = self.visit.at.present(self.visit.text).rings
        if rings and kind != "timeout" and await self.call.is_missing():
            return "away"
        if kind == "value":
            return await self._enter(deed)
        if kind in ("room", "timeout"):
            return await (self._wait_for_room() if kind == "room" else self._wait_out())
        by_kind = {
            "button": self._press,
            "identity": lambda _word: self._press(self._kind()),
            "card": self._card,
            "aiphone": self._answer,
            "detector": self._walk,
            "locker": self._locker,
            "door": self._door,
        }
        silences = self.hands.silences
        heard = await by_kind[kind](word)
        self.guest.account.unanswered |= self.hands.silences > silences
        return heard

    def after(self, deed: Deed) -> None:
        """Take up what follows from *deed*, which was done: cards given back lie on the pile."""
        at = self.visit.at
        lost = self.guest.intention.keeps == "lost"  # it lies somewhere, and is found later
        if deed.event.startswith("button.") and not at.cards and self.guest.cards and not lost:
            given = any("card.issued" in one.events for one in at.trail)
            if given or at.over is not None:
                self.people.put_cards_back(self.guest)
        if self._escort and not at.escort:
            self.people.escorts[self._escort] -= 1
            self._escort = ""
        self._chosen = 0

    def played(self, deed: Deed, act: Act) -> Heard:
        """Take up what follows from *deed*, which the player has done by *act*."""
        guest, people = self.guest, self.people
        door = people.door_of(guest)
        if deed.event == "card.issued" and act.card is not None:
            people.hand_out(guest, act.card, self.visit.at.cards)
        elif deed.event == "aiphone.release" and door is not None:
            self._push(door)
        elif deed.event == "locker.closed":
            self._shut(guest.lockers[-1])
        return "seen" if deed.event.partition(".")[0] in _UNANSWERED else "accepted"

    async def _press(self, action: str) -> Heard:
        visit, station = self.visit, self.visit.station
        phase = visit.at.present(visit.text)
        if self._calls_next(action):
            self.call.begins()
        if action == "done" and any("identity" in row.vouches for row in phase.on):
            await self._take_identities(station)
        if action == "host":
            return await self._choose_host(station)
        return "accepted" if await self.hands.press(station, action) else "refused"

    def _calls_next(self, action: str) -> bool:
        at, text = self.visit.at, self.visit.text
        then = follow(text, self.visit.around(), at, f"button.{action}")
        return then.over is None and then.present(text).rings

    @property
    def choices_left(self) -> int:
        """How often *host* is still to be pressed until the guest's host is chosen."""
        return self.people.hosts_of(self.guest).index(self.guest.host) + 1 - self._chosen

    def choose(self) -> bool:
        """Count a press of *host*; return True once the guest's host is chosen."""
        self._chosen += 1
        if self.choices_left > 0:
            self.visit.note("button.host")
        return self.choices_left <= 0

    async def _choose_host(self, station: str) -> Heard:
        while await self.hands.press(station, "host"):
            if self.choose():
                return "accepted"
        return "refused"

    async def _take_identities(self, station: str) -> None:
        """State the kind of each ID of the group, if the panel has buttons for that."""
        kinds = [kind for kind in _KINDS if self.hands.can(station, kind)]
        for _ in range(self.guest.persons if kinds else 0):
            await self.hands.press(station, self.guest.chance.choice(kinds))

    def _kind(self) -> str:
        station = self.visit.station
        return next((kind for kind in _KINDS if self.hands.can(station, kind)), _KINDS[0])

    async def let_another_go_first(self) -> bool:
        """Let the next guest in line go first, once, while on the telephone; True if so."""
        place, station = self.visit.place, self.visit.station
        if not self.guest.intention.phones or self._phoned or not self.visit.at.trail:
            return False
        self._phoned = True
        waits = await self.people.until(lambda: place.another_waits, _TELEPHONE_S)
        if waits and await self.hands.press_once(station, "next") == "accepted":
            self.guest.account.corrections.append("next")
            place.to_the_end()
            return True
        return False

    async def _enter(self, deed: Deed) -> Heard:
        name = deed.event.removeprefix("value.")
        value = next(one for one in self.visit.text.values if one.id == name)
        return await self._press(f"choice-{value.choices.index(deed.value) + 1}")

    async def _card(self, word: str) -> Heard:
        station, at = self.visit.station, self.visit.at
        if word == "escort":
            return await self._show_escort(station)
        if word == "issued":
            await self._slip(station)
            card = self.guest.cards[at.cards]
            return "accepted" if await self.hands.present(station, card) else "refused"
        back = takes_back(self.visit.text.steps[at.step])
        keeps = bool(self.guest.intention.keeps)
        cards = self.guest.cards[1:] if keeps and back else self.guest.cards
        if at.shown >= len(cards):
            return "refused"
        shown = await self.hands.present(self.station_for(Deed("card.presented")), cards[at.shown])
        return "accepted" if shown else "refused"

    async def _show_escort(self, station: str) -> Heard:
        most = self.visit.text.escort_visits or 1000
        escorts = self.people.escorts
        await self.people.until(lambda: any(n < most for n in escorts.values()), _ROOM_S)
        card = min(escorts, key=lambda one: escorts[one])
        if not await self.hands.present(station, card):
            return "refused"
        escorts[card] += 1
        self._escort = card
        return "accepted"

    async def _slip(self, station: str) -> None:
        """Present a wrong card first, once: it is refused, or *back* frees it again."""
        intention = self.guest.intention
        if self._slipped or self.visit.at.cards:
            return
        self._slipped = True
        wrong = None
        if intention.mistaken == "unknown":
            wrong = _UNKNOWN_CARD
        elif intention.mistaken == "shared":
            # If no other guest has a card now, there is no mistake to make: the desk is not held.
            wrong = self.people.card_elsewhere(station)
        if wrong is not None:
            await self._bind_and_reverse(station, wrong)
        if intention.corrects and self.hands.can(station, "back"):
            card = self.people.take_card(self.visit.equipment.pool)
            if card is not None:
                await self._bind_and_reverse(station, card)
                self.people.put_back(card)

    async def _bind_and_reverse(self, station: str, card: str) -> None:
        """Present the wrong *card*; if it is accepted, reverse that."""
        if await self.hands.present(station, card):
            self.visit.note("card.issued")
            if await self.hands.press(station, "back"):
                self.guest.account.corrections.append("card")

    async def _answer(self, word: str) -> Heard:
        aiphone = self.visit.equipment.aiphone_at(self.visit.at)
        contact = cast("AiphoneAnswer", CONTACTS[word])
        door = self.people.door_of(self.guest)
        await self.hands.awake()
        # If a fire has released the door, the guest waits for the aide before going in.
        if word == "release" and door is not None and not door.released:
            self._push(door)
        answered = await self.hands.answer(aiphone, contact)
        if word == "release" and door is not None:
            self._push(door)
        return "seen" if answered else "refused"

    def _push(self, door: DoorTwin) -> None:
        """Begin to push at *door*, which gives way as soon as it is released."""
        if self._through is not None:
            return
        self._unseen = door.stands_open  # by a wedge: the checkpoint detects no opening
        patience_s = self.hands.at_least(_PUSH_S, _DOOR_REAL_S)
        self._through = asyncio.create_task(door.go_through(patience_s))

    async def _walk(self, word: str) -> Heard:
        """Walk through the metal detector of the station, once the checkpoint can see it."""
        await self.hands.awake()
        detector = self.people.lobby.detector_at(self.visit.station)
        if detector is None:
            return "refused"
        phase = self.visit.at.present(self.visit.text)
        out = word == "exit" or phase.waits_for("detector.exit")
        if word == "too-fast":
            await detector.run_through(out=out)
            return "seen"
        await detector.walk_through(metal=word.startswith("alarm"), out=out)
        return "seen"

    def see_walk(self) -> None:
        """See the walk that an alarm belongs to."""
        walk = (
            "exit"
            if self.visit.at.present(self.visit.text).waits_for("detector.exit")
            else ("passage")
        )
        if self.visit.equipment.can(self.visit.at, f"detector.{walk}"):
            self.visit.see(f"detector.{walk}")

    def back_at(self, step: int) -> None:
        """Note that the guest is at *step* again: belongings stored there can be stored again."""
        self._filled = {number: at for number, at in self._filled.items() if at != step}

    async def _locker(self, word: str) -> Heard:
        guest, people = self.guest, self.people
        stores = len(guest.lockers) < self.visit.at.lockers
        if word == "opened":
            wait = people.find_open_door if stores else people.wait_own_door
            return "missed" if await wait(guest, _DOOR_S) is None else "seen"
        number = people.own_open_door(guest)
        if number is None:
            return "missed"
        fetching = number in self._filled
        await use_locker(people, guest, number, "taking-out" if fetching else "storing")
        self._shut(number)
        await people.walk_on()
        return "seen"

    def _shut(self, number: int) -> None:
        """Take up that locker *number* was shut: with the belongings in it, or without them."""
        if number in self._filled:
            self.people.give_up_locker(self.guest, number)
        else:
            self._filled[number] = self.visit.at.step

    async def _door(self, word: str) -> Heard:
        door = self.people.door_of(self.guest)
        if door is None:
            return "refused"
        if word == "opened":
            going, self._through = self._through, None
            if going is None or not await going:
                return "refused"
            return "missed" if self._unseen else "seen"
        patience_s = self.hands.at_least(_PUSH_S, _DOOR_REAL_S)
        return "seen" if await door.wait_shut(patience_s) else "refused"

    async def _wait_for_room(self) -> Heard:
        place = self.visit.place
        await self.people.until(lambda: not place.lacks_room, _ROOM_S)
        await self.people.clock.pause(self.hands.at_least(1.0, 0.2))
        return "seen" if not place.lacks_room else "refused"

    async def _wait_out(self) -> Heard:
        """Wait until the timer of the phase has run out."""
        due_s = self.visit.place.due_s or 0.0
        late_s = self.hands.at_least(_LATE_S, _LATE_REAL_S)
        await self.people.clock.pause(max(0.0, due_s + late_s - self.people.clock.boot_ns() / 1e9))
        return "seen"
