"""Benches for a technician: each call of a contract becomes an instruction to a person."""

import inspect
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gpiozero import InputDevice

from edge.clock import Clock
from edge.config.inventory import fitted, lines
from edge.config.model import Config
from edge.daemon.build import build_devices
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import AllChannels, ModuleChannels
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import CardPresented, Event
from edge.store.still_files import StillFiles
from tests.drivers.conftest import Posted, said
from tests.hardware.hands import LASTING, UNDO, Hand
from tests.hardware.technician import Technician


class Desk(NamedTuple):
    """A technician's workplace: a config (shaped for the contracts), pins, a clock."""

    config: Config
    clock: Clock
    factory: Any
    technician: Technician


class HandBench:
    """One driver, and a technician for all that is outside of it.

    :param device: its name, as in `health`
    :param protocol: the contract's ``Bench``: its methods are the verbs
    :param hands: the words for them
    """

    def __init__(self, desk: Desk, device: str, protocol: type, hands: tuple[Hand, ...]) -> None:
        self.desk = desk
        self.device = device
        self._protocol = protocol
        self._hands = hands
        self._events = Posted(desk.clock)
        self._asked: set[str] = set()
        stills = StillFiles(Path(desk.config.checkpoint.data))
        buses = Buses(desk.config.buses, desk.clock)
        self._modules = ModuleChannels(desk.config, buses, desk.clock)
        channels = AllChannels(PinChannels(desk.factory, desk.clock), self._modules)
        devices = build_devices(
            desk.config, desk.clock, self._events, stills, channels, buses=buses
        )
        found = [thread.device for thread in devices.threads if thread.device.name == device]
        if not found:
            pytest.skip(f"the config has no {device}")
        self.driver: Any = found[0]

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb.startswith("_") or not hasattr(self._protocol, verb):
            raise AttributeError(verb)
        return lambda *given, **named: self._ask(verb, given, named)

    def _ask(self, verb: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Ask the technician to do, or to answer, *verb*."""
        signature = inspect.signature(getattr(self._protocol, verb))
        arguments = dict(signature.bind(self, *given, **named).arguments)
        hand = next((hand for hand in self._hands if hand.fits(verb, arguments)), None)
        if hand is None:
            pytest.skip(f"{verb}: this cannot be done by hand")
        self._asked.add(verb)
        words = hand.words.format(**arguments)
        technician = self.desk.technician
        if signature.return_annotation is bool:
            return technician.says(words)
        if signature.return_annotation is int:
            return technician.counts(words)
        return technician.does(words)

    def words(self, verb: str) -> str:
        """Return the first words for *verb*."""
        return next(hand.words for hand in self._hands if hand.verb == verb)

    def close(self) -> None:
        """Close the driver, and ask to undo all that was to last until now."""
        self.driver.close()
        self._modules.close()
        if not self._asked.isdisjoint(LASTING):
            self.desk.technician.does(UNDO)

    def posted(self, *wanted: Any) -> list[Any]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""
        needed = Counter(map(self.named, wanted))
        self._events.until(lambda events: needed <= Counter(map(self.seen, events)))
        return [self.given(event) for event in self._events.take()]

    def named(self, wanted: Any) -> Any:
        """Return a wanted event in the form in which posted events are compared."""
        return wanted

    def seen(self, event: Event) -> Any:
        """Return an event as the contract names it: its class, then its fields."""
        return said(event)

    def given(self, event: Event) -> Any:
        """Return an event in the form that the contract expects."""
        return self.seen(event)

    def wait_for(self, kind: type[Event]) -> Event:
        """Wait until an event of *kind* is posted, and return it."""
        return self._events.wait_for(kind)

    def take(self) -> list[Event]:
        """Return everything posted since the last call."""
        return self._events.take()

    def fault(self) -> str:
        """Read the levels again and again, as the daemon does, until a fault; return its text."""
        while True:
            try:
                self.driver.reconcile()
            except DeviceFault as error:
                return str(error)
            self.desk.clock.sleep(0.1)


class LockersBench(HandBench):
    """Lockers; their contract names events by example."""

    _taken: InputDevice | None = None

    def named(self, wanted: Any) -> Any:
        """Return an example without its moment and its words for persons."""
        return self.seen(wanted)

    def seen(self, event: Event) -> Any:
        """Return an event without its moment and its words for persons."""
        names = [name for name in event.__struct_fields__ if name not in ("at", "why")]
        return (type(event), *(getattr(event, name) for name in names))

    def given(self, event: Event) -> Event:
        """Return the event itself."""
        return event

    def posted(self, *wanted: Any) -> list[Any]:
        """Reconcile first, so that a board on a line posts its doors."""
        if hasattr(self.driver, "reconcile"):
            with suppress(DeviceUnavailable, DeviceFault):
                self.driver.reconcile()
        return super().posted(*wanted)

    def most_at_once(self) -> int:
        """Return 2 if two locks were heard at once."""
        return 2 if self.desk.technician.says(self.words("most_at_once")) else 1

    def wait_for_current(self, locker: int, *, flowing: bool) -> None:
        """Wait for a pulse to begin, or ask if it has ended: a lock that is on hums."""
        if flowing:
            self.desk.clock.sleep(0.2)
        else:
            words = self.words("wait_for_current").format(locker=locker)
            assert self.desk.technician.says(words)

    def take_away(self) -> None:
        """Pull the plug; without a line, occupy one of the driver's pins."""
        if any(line.device == self.device for line in lines(self.desk.config)):
            self._ask("take_away", (), {})
            return
        parts = [part.part for part in fitted(self.desk.config) if part.device == self.device]
        pin = next((part.pin for part in parts if part.pin is not None), None)
        if pin is None:
            pytest.skip("all of it is on modules")
        self._taken = InputDevice(pin, pin_factory=self.desk.factory)

    def bring_back(self) -> None:
        """Plug it in again; free the pin."""
        if self._taken is None:
            self._ask("bring_back", (), {})
        else:
            self._taken.close()
            self._taken = None


class AiphoneBench(HandBench):
    """The called station."""

    def wait_ringing(self) -> None:
        """Wait for a ring to begin."""
        self.desk.clock.sleep(0.5)


class DoorBench(HandBench):
    """The access door."""

    @property
    def fail(self) -> str:
        """``secure`` or ``safe``: the state of the door when its relay drops out."""
        return next(iter(self.desk.config.doors.values())).fail

    def wait_for_release(self, *, released: bool) -> None:
        """Give the strike its time; the push that follows shows if it was released."""
        self.desk.clock.sleep(0.5 if released else 0.2)


NAMES = ("first card", "second card")


class ReaderBench(HandBench):
    """The card reader; the technician has two cards, and their numbers are learned."""

    def learn(self, learned: list[str]) -> None:
        """Read both cards once; *learned* holds their numbers for the next test."""
        for name in NAMES[len(learned) :]:
            self.desk.technician.does(self.words("present").format(cards=name))
            learned.append(getattr(self.wait_for(CardPresented), "card", ""))
            self.remove()
            self.take()
        self.cards = learned

    def present(self, *cards: str) -> None:
        """Ask for one or both cards at the reader."""
        names = " and ".join(NAMES[self.cards.index(card)] for card in cards)
        self.desk.technician.does(self.words("present").format(cards=names))

    def remove(self) -> None:
        """Ask to remove them, and wait until the driver must have noticed."""
        self.desk.technician.does(self.words("remove"))
        section = next(iter(self.desk.config.card_readers.values()))
        self.desk.clock.sleep(1.5 * section.removed_after_s)
