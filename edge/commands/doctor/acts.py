"""Switches each lock, ring, lamp, strike and buzzer once, after one question for each.

Only for ``--actuate``. The real pins are claimed here, a device at a time, after its first yes.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from edge.clock import Clock
from edge.commands.doctor.event_words import trouble
from edge.commands.doctor.finding import Asker, Finding
from edge.commands.doctor.recorder import Recorder
from edge.commands.options import data_folder
from edge.config.model import Config
from edge.daemon.build import build_devices
from edge.drivers.base import Device
from edge.drivers.channels import Channels
from edge.drivers.modbus.buses import Buses
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import Event, LockerFailed, LockerOpened
from edge.store.still_files import StillFiles

# Longest wait for a locker's door to open, and how long lamps are lit for the technician, seconds.
_OPENS_S = 3.0
_SHINES_S = 2.0


class Act(NamedTuple):
    """One test of an output.

    :ivar what: the test in the imperative, for the question before it
    :ivar asked: the question after it; empty if the equipment answers by itself
    :ivar answer: returns True if an event is the equipment's answer; None: the technician answers
    """

    what: str
    do: Callable[[], None]
    asked: str = ""
    answer: Callable[[Event], bool] | None = None


def actuate(
    config: Config,
    clock: Clock,
    channels: Channels | None,
    only: set[str],
    asker: Asker | None,
    buses: Buses | None = None,
) -> Iterator[Finding]:
    """Run every test of the devices in *only*, each after a yes, and yield its finding.

    :param channels: the real inputs and outputs
    :param only: the names of the devices to act on
    :param asker: asks before and after each test; None: all tests run without questions
    :param buses: the lines that *channels* uses; None: new ones
    """
    heard = Recorder(clock)
    stills = StillFiles(data_folder(config))
    devices = build_devices(config, clock, heard.post, stills, channels, buses=buses)
    for thread in devices.threads:
        if thread.device.name in only:
            yield from _actuate(config, clock, thread.device, heard, asker)


def _actuate(
    config: Config, clock: Clock, device: Device, heard: Recorder, asker: Asker | None
) -> Iterator[Finding]:
    opened = False
    try:
        for act in acts(config, clock, device):
            if asker is not None and not asker.agrees(f"{act.what}?"):
                yield Finding(device.name, "skipped", f"{act.what}: not done.")
                continue
            if not opened:
                device.open()
                opened = True
            yield _done(device.name, act, heard, asker)
    except (DeviceUnavailable, DeviceFault) as error:
        yield trouble(device.name, str(error), error.remedy)
    finally:
        device.close()


def _done(device: str, act: Act, heard: Recorder, asker: Asker | None) -> Finding:
    """Run one test and return the finding, as the equipment or the technician answers."""
    heard.take()
    act.do()
    if act.answer is not None:
        event = heard.wait(act.answer, _OPENS_S)
        if isinstance(event, LockerOpened):
            return Finding(device, "ok", f"{act.what}: the door opened.")
        why = event.why if isinstance(event, LockerFailed) else "the door did not open"
        try_ = "Is its supply on? Look at the relay's click, the lock's wires and the door contact."
        return Finding(device, "wrong", f"{act.what}: {why}.", try_)
    if asker is None:
        return Finding(device, "unknown", f"{act.what}: done; nobody was asked what came of it.")
    if asker.agrees(act.asked):
        return Finding(device, "ok", f"{act.what}: done, and it was noticed.")
    try_ = "Look at its supply, its wires and the pin; does `active` fit the relay board?"
    return Finding(device, "wrong", f"{act.what}: done, and nobody noticed.", try_)


def acts(config: Config, clock: Clock, device: Any) -> Iterator[Act]:
    """Yield the tests of *device*, by the methods of its Protocol (edge/drivers/base.py)."""
    name = device.name
    if hasattr(device, "unlock"):
        for locker in config.lockers.locker if config.lockers else []:
            yield _unlock(device, locker.number)
    if hasattr(device, "ring"):
        yield Act(f"Ring {name}", lambda: device.ring("call"), "Did it ring?")
    if hasattr(device, "show") and _has_lamp(config, name):
        yield Act(f"Light every lamp of {name}", lambda: _shine(clock, device), "Did all light?")
    if hasattr(device, "light"):
        yield Act(
            f"Light every lamp of {name}", lambda: _light(clock, config, device), "Did all light?"
        )
    if hasattr(device, "beep"):
        yield Act("Sound the buzzer", lambda: device.beep("accepted"), "Did it sound?")
    if hasattr(device, "release"):
        yield Act(f"Release {name}", device.release, "Could the door be opened?")


def _unlock(device: Any, number: int) -> Act:
    def answer(event: Event) -> bool:
        return isinstance(event, LockerOpened | LockerFailed) and event.locker == number

    return Act(f"Unlock locker {number}", lambda: device.unlock(number), answer=answer)


def _has_lamp(config: Config, name: str) -> bool:
    panel = config.panels.get(name.rpartition("/")[2])
    return panel is not None and bool(panel.fitted_lamps)


def _light(clock: Clock, config: Config, lamps: Any) -> None:
    lamps.light({host.id: True for host in config.hosts})
    clock.sleep(_SHINES_S)
    lamps.light({})


def _shine(clock: Clock, panel: Any) -> None:
    panel.show("test")
    clock.sleep(_SHINES_S)
    panel.show("off")
