"""Sets a module's own communication watchdog, and verifies it by reading it back.

The watchdog switches the module's outputs off if no request comes for its time-out: the module's
safe state if this machine fails or the line breaks.
"""

from collections.abc import Callable

from edge.config.sections.modules import Watchdog
from edge.drivers.modbus.requests import (
    ON,
    READ_COILS,
    READ_HOLDING,
    Request,
    bits,
    read_bits,
    read_registers,
    registers,
    write_coil,
    write_register,
)
from edge.errors import DeviceFault

Ask = Callable[[Request], bytes]
"""Sends a request to the module and returns its answer's data."""


def set_watchdog(ask: Ask, config: Watchdog, seconds: float) -> None:
    """Set the watchdog to *seconds*, start it, and end a time-out that stands.

    :raises Refused: if the module refuses a request
    :raises DeviceFault: if it reads back another value
    """
    counts = round(seconds / config.unit_s)
    if not is_set(ask, config, counts):
        if config.stop_register is not None:
            ask(write_register(config.stop_register, config.stop_value))
        ask(write_register(config.register, counts))
        if config.enable_coil is not None:
            ask(write_coil(config.enable_coil, ON))
        if config.start_register is not None:
            ask(write_register(config.start_register, 1))
        if not is_set(ask, config, counts):
            raise DeviceFault(
                "its communication watchdog does not take its setting",
                "Until it does, outputs stay as they are if the line breaks. Set it with the "
                "maker's own program, or correct watchdog in [modules].",
            )
    if config.clear_coil is not None:
        ask(write_coil(config.clear_coil, ON))


def is_set(ask: Ask, config: Watchdog, counts: int) -> bool:
    """Return True if the watchdog has the time-out *counts* and runs."""
    if registers(ask(read_registers(READ_HOLDING, config.register, 1)))[0] != counts:
        return False
    if config.enable_coil is not None and not bits(
        ask(read_bits(READ_COILS, config.enable_coil, 1)), 1
    ):
        return False
    running = config.running_register
    return running is None or registers(ask(read_registers(READ_HOLDING, running, 1)))[0] == 1
