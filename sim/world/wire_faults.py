"""Faults of the wires between equipment and checkpoint, as people report them of real ones.

- ``chatter``: a contact at the edge of its magnet, or in a loose terminal, opens and closes;
- ``lost-edge``: the kernel's buffer of edges is full, and the daemon is not told of a change;
- ``crosstalk``: a wire that is used induces a pulse in the next pair of its cable;
- ``renumber``: a serial adapter is gone for a moment and gets another device number.

Edges are put on the pin with the moments at which they happen, a little late where the loop is:
between two edges their moments count (sim/twins/wiring.py).
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

from sim.scenario import Fault
from sim.twins.locker import LockerTwin
from sim.twins.modbus import RelayLockerTwin
from sim.twins.wiring import Switch
from sim.world.lobby import Lobby
from sim.world.serial_port import SerialPort

Tell = Callable[[dict[str, Any]], None]
Say = Callable[[str], None]

# How long an adapter is away, clock seconds: as long as a hub needs to switch its port on again.
_AWAY_S = 2.0


async def carry_out(lobby: Lobby, fault: Fault, tell: Tell) -> None:
    """Carry out *fault* to its end; leave it out if *lobby* has no such equipment.

    :param tell: called with an event in words (sim/world/world.py) at the beginning and at the end
    """

    def say(words: str) -> None:
        tell({"event": "fault", "do": f"{fault.do} {words}"})

    for place in (fault.contact, fault.into):
        # A change that is not told is found by the next reading: an alarm is raised all the same.
        if place is not None and fault.do != "lost-edge":
            lobby.incidents.allow_at(place)
    try:
        await WIRE_FAULTS[fault.do](lobby, fault, say)
    except LookupError as error:
        say(f"is left out: {error.args[0]}")


def find_contact(lobby: Lobby, place: str) -> Switch:
    """Return the contact at *place*, in the words of a scenario (``door/NAME``, …).

    :raises LookupError: if the lobby has no such contact, in words
    """
    kind, _, rest = place.partition("/")
    name, _, key = rest.rpartition("/")
    found: Switch | None = None
    try:
        match kind:
            case "button":
                found = _button(lobby, name, key)
            case "door":
                found = lobby.doors[rest].contact
            case "locker":
                twin = lobby.lockers[int(rest)]
                found = twin.door if isinstance(twin, LockerTwin | RelayLockerTwin) else None
            case "aiphone":
                aiphone = lobby.aiphones[name]
                found = aiphone.busy if key == "busy" else aiphone.contacts[key]
            case "detector":
                found = _detector(lobby, name, key)
            case "safety" if lobby.safety is not None:
                found = lobby.safety.loops[rest]
    except LookupError:
        found = None
    if found is None:
        raise LookupError(f"there is no contact {place} here")
    return found


def _button(lobby: Lobby, station: str, action: str) -> Switch | None:
    for panel in lobby.panels.values():
        if station in panel.stations and panel.has(action):
            return panel.contact(action)
    return None


def _detector(lobby: Lobby, name: str, key: str) -> Switch | None:
    twin = lobby.detectors[name] if name else lobby.detector
    if twin is None:
        return None
    inner = twin.beams[1] if len(twin.beams) > 1 else None
    return {"alarm": twin.alarm, "tamper": twin.tamper, "passage": twin.passage, "inner": inner}[
        key
    ]


async def _chatter(lobby: Lobby, fault: Fault, say: Say) -> None:
    """Open and close the contact ``hz`` times a second, for ``for_s``."""
    place, hz, for_s = fault.contact or "", fault.hz or 0.0, fault.for_s or 0.0
    switch = find_contact(lobby, place)
    half_ns = int(1e9 / (2 * hz))
    say(f"of {place}: {hz:g} times a second for {for_s:g} s")
    clock, rests = lobby.clock, True
    begun = at = clock.boot_ns()
    switch.fault = "loose"
    try:
        while at - begun < for_s * 1e9:
            await clock.pause(half_ns / 1e9)
            # All edges that are due by now: at a high speed the loop wakes up after several.
            while at + half_ns <= clock.boot_ns() and at - begun < for_s * 1e9:
                at, rests = at + half_ns, not rests
                switch.flip(at, rests=rests)
    finally:
        switch.fail(None)
    say(f"of {place} is over")


async def _lose_edge(lobby: Lobby, fault: Fault, say: Say) -> None:
    """Do not tell the daemon of the next change of the contact."""
    place = fault.contact or ""
    switch = find_contact(lobby, place)
    if not switch.has_edges:
        raise LookupError(f"{place} is an input of a module, which is polled and has no edges")
    switch.loses_edge = True
    say(f"at {place}: its next change is not told")


async def _crosstalk(lobby: Lobby, fault: Fault, say: Say) -> None:
    """Give the contact ``into`` a pulse each time ``contact`` is used, for ``for_s``."""
    source, victim = fault.contact or "", fault.into or ""
    used, beside = find_contact(lobby, source), find_contact(lobby, victim)
    say(f"from {source} into {victim}: pulses of {fault.pulse_ms:g} ms")
    pulses = 0
    async with asyncio.TaskGroup() as pulsing:

        def induce(at: int) -> None:
            nonlocal pulses
            pulses += 1
            pulsing.create_task(beside.pulse(fault.pulse_ms / 1e3, at))

        used.moved.append(induce)
        try:
            await lobby.clock.pause(fault.for_s or 0.0)
        finally:
            used.moved.remove(induce)
    say(f"from {source} into {victim} is over: {pulses} pulses")


async def _renumber(lobby: Lobby, fault: Fault, say: Say) -> None:
    """Unplug the adapter and plug it in again under another device number.

    The old device stays open here meanwhile, as in a process that has not noticed yet: so its
    number is not free, and the kernel gives another one. The link of fixed name goes and comes, as
    udev's does.
    """
    port = _serial_ports(lobby).get(fault.adapter or "")
    if port is None:
        raise LookupError(f"there is no serial adapter {fault.adapter} here")
    old = port.path.readlink()
    held = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    try:
        port.unplug()
        say(f"of {fault.adapter}: {old} is gone")
        await lobby.clock.pause(_AWAY_S)
    finally:
        port.plug()
        os.close(held)
    say(f"of {fault.adapter}: it is back as {port.path.readlink()}")


def _serial_ports(lobby: Lobby) -> dict[str, SerialPort]:
    """Return the serial ports by their adapters, in the words of a scenario."""
    ports = {
        **{f"reader/{name}": port for name, port in lobby.reader_ports.items()},
        **{f"scanner/{name}": scanner.port for name, scanner in lobby.scanners.items()},
        **{f"bus/{name}": bus.port for name, bus in lobby.buses.items()},
    }
    return {name: port for name, port in ports.items() if isinstance(port, SerialPort)}


WIRE_FAULTS: dict[str, Callable[[Lobby, Fault, Say], Coroutine[Any, Any, None]]] = {
    "chatter": _chatter,
    "lost-edge": _lose_edge,
    "crosstalk": _crosstalk,
    "renumber": _renumber,
}
