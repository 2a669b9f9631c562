"""The parts list of a checkpoint: the parts that must be bought or fitted for its config.

Rows are data: the part that each contact, output and device needs, and why.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import get_args

import msgspec

from edge.config.inventory import Fitted, driver_of, fitted, kind_of, lines
from edge.config.model import Config
from edge.config.sections.panels import Colour
from edge.config.sections.pins import Output

RESISTOR = "10 kilohm"


class Part(msgspec.Struct, frozen=True, order=True):
    """One row: the number of parts, the part, and its purpose."""

    count: int
    what: str
    why: str


def pull_resistor(part: Fitted) -> str:
    """Return the rail of the resistor at the part's pin: ``3.3 V``, ``GND``, or empty for none.

    Every output gets one against its active level: the pin floats while the Pi boots and after
    the daemon has released it.
    """
    contact = part.part
    if contact.module is not None:
        return ""
    if not isinstance(contact, Output):
        return {"external-up": "3.3 V", "external-down": "GND"}.get(contact.pull, "")
    return "GND" if contact.active == "high" else "3.3 V"


def _last(part: Fitted) -> str:
    """Return the last word of its key: ``door`` of ``lockers.locker[0].door``."""
    return part.key.rpartition(".")[2].partition("[")[0]


def _is(*names: str) -> Callable[[Fitted], bool]:
    return lambda part: _last(part) in names


def _of(kind: str) -> Callable[[Fitted], bool]:
    return lambda part: kind_of(part.device) == kind


_CURRENT = "a Pi's pull-up is below the current that such contacts need to stay clean"

# Rows for the parts at the pins: the test of a fitted part, the part that it needs, and why.
_AT_PINS: tuple[tuple[Callable[[Fitted], bool], str, str], ...] = (
    (_is("relay"), "relay channel for a lock's solenoid",
     "with a flyback diode (1N4007) across each solenoid; one is energised at a time"),
    (_is("strike"), "relay channel for a door strike",
     "with a flyback diode (1N4007); in a fire alarm all are released at once"),
    (_is("ring"), "relay channel, dry contact, for the aiphone's call", "closes E and - (LE/LEF)"),
    (_is("lamp", *get_args(Colour)), "lamp (LED) with a transistor or relay",
     "a pin gives a few mA only; position and label too, never colour alone"),
    (_is("buzzer"), "active buzzer with a transistor", "one for all officers"),
    (_is("d0", "d1"), "level shifter from 5 V to 3.3 V, one channel",
     "5 V of a Wiegand reader's line destroys the Pi; common ground with the reader"),
    (_is("buttons"), "push button, normally open",
     "between pin and ground, or at a module's input"),
    (lambda part: _last(part) in ("door", "contact"), "magnetic contact for a door",
     "closed while the door is shut: a cut wire then reads as open"),
    (lambda part: _of("aiphone")(part) and not part.is_output,
     "interposing relay for an aiphone contact",
     f"GT asks for 5 V 100 mA at least, LE/LEF door release for an RY-PA: {_CURRENT}"),
    (lambda part: _of("metal-detector")(part) and not part.is_output,
     "optocoupler or interposing relay for the metal detector",
     f"its contact rating is not published; {_CURRENT}"),
    (_of("safety"), "supervised loop contact",
     "normally closed, so that a cut wire alarms; fire through the panel's own relay"),
)  # fmt: skip

_DRIVERS = {
    "rdm6300": ("RDM6300 card reader, 125 kHz, with coil",
                "5 V logic: through a USB serial adapter, not on the Pi's own pins"),
    "id-12la": ("ID-12LA or ID-20LA card reader, 125 kHz", "ASCII format; USB serial adapter"),
    "em-18": ("EM-18 card reader, 125 kHz", "set to serial output; USB serial adapter, 5 V"),
    "keyboard": ("USB card reader or code scanner that types like a keyboard",
                 "on the Pi's USB; it needs a name under /dev/input/by-id/"),
    "wiegand": ("card reader with a Wiegand output", "its own 12 V supply; ground to the Pi"),
    "pn532": ("PN532 card reader, 13.56 MHz, set to HSU", "USB serial adapter, 3.3 V"),
    "gm65": ("GM65 or GM8xx code scanner", "set to serial output; USB serial adapter, 3.3 V"),
    "http": ("IP camera with an HTTP snapshot", "with a fixed address in this network"),
    "picamera2": ("Pi camera", "on the Pi's own connector; apt install python3-picamera2"),
    "kerong": ("KERONG locker board", "12 V or 24 V for locks and board; RS-485"),
    "bcc": ("lock control board with an XOR checksum (BCC)", "12 V for locks and board; RS-485"),
    "generic": ("Modbus module with inputs and outputs", "by its own register table"),
    "icp-das-m7000": ("ICP DAS M-7000 or tM module, digital inputs and outputs",
                      "set to Modbus RTU; it has a communication watchdog; RS-485"),
    "wago-750": ("WAGO 750 coupler with digital input and output modules",
                 "Modbus TCP; it has a communication watchdog"),
    "waveshare-io-8ch": ("Waveshare Modbus RTU IO 8CH", "8 inputs, 8 open-drain outputs; RS-485"),
    "waveshare-relay": ("Waveshare Modbus relay board without inputs",
                        "it times a lock's pulse itself"),
    "waveshare-relay-d": ("Waveshare Modbus RTU Relay (D)",
                          "8 inputs, 8 relays; it times a lock's pulse itself; RS-485"),
    "waveshare": ("Waveshare Modbus RTU relay board", "the board times the pulse itself; RS-485"),
    "r421a08": ("R421A08 or R4D8 relay board", "the board times the pulse itself; RS-485"),
}  # fmt: skip


def parts(config: Config) -> list[Part]:
    """Return the parts list of *config*."""
    return [*_of_pins(config), *_of_devices(config), *_of_lines(config), *_supply(config)]


def _of_pins(config: Config) -> Iterator[Part]:
    wired = fitted(config)
    for asks, what, why in _AT_PINS:
        count = sum(map(asks, wired))
        if count:
            yield Part(count, what, why)
    for rail, count in sorted(Counter(map(pull_resistor, wired)).items()):
        if rail:
            pins = sorted(part.part.bcm for part in wired if pull_resistor(part) == rail)
            where = ", ".join(map(str, pins))
            yield Part(count, f"resistor {RESISTOR} to {rail}", f"at GPIO {where}")


def _of_devices(config: Config) -> Iterator[Part]:
    drivers: Counter[str] = Counter()
    for line in lines(config):
        drivers[line.driver] += max(1, len(line.addresses))
    drivers["wiegand"] += len({part.device for part in fitted(config) if part.is_data})
    drivers.update(driver_of(camera) for camera in config.cameras.values())
    for driver, count in (+drivers).items():
        what, why = _DRIVERS.get(driver, (driver, ""))
        yield Part(count, what, why)


def _of_lines(config: Config) -> Iterator[Part]:
    own = [line for line in lines(config) if not (line.bus or line.types)]
    if own:
        yield Part(len(own), "USB serial adapter with a serial number of its own",
                   "so that each has a name of its own under /dev/serial/by-id/")  # fmt: skip
    used = {line.bus for line in lines(config) if line.bus}
    spoken = Counter(config.buses[bus].spoken for bus in used)
    if spoken["rtu"]:
        yield Part(spoken["rtu"], "USB RS-485 adapter",
                   "isolated, if the boards have another supply")  # fmt: skip
    if spoken["rtu-over-tcp"]:
        yield Part(spoken["rtu-over-tcp"], "RS-485 gateway for the network",
                   "TCP server, transparent mode, a fixed address")  # fmt: skip
    rs485 = spoken["rtu"] + spoken["rtu-over-tcp"]
    if rs485:
        yield Part(2 * rs485, "resistor 120 ohm", "between A and B at both ends of a bus")


def _supply(config: Config) -> Iterator[Part]:
    if config.cards.for_guests:
        yield Part(len(config.cards.for_guests), "visitor card", "their numbers are in [cards]")
    yield Part(1, "supply for the Pi: 5 V 3 A (Pi 5: 5 A)", "not shared with locks or strikes")
    if config.lockers:
        yield Part(1, "supply for the locks", "sized for one solenoid at a time")
    if config.doors:
        count = len(config.doors)
        yield Part(1, "supply for the strikes", f"sized for all {count} at once (fire); "
                   "the fire relay cuts fail-safe strikes in hardware")  # fmt: skip
