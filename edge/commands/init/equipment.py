"""The questions of `gardu init` about the equipment: pins, modules, lockers, panels, cameras."""

from collections.abc import Callable, Mapping

from edge.commands.init.buttons import AMOUNTS
from edge.commands.init.fitting import largest_amount
from edge.commands.init.kinds import Line, LockerCount, QuietHours
from edge.commands.init.locker_boards import BUS
from edge.commands.init.places import FREE_PINS, PI
from edge.commands.init.question import LATER, Asked, Group, Question
from edge.commands.init.questions import file_wrong, serial_proposals
from edge.config.crosscheck.cameras import url_problem
from edge.config.sections.cameras import Auth
from edge.config.sections.lockers import BoardModel, PulseSeconds
from edge.config.sections.locks import BccLock, Channel
from edge.config.sections.modules import MODELS, ModuleAddress
from edge.config.sections.values import FileName, Name
from edge.config.sections.values import Line as TextLine

MODULES = {
    "waveshare-io-8ch": "Waveshare Modbus RTU IO 8CH: 8 inputs, 8 outputs",
    "waveshare-relay-d": "Waveshare Modbus RTU Relay (D): 8 inputs, 8 relays, timed by itself",
    "waveshare-relay": "Waveshare Modbus relay board, no inputs, timed by itself",
    "icp-das-m7000": "ICP DAS M-7000 or tM: inputs, outputs, a watchdog",
    "wago-750": "WAGO 750 coupler (Modbus TCP), a watchdog",
}
LOCKERS = {
    "gpio": "relays and door contacts on the Pi's pins or on a module",
    "kerong": "KERONG boards on RS-485 (lock and latch on the board)",
    "bcc": "lock control boards with an XOR checksum (8A 01 01 11 9B) on RS-485",
    "waveshare": "Waveshare Modbus RTU relay boards; door contacts apart",
    "r421a08": "R421A08 or R4D8 relay boards; door contacts apart",
}
CAMERAS = {
    "http": "an IP camera's picture by HTTP",
    "rtsp": "a camera that has only video (RTSP); needs gardu[video]",
    "onvif": "a camera that names its addresses by ONVIF",
    "picamera2": "a camera on the Pi's own connector",
}
SAFETY = {
    "fire": "the fire alarm panel's relay: all doors are released",
    "duress": "the officers' hidden button",
    "enclosure-tamper": "the lid of the enclosure",
    "mains": "the supply's contact for lost mains",
    "battery": "the supply's contact for a low battery",
}
_SCHEMES = {"http": ("http", "https"), "onvif": ("http", "https"), "rtsp": ("rtsp",)}
_RELAY_BOARDS = ("waveshare", "r421a08")
_LOCK_BOARDS = ("kerong", "bcc")
_ON_A_LINE = (*_LOCK_BOARDS, *_RELAY_BOARDS)


def places(asked: Asked) -> Mapping[str, str]:
    """Return the places where a part can be wired: the Pi, and each module."""
    return {PI: "the Pi's own pins"} | {
        name: f"the module {name}" for name in asked["equipment.modules"] or ()
    }


def place(
    text: str, applies: Callable[[Asked], bool] = lambda _: True, key: str = "at"
) -> Question:
    """Return the question for the place of parts; asked only if there are modules."""
    return Question(
        key=key,
        text=text,
        why="Parts that are far away are wired to a Modbus module near them.",
        kind=str,
        default=lambda _: PI,
        choices=places,
        applies=lambda asked: bool(asked["equipment.modules"]) and applies(asked),
    )


def is_host(line: object) -> bool:
    """Return True if the answer *line* is an address in the network."""
    return isinstance(line, str) and line != LATER and not line.startswith("/")


def _names(key: str) -> Callable[[Asked], list[str]]:
    return lambda asked: asked[f"equipment.{key}"] or []


def _module_names_wrong(asked: Asked, names: list[str]) -> str:
    taken = [name for name in names if name in (PI, LATER, BUS, *asked.needs.stations)]
    return f"has {taken[0]!r}, which has another meaning; allowed: another name" if taken else ""


def _some(_asked: Asked, names: list[str]) -> str:
    return "" if names else "is empty; allowed: at least one name"


def _untaken(
    pattern: str, wanted: Callable[[Asked], tuple[str, ...]]
) -> Callable[[Asked], list[str]]:
    def default(asked: Asked) -> list[str]:
        taken = {one for value in asked.others(pattern).values() for one in value}
        return [one for one in wanted(asked) if one not in taken]

    return default


def _one_each(pattern: str) -> Callable[[Asked, list[str]], str]:
    def wrong(asked: Asked, chosen: list[str]) -> str:
        for name, value in asked.others(pattern).items():
            twice = [one for one in chosen if one in value]
            if twice:
                return f"has {twice[0]!r}, which {name} has; allowed: one of them for each"
        return "" if chosen else "is empty; allowed: at least one"

    return wrong


def _line_wrong(asked: Asked, line: str) -> str:
    own = "lockers.line" if not asked.name else ""
    used = [
        key
        for key, value in asked.answers.items()
        if value == line and key.endswith((".port", ".line")) and key != own
    ]
    shared = [key for key in used if not (asked.name and key.startswith("modules."))]
    if line != LATER and shared:
        return f"is {line!r}, which {shared[0]} has; allowed: a line of its own"
    if not asked.name and asked.own("driver") in _LOCK_BOARDS and is_host(line) and ":" not in line:
        return f"is {line!r} without a port; allowed: with the gateway's port, host:port"
    return ""


def _protocols(_asked: Asked) -> Mapping[str, str]:
    return {
        "tcp": "Modbus TCP",
        "rtu-over-tcp": "a gateway that passes the bytes of its RS-485 line on (transparent mode)",
    }


def _protocol_wrong(asked: Asked, protocol: str) -> str:
    if protocol == "rtu-over-tcp" and ":" not in str(asked.own("line")):
        return "needs the gateway's port; allowed: tcp, or a line with a port (host:port)"
    return ""


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


def _panel_places(asked: Asked) -> Mapping[str, str]:
    shared = {
        name: f"no panel of its own: that of {name}"
        for name in asked.needs.stations
        if name != asked.name
    }
    return {**places(asked), **shared}


def _panel_wrong(asked: Asked, at: str) -> str:
    panels = asked.others("panels.*.at")
    stations = asked.needs.stations
    if at in stations and panels.get(at) in stations:
        return f"is {at!r}, which has no panel of its own; allowed: a station with one"
    served = [name for name, other in panels.items() if other == asked.name]
    if at in stations and served:
        return f"is {at!r}, but this panel serves {served[0]}; allowed: a place of its own"
    return ""


def _camera_url_wrong(asked: Asked, url: str) -> str:
    return "" if url == LATER else url_problem(url, _SCHEMES[asked.own("driver")])


def _pulse_wrong(asked: Asked, pulse_s: float) -> str:
    tenths = round(pulse_s * 10, 6)
    if asked.own("driver") == "waveshare" and (tenths < 1 or tenths % 1):
        return f"is {pulse_s:g}; allowed: 0.1 to 3 seconds in steps of 0.1"
    return ""


def _quiet_wrong(_asked: Asked, hours: str) -> str:
    begin, _, end = hours.partition("-")
    return f"is {hours!r}; allowed: two different times" if begin == end else ""


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
            wrong=_some,
        ),
        Question(
            key="aiphones",
            text="Names of the aiphone stations (aides or hosts that are called)?",
            why="One for each aide who is called. Each procedure has one.",
            kind=list[Name],
            default=lambda _: ["aide"],
            applies=lambda asked: bool(asked.needs.ringing),
            wrong=_some,
        ),
        Question(
            key="doors",
            text="Names of the access doors that Gardu releases (empty: none)?",
            why="A door whose strike is wired to Gardu. Without one the escort opens the door.",
            kind=list[Name],
            default=lambda _: ["office-door"],
            applies=lambda asked: bool(asked.needs.releasing),
        ),
        Question(
            key="cameras",
            text="Names of the cameras?",
            why="The procedures take stills, so that at least one is needed.",
            kind=list[Name],
            default=lambda _: ["lobby"],
            applies=lambda asked: bool(asked.needs.purposes),
            wrong=_some,
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
    names=_names("modules"),
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
            why="The serial port of an RS-485 adapter (/dev/serial/by-id/...), or HOST or HOST:PORT "
            "in the network. Modules with the same answer share the line. Set serial lines and "
            "their modules to 115200 baud.",
            kind=Line,
            default=lambda asked: serial_proposals(asked)[0],
            proposals=serial_proposals,
            wrong=_line_wrong,
        ),
        Question(
            key="protocol",
            text="How does it speak in the network?",
            why="A module with an Ethernet socket speaks Modbus TCP. A gateway may do either.",
            kind=str,
            default=lambda _: "tcp",
            choices=_protocols,
            applies=lambda asked: is_host(asked.own("line")),
            wrong=_protocol_wrong,
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

LOCKER_GROUP = Group(
    key="lockers",
    title="Lockers",
    applies=lambda asked: asked.needs.lockers,
    unless="none of the chosen procedures uses lockers",
    questions=(
        Question(
            key="count",
            text="How many lockers?",
            why="They are numbered from 1.",
            kind=LockerCount,
            default=lambda _: 12,
        ),
        Question(
            key="driver",
            text="How are their locks wired?",
            why="A relay and a door contact on the Pi need two pins for each locker. Boards on "
            "RS-485 need none (docs/lockers.md).",
            kind=str,
            default=lambda asked: "gpio" if asked.own("count") <= 3 else "kerong",
            choices=lambda _: LOCKERS,
        ),
        place("Where are relays and contacts?", lambda asked: asked.own("driver") == "gpio"),
        Question(
            key="board",
            text="Which board?",
            why="The number is that of its locks; cu16 is also the NCU16L.",
            kind=BoardModel,
            default=lambda _: "cu16",
            choices=lambda _: {"cu12": "12 locks", "cu16": "16 locks", "cu48": "48 locks"},
            applies=lambda asked: asked.own("driver") == "kerong",
        ),
        Question(
            key="line",
            text="On which line are the boards?",
            why="The serial port of the RS-485 adapter (/dev/serial/by-id/...), or HOST:PORT of a "
            "gateway in its transparent mode.",
            kind=Line,
            default=lambda asked: serial_proposals(asked)[0],
            proposals=serial_proposals,
            applies=lambda asked: asked.own("driver") in _ON_A_LINE,
            wrong=_line_wrong,
        ),
        Question(
            key="protocol",
            text="How do they speak in the network?",
            why="A relay board with an Ethernet socket speaks Modbus TCP.",
            kind=str,
            default=lambda asked: "rtu-over-tcp" if ":" in asked.own("line") else "tcp",
            choices=_protocols,
            applies=lambda asked: (
                asked.own("driver") in _RELAY_BOARDS and is_host(asked.own("line"))
            ),
            wrong=_protocol_wrong,
        ),
        Question(
            key="locks",
            text="Locks on each board?",
            why="The boards have the addresses 1, 2, 3 ..., and are filled in this order. The "
            "number gives the length of a board's status: `gardu doctor` shows if it is right.",
            kind=BccLock,
            default=lambda _: 24,
            applies=lambda asked: asked.own("driver") == "bcc",
        ),
        Question(
            key="channels",
            text="Relays on each board?",
            why="The boards have the addresses 1, 2, 3 ..., and are filled in this order.",
            kind=Channel,
            default=lambda _: 8,
            applies=lambda asked: asked.own("driver") in _RELAY_BOARDS,
        ),
        place(
            "Where are the contacts of their doors?",
            lambda asked: asked.own("driver") in _RELAY_BOARDS,
            key="doors",
        ),
        Question(
            key="pulse_s",
            text="Length of the pulse of a lock's solenoid, seconds?",
            why="Above 0, at most 3; never longer than the lock's data sheet allows.",
            kind=PulseSeconds,
            default=lambda _: 0.5,
            applies=lambda asked: asked.own("driver") in ("gpio", "waveshare"),
            wrong=_pulse_wrong,
        ),
    ),
)

DETECTOR = Group(
    key="metal_detector",
    title="Metal detector",
    applies=lambda asked: bool(asked.needs.screening),
    unless="none of the chosen procedures uses a metal detector",
    questions=(
        Question(
            key="beam",
            text="Is there an infrared beam across the passage?",
            why="It shows that a guest has passed. Without one the officer's button does.",
            kind=bool,
            default=lambda _: True,
        ),
        Question(
            key="tamper",
            text="Is its tamper relay wired?",
            why="The second relay of the detector, normally closed.",
            kind=bool,
            default=lambda _: False,
        ),
        place("Where are its contacts?"),
    ),
)

AIPHONE = Group(
    key="aiphone.*",
    title="Aiphone station *",
    names=_names("aiphones"),
    unless="equipment.aiphones does not name it",
    questions=(
        Question(
            key="procedures",
            text="For guests of which procedures does it ring?",
            why="Each procedure has one station.",
            kind=list[Name],
            default=_untaken("aiphone.*.procedures", lambda asked: asked.needs.ringing),
            choices=lambda asked: dict.fromkeys(asked.needs.ringing, ""),
            wrong=_one_each("aiphone.*.procedures"),
        ),
        Question(
            key="extend",
            text="Has it a button for more time?",
            why="The aide extends a meeting with it. The officer's panel has one in any case.",
            kind=bool,
            default=lambda _: False,
            applies=lambda asked: "extend" in asked.needs.answers,
        ),
        Question(
            key="busy",
            text="Is its busy contact wired?",
            why="It is active while the station is in use by another call, and is then not rung.",
            kind=bool,
            default=lambda _: False,
        ),
        place("Where are its contacts and its ring relay?"),
    ),
)

DOOR = Group(
    key="doors.*",
    title="Access door *",
    names=_names("doors"),
    unless="equipment.doors does not name it",
    questions=(
        Question(
            key="procedures",
            text="Guests of which procedures go through it?",
            why="Each procedure has one door.",
            kind=list[Name],
            default=_untaken("doors.*.procedures", lambda asked: asked.needs.releasing),
            choices=lambda asked: dict.fromkeys(asked.needs.releasing, ""),
            wrong=_one_each("doors.*.procedures"),
        ),
        Question(
            key="fail",
            text="State of the door without power?",
            why="secure: it stays locked from outside. safe: it is released; the relay locks it.",
            kind=str,
            default=lambda _: "secure",
            choices=lambda _: {"secure": "locked", "safe": "released"},
        ),
        Question(
            key="contact",
            text="Has it a contact that opens with the door?",
            why="Without one Gardu cannot detect a door that was opened or left open.",
            kind=bool,
            default=lambda _: True,
        ),
        place("Where are its strike and contact?"),
    ),
)

SAFETY_GROUP = Group(
    key="safety",
    title="Safety contacts",
    applies=lambda asked: bool(asked["equipment.safety"]),
    unless="equipment.safety names no contact",
    questions=(place("Where are the safety contacts?"),),
)

CAMERA = Group(
    key="cameras.*",
    title="Camera *",
    names=_names("cameras"),
    unless="equipment.cameras does not name it",
    questions=(
        Question(
            key="driver",
            text="Which kind of camera?",
            why="`gardu camera try URL` shows what a camera offers (docs/cameras.md).",
            kind=str,
            default=lambda _: "http",
            choices=lambda _: CAMERAS,
        ),
        Question(
            key="url",
            text="Its address?",
            why="http://192.0.2.20/snapshot.jpg for a picture, rtsp://192.0.2.20/stream1 for "
            "video, http://192.0.2.20:2020 for ONVIF. An IP address is safer than a name.",
            kind=str,
            default=lambda _: LATER,
            applies=lambda asked: asked.own("driver") != "picamera2",
            wrong=_camera_url_wrong,
        ),
        Question(
            key="username",
            text="Name of its user (empty: none)?",
            why="A user of the camera that may only view.",
            kind=TextLine,
            default=lambda _: "",
            applies=lambda asked: asked.own("url") not in (None, LATER),
        ),
        Question(
            key="password_file",
            text="File with that user's password?",
            why="As for the broker: the first line of a file that only the daemon may read.",
            kind=FileName,
            default=lambda _: LATER,
            applies=lambda asked: bool(asked.own("username")),
            wrong=file_wrong,
        ),
        Question(
            key="auth",
            text="Which authentication may be answered?",
            why="digest never hands out the password in clear; most cameras have it.",
            kind=Auth,
            default=lambda _: "digest",
            choices=lambda _: {"digest": "", "any": "the safest it offers", "basic": "in clear"},
            applies=lambda asked: bool(asked.own("username")),
        ),
        Question(
            key="purposes",
            text="Which stills does it take?",
            why="desk: the guest at the desk. alarm: at the metal detector. One camera for each.",
            kind=list[Name],
            default=_untaken("cameras.*.purposes", lambda asked: asked.needs.purposes),
            choices=lambda asked: dict.fromkeys(asked.needs.purposes, ""),
            wrong=_one_each("cameras.*.purposes"),
        ),
    ),
)

BUZZER = Group(
    key="buzzer",
    title="Buzzer",
    applies=lambda asked: bool(asked["equipment.buzzer"]),
    unless="equipment.buzzer is false",
    questions=(
        place("Where is the buzzer?"),
        Question(
            key="quiet",
            text="Quiet hours?",
            why="Answers to buttons are then short ticks; alarms always sound in full.",
            kind=QuietHours,
            default=lambda _: "no",
            wrong=_quiet_wrong,
        ),
    ),
)

PANEL = Group(
    key="panels.*",
    title="Panel of the station *",
    names=lambda asked: list(asked.needs.stations),
    unless="no chosen procedure has this station",
    questions=(
        Question(
            key="at",
            text="Where is it wired?",
            why="To the Pi or to a module; or the station has no panel and uses that of another "
            "one, as the aide does.",
            kind=str,
            default=lambda asked: asked.needs.aides.get(asked.name, PI),
            choices=_panel_places,
            wrong=_panel_wrong,
        ),
        Question(
            key="lamps",
            text="Which lamps has it?",
            why="One lamp shows all by its rhythm. With colours (green, blue, amber, red) each "
            "meaning has its lamp: four pins (docs/panel.md).",
            kind=str,
            default=lambda _: "one",
            choices=lambda _: {"one": "one lamp", "colours": "green, blue, amber and red"},
            applies=lambda asked: asked.own("at") not in asked.needs.stations,
        ),
    ),
)

BUTTONS = Group(
    key="buttons",
    title="Buttons",
    questions=(
        Question(
            key="amount",
            text="How many meanings shall the panels have?",
            why="By Enter as many as the pins allow. docs/panel.md describes each button, and how "
            "to do without some.",
            kind=str,
            default=largest_amount,
            choices=lambda _: AMOUNTS,
        ),
    ),
)

assert MODULES.keys() <= MODELS.keys()
