"""Computes how often the modules of a bus can be polled.

One poll on RS-485 lasts: the pause before the request, the request and the answer at ten bits a
byte, and the module's own delay. The devices of a line answer one after the other, so a bus with
several needs the sum of their polls.
"""

from edge.config.model import Config
from edge.config.sections.modules import Registers

POLL_S = 0.02
"""Longest time from one poll of a module to the next, seconds: 50 Hz."""

# A module's delay before it answers, seconds. Makers publish none; a few milliseconds are usual.
TURNAROUND_S = 0.003
# A USB adapter hands bytes over in frames of 1 ms, in its low-latency mode; so may a gateway.
_ADAPTER_S = 0.001
_BITS_A_BYTE = 10
# Address, function, first, count and checksum; address, function, number of bytes and checksum.
_REQUEST_BYTES, _ANSWER_BYTES = 8, 5


def round_s(config: Config, bus: str) -> float:
    """Return how long it takes to poll every module of *bus* once, seconds."""
    section = config.buses[bus]
    polls = [module.registers for module in config.modules.values() if module.bus == bus]
    baud_rate = section.line_baud_rate
    line_s = sum(_bytes(registers) for registers in polls) * _BITS_A_BYTE / (baud_rate or 1e12)
    pause_s = 0.0 if section.spoken == "tcp" else section.pause_s
    return line_s + len(polls) * (pause_s + TURNAROUND_S + _ADAPTER_S)


def polling_notes(config: Config) -> list[str]:
    """Return a note for each bus whose modules cannot be polled 50 times a second."""
    notes = []
    for bus in sorted({module.bus for module in config.modules.values()} & config.buses.keys()):
        length_s = round_s(config, bus)
        if length_s > POLL_S:
            speed = config.buses[bus].line_baud_rate
            notes.append(
                f"buses.{bus}: its modules can be polled {1 / length_s:.0f} times a second"
                f"{f' at {speed} baud' if speed else ''}, not 50: a short press may be missed; "
                "raise baud_rate (in the modules too), lower pause_s, give a module a bus of its "
                "own, or use Modbus TCP"
            )
    return notes


def _bytes(registers: Registers) -> int:
    """Return the bytes of one poll; a module without inputs is polled by reading its outputs."""
    count = registers.inputs or registers.outputs
    by_register = registers.inputs and registers.input_function in (3, 4)
    answer = 2 * ((count + 15) // 16) if by_register else (count + 7) // 8
    return _REQUEST_BYTES + _ANSWER_BYTES + answer
