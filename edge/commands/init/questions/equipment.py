"""Questions about the equipment as a whole, modules and the Pi's pins."""

from edge.commands.init.kinds import Line
from edge.commands.init.locker_boards import BUS
from edge.commands.init.places import FREE_PINS, PI
from edge.commands.init.question import LATER, Asked, Group, Question
from edge.commands.init.questions.checks import (
    at_most,
    is_host,
    line_wrong,
    names,
    protocol_wrong,
    protocols,
    serial_proposals,
    some,
)
from edge.config.sections.modules import ModuleAddress
from edge.config.sections.values import Name

MODULES = {
    "waveshare-io-8ch": "Waveshare Modbus RTU IO 8CH: 8 inputs, 8 outputs",
    "waveshare-relay-d": "Waveshare Modbus RTU Relay (D): 8 inputs, 8 relays, timed by itself",
    "waveshare-relay": "Waveshare Modbus relay board, no inputs, timed by itself",
    "icp-das-m7000": "ICP DAS M-7000 or tM: inputs, outputs, a watchdog",
    "wago-750": "WAGO 750 coupler (Modbus TCP), a watchdog",
}


SAFETY = {
    "fire": "the fire alarm panel's relay: all doors are released",
    "duress": "the officers' hidden button",
    "enclosure-tamper": "the lid of the enclosure",
    "mains": "the supply's contact for lost mains",
    "battery": "the supply's contact for a low battery",
}


def _module_names_wrong(asked: Asked, names: list[str]) -> str:
    taken = [name for name in names if name in (PI, LATER, BUS, *asked.needs.stations)]
    return f"has {taken[0]!r}, which has another meaning; allowed: another name" if taken else ""


def _next_address(asked: Asked) -> int:
    same = [
        name for name, line in asked.others("modules.*.line").items() if line == asked.own("line")
    ]
    used = {asked[f"modules.{name}.address"] for name in same} if asked.own("line") != LATER else {}
    return next(number for number in range(1, 256) if number not in used)


def _address_wrong(asked: Asked, address: int) -> str:
    if asked.own("line") == LATER or address not in _addresses(asked):
        return ""
    return f"is {address}, which another module on this line has; allowed: each address once"


def _addresses(asked: Asked) -> list[int]:
    lines = asked.others("modules.*.line")
    return [
        asked[f"modules.{name}.address"]
        for name, line in lines.items()
        if line == asked.own("line") and asked[f"modules.{name}.address"] is not None
    ]


def _host_names_wrong(asked: Asked, names: list[str]) -> str:
    taken = [name for name in names if name in asked["checkpoint.procedures"]]
    return f"has {taken[0]!r}, which is a procedure; allowed: another name" if taken else ""


def _aiphones_wrong(asked: Asked, names: list[str]) -> str:
    taken = [name for name in names if name in asked.needs.approvers]
    if taken:
        return f"has {taken[0]!r}, which a procedure names and is asked anyway; allowed: without it"
    return at_most(_most_aiphones, "procedures that ring and of hosts")(asked, names)


def _most_aiphones(asked: Asked) -> int:
    return len(asked.needs.ringing) + len(asked["equipment.hosts"])


EQUIPMENT = Group(
    key="equipment",
    title="Equipment",
    questions=(
        Question(
            key="modules",
            text="Names of the Modbus modules (empty: none)?",
            why="Modules have contacts and relays that are far away, or for which the Pi has no "
            "pins: docs/modules.md. Name each by its place, for example floor-2.",
            kind=list[Name],
            default=lambda _: [],
            wrong=_module_names_wrong,
        ),
        Question(
            key="card_readers",
            text="Names of the card readers?",
            why="One reader between reception and officer 1 is enough in a small lobby; otherwise "
            "one for each, for example: desk, exit.",
            kind=list[Name],
            default=lambda _: ["desk"],
            applies=lambda asked: asked.needs.cards,
            wrong=some(),
            unless="no chosen procedure gives the guests a card",
        ),
        Question(
            key="hosts",
            text="Names of the hosts, where a procedure has several (empty: one for each)?",
            why="The officials whom guests visit, each with an absence and an aide of their own: "
            "bupati, wakil-bupati. Never a person's name.",
            kind=list[Name],
            default=lambda _: [],
            wrong=_host_names_wrong,
        ),
        Question(
            key="aiphones",
            text="Names of the aiphone stations (aides or hosts that are called)?",
            why="One for each aide who is called. Each procedure has one, or each of its hosts.",
            kind=list[Name],
            default=lambda asked: [*asked["equipment.hosts"]] or ["aide"],
            applies=lambda asked: bool(asked.needs.ringing),
            wrong=some(_aiphones_wrong),
            unless="no chosen procedure rings an aide",
        ),
        Question(
            key="doors",
            text="Names of the access doors that Gardu releases (empty: none)?",
            why="A door whose strike is wired to Gardu. Without one the escort opens the door.",
            kind=list[Name],
            default=lambda _: ["office-door"],
            applies=lambda asked: bool(asked.needs.releasing),
            wrong=at_most(lambda asked: len(asked.needs.releasing), "procedures with a door"),
            unless="no chosen procedure releases a door",
        ),
        Question(
            key="cameras",
            text="Names of the cameras?",
            why="The procedures take stills, so that at least one is needed.",
            kind=list[Name],
            default=lambda _: ["lobby"],
            applies=lambda asked: bool(asked.needs.purposes),
            wrong=some(at_most(lambda asked: len(asked.needs.purposes), "kinds of stills")),
            unless="no chosen procedure takes stills",
        ),
        Question(
            key="safety",
            text="Safety contacts that are wired to Gardu (empty: none)?",
            why="Closed loops: open means alarm, and so does a cut wire.",
            kind=list[Name],
            default=lambda asked: ["fire"] if asked["equipment.doors"] else [],
            choices=lambda _: SAFETY,
        ),
        Question(
            key="buzzer",
            text="A buzzer that every officer hears?",
            why="One beep: accepted. Two: refused. One long: alarm.",
            kind=bool,
            default=lambda _: True,
        ),
    ),
)


MODULE = Group(
    key="modules.*",
    title="Module *",
    names=names("modules"),
    unless="equipment.modules does not name it",
    questions=(
        Question(
            key="driver",
            text="Which kind of module?",
            why="docs/modules.md lists what each does when the line breaks.",
            kind=str,
            default=lambda _: "waveshare-io-8ch",
            choices=lambda _: MODULES,
        ),
        Question(
            key="line",
            text="On which line is it?",
            why="The serial port of an RS-485 adapter (/dev/serial/by-id/...), or HOST or "
            "HOST:PORT in the network. Modules with the same answer share the line. Set serial "
            "lines and their modules to 115200 baud.",
            kind=Line,
            default=lambda asked: serial_proposals(asked)[0],
            proposals=serial_proposals,
            wrong=line_wrong,
        ),
        Question(
            key="protocol",
            text="How does it speak in the network?",
            why="A module with an Ethernet socket speaks Modbus TCP. A gateway may do either.",
            kind=str,
            default=lambda _: "tcp",
            choices=protocols,
            applies=lambda asked: is_host(asked.own("line")),
            wrong=protocol_wrong,
            unless="the line is not in the network",
        ),
        Question(
            key="address",
            text="Its Modbus address?",
            why="As set on the module; each once on a line.",
            kind=ModuleAddress,
            default=_next_address,
            wrong=_address_wrong,
        ),
    ),
)


PINS = Group(
    key="pins",
    title="The Pi's pins",
    questions=(
        Question(
            key="relays",
            text="Which level switches your relay boards on?",
            why="Most boards are active low: their relays go to GPIO 2 to 8, which a Pi pulls up "
            "while it boots, so that no lock opens. Active high relays go to GPIO 9 to 27. With "
            '"either" (a jumper on the board) both are used.',
            kind=str,
            default=lambda _: "low",
            choices=lambda _: {"low": "active low", "high": "active high", "either": "a jumper"},
        ),
        Question(
            key="keep_free",
            text="Functions of the Pi whose pins stay free (empty: none)?",
            why="i2c: a clock module (DS3231) or a display. uart: the serial console. Pins without "
            "such a function are used first in any case.",
            kind=list[str],
            default=lambda _: [],
            choices=lambda _: {
                name: f"GPIO {', '.join(map(str, pins))}" for name, pins in FREE_PINS.items()
            },
        ),
    ),
)
