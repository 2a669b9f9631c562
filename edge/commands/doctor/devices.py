"""Examines the devices one by one: reads pins, checks ports, opens drivers, captures pictures.

No output is switched: pins are only read (edge/commands/doctor/pin_monitor.py), and drivers get a
mirror of them. Opening a device on a serial line or in the network asks it for its state, as the
daemon does at its start.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from edge.clock import Clock
from edge.commands.doctor.event_words import event_words, meaning_of, trouble
from edge.commands.doctor.finding import Asker, Finding
from edge.commands.doctor.modules import module_findings, modules_of
from edge.commands.doctor.pin_monitor import Mirror, Tap, Taps
from edge.commands.doctor.ports import port_findings
from edge.commands.doctor.recorder import Recorder
from edge.commands.options import data_folder
from edge.config.inventory import fitted, kind_of, lines
from edge.config.model import Config
from edge.daemon.build import build_devices, open_channels
from edge.drivers.base import Device
from edge.drivers.camera.jpeg import size
from edge.drivers.channels import Channels
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import ModuleDevice
from edge.errors import DeviceFault, DeviceUnavailable, GarduError, ModuleUnavailable
from edge.sop.events import (
    CardPresented,
    DetectorAlarmed,
    DetectorCleared,
    DeviceFailed,
    DeviceRestored,
    DoorClosed,
    DoorOpened,
    Event,
    InputAlarmed,
    InputRefused,
    InputRestored,
    InvitationPresented,
    InvitationRefused,
    LockerClosed,
    LockerFailed,
    LockerOpened,
    LockerRestored,
    TwoCardsPresented,
)
from edge.store.still_files import StillFiles

# Seconds: how long pins and readers are observed; how long boards on a line are (a silent one is
# detected after three polls); the longest wait for a card or code.
LISTEN_S = 1.0
LINE_S = 4.0
PRESENT_S = 10.0
# A contact with more edges than this during the observation is loose.
_MOVES = 4

# The technician's action for each kind of reader.
_SHOWN = {"card-reader": "Hold a card to", "scanner": "Show a code to"}
_PRESENTED = (CardPresented, InvitationPresented, InvitationRefused, TwoCardsPresented)
_BAD = (DeviceFailed, InputAlarmed, InputRefused, LockerFailed, LockerOpened)
_MENDED = (DeviceRestored, LockerRestored)
_LEVELS = (
    DetectorAlarmed, DetectorCleared, DoorClosed, DoorOpened, InputAlarmed, InputRestored,
    LockerClosed, LockerOpened,
)  # fmt: skip


class Bench(NamedTuple):
    """The tools of an examination."""

    config: Config
    clock: Clock
    taps: Taps
    mirror: Mirror
    heard: Recorder
    asker: Asker | None


class Pins(NamedTuple):
    """The inputs and outputs of this machine and its modules, or *why* there are none.

    :ivar buses: the lines, shared with all devices
    """

    channels: Channels | None
    why: str
    buses: Buses
    remedy: str = ""

    def close(self) -> None:
        """Release everything."""
        if self.channels is not None:
            self.channels.close()
        self.buses.close()


def open_pins(config: Config, clock: Clock) -> Pins:
    """Return the pins of this machine and its modules; the caller closes them."""
    buses = Buses(config.buses, clock)
    try:
        return Pins(open_channels(config, clock, buses), "", buses)
    except DeviceUnavailable as error:
        return Pins(None, str(error), buses, error.remedy)


def examine_devices(
    config: Config, clock: Clock, pins: Pins, only: set[str], asker: Asker | None
) -> Iterator[Finding]:
    """Examine the devices named in *only*, and yield the findings.

    :param asker: the technician, who can hold a card to a reader; None: not present
    """
    parts = [part for part in fitted(config) if pins.channels and part.device in only]
    if pins.why:
        yield trouble("gpio", pins.why, pins.remedy)
    for module in modules_of(pins.channels):
        if module.name in only:
            yield from _examine_module(config, module, clock)
    heard = Recorder(clock)
    with Taps(parts, pins.channels, clock) as taps:
        mirror = Mirror(taps.taps, clock)
        bench = Bench(config, clock, taps, mirror, heard, asker)
        stills = StillFiles(data_folder(config))
        devices = build_devices(config, clock, heard.post, stills, mirror, buses=pins.buses)
        for thread in devices.threads:
            if thread.device.name in only:
                yield from _examine(bench, thread.device, pins=not pins.why)
        mirror.close()


def device_names(config: Config) -> list[str]:
    """Return the names of all devices of *config*."""
    names = [part.device for part in fitted(config)]
    names += [line.device for line in lines(config)]
    names += [f"camera/{name}" for name in config.cameras]
    return list(dict.fromkeys(names))


def _examine(bench: Bench, device: Device, *, pins: bool) -> Iterator[Finding]:
    """Examine one device: its pins, its serial port, and its driver unless the port is faulty."""
    name = device.name
    if not pins and any(part.device == name for part in fitted(bench.config)):
        yield Finding(name, "skipped", "It hangs on the pins, which are not here.")
        return
    found = list(_examine_pins(bench, name))
    ports = list(_examine_ports(bench.config, name))
    yield from [*found, *ports]
    if not ports:
        yield from _examine_driver(bench, device, quiet=bool(found))


def _examine_ports(config: Config, device: str) -> Iterator[Finding]:
    """Yield the faults of the serial ports of *device*; a line in the network has none."""
    for line in lines(config):
        if line.device == device and not (line.bus and config.buses[line.bus].host):
            yield from port_findings(line)


def _examine_module(config: Config, module: ModuleDevice, clock: Clock) -> Iterator[Finding]:
    ports = list(_examine_ports(config, module.name))
    yield from ports
    if not ports:
        yield from module_findings(config, module, clock)


def _examine_pins(bench: Bench, device: str) -> Iterator[Finding]:
    taps = bench.taps.of(device)
    if taps:
        bench.clock.sleep(LISTEN_S)
    for tap in taps:
        yield _tapped(tap)


def _tapped(tap: Tap) -> Finding:
    """Return the finding about one pin."""
    part = tap.fitted
    if part.part.module and tap.high is None:
        return Finding(part.device, "skipped", f"{part.function}: {tap.why}.")
    if tap.why or tap.high is None:
        return trouble(part.device, tap.why, tap.remedy)
    where = f"{tap.where} is {tap.level}"
    if tap.changes > _MOVES and not part.is_data:
        saw = f"{part.function}: {where} now, and changed {tap.changes} times while I looked."
        return Finding(
            part.device, "wrong", saw, "A loose contact, or no pull resistor (pull = ...)."
        )
    if part.is_output:
        return _output(tap, where)
    means = meaning_of(part.key)
    if tap.active:
        return Finding(part.device, "wrong", f"{part.function}: {means.active} ({where}).",
                       means.try_)  # fmt: skip
    return Finding(part.device, "ok", f"{part.function}: {means.rest} ({where}).")


def _output(tap: Tap, where: str) -> Finding:
    part = tap.fitted
    if not tap.active:
        return Finding(part.device, "ok", f"{part.function}: off ({where}, not driven).")
    level = "3.3 V" if not tap.high else "ground"
    try_ = (
        f"Nobody drives it, and yet its level is the one that switches it on. Fit a resistor of "
        f"10 kilohm from the pin to {level}, or correct `active`."
    )
    return Finding(part.device, "wrong", f"{part.function}: on ({where}, not driven).", try_)


def _examine_driver(bench: Bench, device: Device, *, quiet: bool) -> Iterator[Finding]:
    """Open the device as the daemon does, and yield the findings from its events.

    :param quiet: its pins have findings already: "It can be opened" is left out
    """
    bench.heard.take()
    try:
        device.open()
        _reconcile(device)
    except (DeviceUnavailable, DeviceFault) as error:
        if not isinstance(error, ModuleUnavailable):  # else the module is the finding
            yield trouble(device.name, str(error), error.remedy)
        device.close()
        return
    said: list[Finding] = []
    try:
        wired = bool(bench.taps.of(device.name))
        mine = [line for line in lines(bench.config) if line.device == device.name]
        if mine or not wired:
            bench.clock.sleep(LINE_S if any(line.bus for line in mine) else LISTEN_S)
            said = list(_said(device.name, bench.heard.take(), wired=wired))
            yield from said
        yield from _present(bench, device)
        capture = getattr(device, "capture", None)
        if capture is not None:
            yield _picture(bench.clock, device.name, capture)
        elif not (quiet or wired or said):
            yield Finding(device.name, "ok", "It can be opened.")
    finally:
        device.close()


def _reconcile(device: Device) -> None:
    """Have the device read its levels again, as the daemon does at intervals."""
    reconcile = getattr(device, "reconcile", None)
    if reconcile is not None:
        reconcile()


def _said(device: str, events: list[Event], *, wired: bool) -> Iterator[Finding]:
    """Yield one finding for each different event, but none for levels that its pins showed."""
    for words, event in {event_words(event): event for event in events}.items():
        if isinstance(event, _MENDED) or (wired and isinstance(event, _LEVELS)):
            continue
        if isinstance(event, _BAD):
            yield trouble(device, words.removesuffix("."), getattr(event, "remedy", ""))
        else:
            yield Finding(device, "ok", words)


def _present(bench: Bench, device: Device) -> Iterator[Finding]:
    """Ask the technician, if present, to hold a card or code to a reader; yield the result."""
    shown = _SHOWN.get(kind_of(device.name))
    if shown is None or bench.asker is None:
        return
    if not bench.asker.agrees(f"{shown} {device.name} within {PRESENT_S:g} s. Begin?"):
        yield Finding(device.name, "skipped", "Nothing was held to it.")
        return
    event = bench.heard.wait(lambda event: isinstance(event, _PRESENTED), PRESENT_S)
    if event is None:
        yield trouble(device.name, "Nothing was read")
    else:
        yield Finding(device.name, "ok", event_words(event))


def _picture(clock: Clock, device: str, capture: Any) -> Finding:
    """Capture a picture and return the finding with its size and greatest possible age."""
    began = clock.boot_ns()
    try:
        jpeg = capture()
        width, height = size(jpeg)
    except (GarduError, ValueError) as error:
        return trouble(device, str(error), getattr(error, "remedy", ""))
    took_s = (clock.boot_ns() - began) / 1e9
    saw = (
        f"A picture of {width} x {height} pixels, {len(jpeg) / 1000:.0f} kB, "
        f"at most {took_s:.1f} s old."
    )
    return Finding(device, "ok", saw)
