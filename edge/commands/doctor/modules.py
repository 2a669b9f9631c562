"""Examines the modules: whether they answer, how often, their watchdogs, and their outputs' state.

A module is only read, and its communication watchdog set, as the daemon does at its start.
"""

from collections.abc import Iterator, Sequence

from edge.clock import Clock
from edge.commands.doctor.finding import Finding
from edge.config.model import Config
from edge.config.polling import POLL_S, polling_notes
from edge.drivers.channels import Channels
from edge.drivers.modbus.module_channels import AllChannels, ModuleDevice
from edge.errors import DeviceFault, DeviceUnavailable

# How long polls are counted, seconds.
_COUNT_S = 1.0
# Polls that may be missing of those that are due, before the module counts as too slow.
_ENOUGH = 0.8


def modules_of(channels: Channels | None) -> Sequence[ModuleDevice]:
    """Return the modules of *channels* as devices."""
    return channels.modules.devices if isinstance(channels, AllChannels) else ()


def module_findings(config: Config, device: ModuleDevice, clock: Clock) -> Iterator[Finding]:
    """Open *device*, count its polls, and yield the findings."""
    try:
        device.open()
    except (DeviceUnavailable, DeviceFault) as error:
        yield Finding(
            device.name, "wrong", f"{str(error).removeprefix(f'{device.name}: ')}.", error.remedy
        )
        if isinstance(error, DeviceUnavailable):
            return
    before = device.module.polls
    clock.sleep(_COUNT_S)
    polls = device.module.polls - before
    section = device.module.config
    if device.module.registers.inputs and polls < _ENOUGH * _COUNT_S / POLL_S:
        notes = [note for note in polling_notes(config) if note.startswith(f"buses.{section.bus}:")]
        yield Finding(
            device.name,
            "wrong",
            f"It was polled {polls} times in {_COUNT_S:g} s: a short press may be missed.",
            notes[0].partition("missed; ")[2] if notes else _SLOW,
        )
    else:
        yield Finding(
            device.name, "ok", f"It answers at address {section.address}: {polls} times a second."
        )
    yield from _safe_state(device)


_SLOW = (
    "Is the adapter on a USB hub with other devices, or the network slow? Lower pause_s, or give "
    "the module a bus of its own."
)


def _safe_state(device: ModuleDevice) -> Iterator[Finding]:
    """Yield what its outputs do if the line breaks."""
    table, name = device.module.registers, device.name
    if not table.outputs:
        return
    if table.watchdog is None:
        yield Finding(
            name, "ok", "It has no communication watchdog: its outputs stay if the line breaks."
        )
    elif device.module.fault is None:
        seconds = device.module.config.watchdog_s
        yield Finding(
            name, "ok", f"Its watchdog switches its outputs off after {seconds:g} s of silence."
        )
