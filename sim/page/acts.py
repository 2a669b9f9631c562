"""The player's acts: what the page may ask of the lobby, and how it is done there.

An act is JSON with the key ``do``. Acts on equipment go through the same hands as those of the
simulated people: one press at a time, and the answer is what the buzzer says.
"""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sim.page.state import roles
from sim.people.corrections import correct, is_correction
from sim.people.hands import AiphoneAnswer
from sim.people.player import Act
from sim.scenario import Branch, Fault
from sim.stage.own_time import OwnTimeKeeper
from sim.stage.stage import Stage
from sim.world.wire_faults import WIRE_FAULTS, carry_out
from sim.world.world import break_thing

_STEP_MOST_S = 3600.0
# Belongings are not stored, or taken out, in no time, seconds: longer than a lock board's poll_s,
# so that the checkpoint detects the open door.
_STORE_S = 3.0
# The contacts of the aiphone and what each may be in a text.
_ANSWERS: dict[AiphoneAnswer, tuple[str, ...]] = {
    "accept": ("aiphone.accept", "aiphone.call"),
    "decline": ("aiphone.decline",),
    "release": ("aiphone.release",),
    "extend": ("aiphone.extend",),
}


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """An act that the page asks for."""


class Press(_Asked, frozen=True, tag="press"):
    """Press the button number *button*, from 0, of *panel*; or hold it."""

    panel: str
    button: Annotated[int, Meta(ge=0)]
    hold: bool = False


class Card(_Asked, frozen=True, tag="card"):
    """Hold *card* to *reader*."""

    reader: str
    card: str


class Shut(_Asked, frozen=True, tag="shut"):
    """Shut the door of *locker*."""

    locker: int


class Walk(_Asked, frozen=True, tag="walk"):
    """Walk through *detector*."""

    detector: str
    metal: bool = False
    out: bool = False
    fast: bool = False


class Answer(_Asked, frozen=True, tag="answer"):
    """Close a contact of *aiphone*."""

    aiphone: str
    which: AiphoneAnswer


class Trouble(_Asked, frozen=True, tag="trouble"):
    """Cause a fault of the equipment, or end it, as in a scenario: fire, a jammed lock, chatter."""

    fault: Fault


class Line(_Asked, frozen=True, tag="line"):
    """Cut the line to the central office, let it hang, or restore it."""

    state: Literal["cut", "half-open", "restore"]


class Power(_Asked, frozen=True, tag="power"):
    """Cut the checkpoint's power: the daemon is killed, and starts again by itself."""


class Guest(_Asked, frozen=True, tag="guest"):
    """Let a guest come."""

    procedure: str
    branch: Branch = "normal"
    persons: Annotated[int, Meta(ge=1, le=12)] = 1


class Roles(_Asked, frozen=True, tag="roles"):
    """Play these roles, and no others."""

    roles: frozenset[str]


class Speed(_Asked, frozen=True, tag="speed"):
    """Let time pass *times* as fast as real time; None: as fast as the work is done."""

    times: Annotated[float, Meta(ge=0.1, le=1000)] | None


class Pause(_Asked, frozen=True, tag="pause"):
    """Let time stand still, or pass again."""

    paused: bool = True


class Step(_Asked, frozen=True, tag="step"):
    """Let *seconds* pass at once, and then stand still."""

    seconds: Annotated[float, Meta(gt=0, le=_STEP_MOST_S)] = 1.0


Asked = (
    Press | Card | Shut | Walk | Answer | Trouble | Line | Power
    | Guest | Roles | Speed | Pause | Step
)  # fmt: skip

_DECODER = msgspec.json.Decoder(Asked)


def decode(body: bytes) -> Asked:
    """Return the act of a request's *body*.

    :raises msgspec.ValidationError: if it is none, in words
    """
    asked: Asked = _DECODER.decode(body)
    return asked


class Acts:
    """Does the player's acts on the stage.

    :param keeper: of the simulation's own time
    :ivar doing: how many acts of the player are being done
    :ivar refused: how many acts the checkpoint has refused
    """

    def __init__(self, stage: Stage, keeper: OwnTimeKeeper) -> None:
        self._stage = stage
        self._keeper = keeper
        self._people = stage.world.people
        self._lobby = stage.world.lobby
        self._going: set[asyncio.Task[None]] = set()
        self.doing = 0
        self.refused = 0

    @property
    def awaited(self) -> bool:
        """True while an act of the player is waited for, and none is being done."""
        return not self.doing and bool(self._people.player.awaited)

    async def do(self, asked: Asked) -> str:
        """Do what is *asked*; return what came of it, in one word or a sentence.

        :raises LookupError: if the lobby has no such thing
        """
        self.doing += 1
        try:
            heard = await self._do(asked)
        finally:
            self.doing -= 1
        self.refused += heard == "refused"
        return heard

    async def _do(self, asked: Asked) -> str:
        match asked:
            case Press():
                return await self._press(asked)
            case Card():
                return await self._card(asked)
            case Shut():
                return await self._shut(asked)
            case Walk():
                return await self._walk(asked)
            case Answer():
                await self._lobby.aiphones[asked.aiphone].answer(asked.which)
                self._acted(Act(events=_ANSWERS[asked.which], aiphone=asked.aiphone))
            case Trouble():
                self._trouble(asked.fault)
            case _:
                return self._direct(asked)
        return "done"

    def _direct(self, asked: Asked) -> str:
        """Do an act of the director: of time, line, power, roles, and guests."""
        pace, stage = self._keeper.pace, self._stage
        match asked:
            case Line():
                stage.network.do(asked.state)
            case Power():
                stage.daemon.kill()
            case Guest():
                return self._guest(asked)
            case Roles():
                self._take(asked.roles)
            case Speed():
                pace.set_speed(asked.times)
            case Pause(paused=True):
                pace.pause()
            case Pause():
                pace.go_on()
            case Step():
                pace.step(self._keeper.now(), asked.seconds)
        return "done"

    def _take(self, wanted: frozenset[str]) -> None:
        unknown = sorted(wanted - set(roles(self._stage)))
        if unknown:
            offered = ", ".join(roles(self._stage))
            raise LookupError(f"no role {', '.join(unknown)} here; there are: {offered}")
        self._people.player.take(wanted)

    def _acted(self, act: Act) -> None:
        self._people.player.acted(act)

    async def _press(self, asked: Press) -> str:
        buttons = self._lobby.config.panels[asked.panel].buttons
        if asked.button >= len(buttons):
            raise LookupError(f"panel {asked.panel} has {len(buttons)} buttons")
        heard = await self._people.hands.touch(asked.panel, asked.button, hold=asked.hold)
        button = buttons[asked.button]
        action = button.hold if asked.hold else button.press
        if heard == "accepted" and action is not None:
            procedure = button.procedure if action == "arrive" else None
            act = Act(events=(f"button.{action}",), panel=asked.panel, procedure=procedure)
            if self._people.player.acted(act):
                return heard
            if action == "arrive":
                self._people.opened += 1  # a visit without a guest of the simulation
            elif is_correction(action):
                correct(self._people, asked.panel, action)
        return heard

    async def _card(self, asked: Card) -> str:
        heard = await self._people.hands.hold_to(asked.reader, asked.card)
        if heard == "accepted":
            owners = [one for one in self._people.guests if asked.card in one.cards]
            escort = asked.card in self._lobby.config.cards.escort
            events = ("card.escort",) if escort else ("card.issued", "card.presented")
            guest = owners[0].number if owners else None
            act = Act(events=events, card=asked.card, guest=guest)
            visit = owners[0].visit if owners else None
            if not self._people.player.acted(act) and visit is not None and visit.is_open:
                visit.show_again()
        return heard

    async def _shut(self, asked: Shut) -> str:
        locker = self._lobby.lockers[asked.locker]
        if not locker.door_open:
            return "it is shut"
        if asked.locker in self._people.taken:
            await self._stage.clock.pause(_STORE_S)
        await locker.close_door()
        if self._is_open(asked.locker):
            return "the lock is still driven: the door swings open"
        self._acted(Act(events=("locker.closed",), guest=self._people.taken.get(asked.locker)))
        return "done"

    def _is_open(self, locker: int) -> bool:
        return self._lobby.lockers[locker].door_open

    async def _walk(self, asked: Walk) -> str:
        detector = self._lobby.detectors[asked.detector]
        if asked.fast:
            await detector.run_through(out=asked.out)
            self._acted(Act(events=("detector.too-fast",)))
            return "done"
        await detector.walk_through(metal=asked.metal, out=asked.out)
        passed = "detector.exit" if asked.out else "detector.passage"
        self._acted(Act(events=("detector.alarm",) if asked.metal else (passed,)))
        return "done"

    def _trouble(self, fault: Fault) -> None:
        if fault.do in WIRE_FAULTS:
            going = asyncio.create_task(carry_out(self._lobby, fault, self._report))
            self._going.add(going)
            going.add_done_callback(self._going.discard)
        elif not break_thing(self._lobby, fault):
            raise LookupError(f"this lobby has no such equipment for {fault.do}")
        else:
            self._report({"do": fault.do})

    def _report(self, said: dict[str, Any]) -> None:
        self._stage.report(f"equipment: {said['do']}")

    def _guest(self, asked: Guest) -> str:
        offered = self._lobby.config.checkpoint.procedures
        if asked.procedure not in offered:
            raise LookupError(f"{asked.procedure}: this checkpoint has {', '.join(offered)}")
        why = self._stage.world.ask_in(asked.procedure, asked.branch, asked.persons)
        return f"the guest goes through as a normal one: {why}" if why else "done"
