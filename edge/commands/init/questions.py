"""The questions of `gardu init` about the office: identity, broker, cards, guests.

This table and that of ``equipment.py`` are the same for the terminal and for a file of answers.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from edge.commands.init.cards import card_numbers
from edge.commands.init.kinds import CardCount, Opening, OptionalCard, Pool
from edge.commands.init.question import LATER, Asked, Group, Question
from edge.config.crosscheck.broker import on_this_machine
from edge.config.crosscheck.cameras import url_problem
from edge.config.sections.guests import PublicKey
from edge.config.sections.values import Days, FileName, Name, NumberForm, Port
from edge.config.sections.values import Line as TextLine
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem
from edge.errors import ConfigError

_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
READERS = {
    "rdm6300": "RDM6300, 125 kHz, on a USB serial adapter",
    "id-12la": "ID-12LA or ID-20LA, 125 kHz, on a USB serial adapter",
    "em-18": "EM-18, 125 kHz, on a USB serial adapter",
    "pn532": "PN532, 13.56 MHz, on a USB serial adapter",
    "keyboard": "a USB reader that types the number like a keyboard",
    "wiegand": "a reader with a Wiegand output, on two pins behind a level shifter",
}
SCANNERS = {
    "none": "no scanner: no invitations",
    "gm65": "GM65 or GM8xx, on a USB serial adapter",
    "keyboard": "a USB scanner that types like a keyboard",
}


def _titles(asked: Asked) -> Mapping[str, str]:
    return {one.id: one.title.id for one in asked.office.procedures.values()}


def _only_procedure(asked: Asked) -> list[str] | None:
    known = list(asked.office.procedures)
    return known if len(known) == 1 else None


def _no_procedure(_asked: Asked, chosen: list[str]) -> str:
    return "" if chosen else "is empty; allowed: at least one procedure"


def _zone_wrong(_asked: Asked, name: str) -> str:
    try:
        zone_of(name)
    except ZoneInfoNotFoundError:
        return zone_problem(name)
    return "" if name else f"is empty; allowed: {', '.join(_ZONES)} or another IANA time zone"


def _broker_wrong(_asked: Asked, url: str) -> str:
    if url == LATER:
        return ""
    allowed = 'allowed: mqtt:// or mqtts:// host, or host:port; or "later"'
    try:
        if urlsplit(url).scheme not in ("mqtt", "mqtts"):
            return f"is {url!r}; {allowed}"
    except ValueError:
        return f"is {url!r}; {allowed}"
    return url_problem(url, ("mqtt", "mqtts"))


def file_wrong(asked: Asked, name: str) -> str:
    """Return why *name* is no file here, with what is allowed; empty if it is one, or later."""
    if name in ("", LATER) or (asked.office.folder / name).is_file():
        return ""
    return f'is {name!r}, which is no file in {asked.office.folder}; allowed: a file, or "later"'


def _password_wrong(asked: Asked, name: str) -> str:
    url = str(asked["broker.url"])
    if name != LATER and url.startswith("mqtt:") and not on_this_machine(_host(url)):
        return 'would be in plain text; allowed: "later", or an mqtts:// url'
    return file_wrong(asked, name)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _encrypted(asked: Asked) -> bool:
    return str(asked["broker.url"]).startswith("mqtts:")


def _cards_wrong(asked: Asked, pool: list[str] | str) -> str:
    try:
        return "" if pool == LATER or card_numbers(pool, asked.office.folder) else "is empty"
    except ConfigError as error:
        return "; ".join(error.problems)


def serial_proposals(asked: Asked) -> list[str]:
    """Return the serial ports that are plugged in and not yet used, and "later"."""
    used = set(map(str, asked.answers.values()))
    return [*(port for port in asked.office.serial if port not in used), LATER]


def _port_proposals(asked: Asked) -> list[str]:
    if asked.own("driver") != "keyboard":
        return serial_proposals(asked)
    used = set(map(str, asked.answers.values()))
    return [*(port for port in asked.office.keyboards if port not in used), LATER]


def _port_wrong(asked: Asked, port: str) -> str:
    types = asked.own("driver") == "keyboard"
    if port == LATER:
        return ""
    if port in [value for key, value in asked.answers.items() if key.endswith((".port", ".line"))]:
        return f"is {port!r}, which another device has; allowed: one device on each port"
    if types and not port.startswith("/dev/input/by-id/"):
        return f'is {port!r}; allowed: a name under /dev/input/by-id/, or "later"'
    if (not types and not port.startswith("/dev/")) or (
        not types and port.startswith("/dev/input")
    ):
        return f'is {port!r}; allowed: a name under /dev/serial/by-id/, or "later"'
    return ""


def _card_stations(asked: Asked) -> Mapping[str, str]:
    needs = asked.needs
    return {one: "" for one in needs.stations if one not in needs.aides}


def _scanner_wrong(_asked: Asked, driver: str) -> str:
    if driver == "none" or find_spec("nacl") is not None:
        return ""
    return "needs PyNaCl, which is not installed: pip install 'gardu[invitations]'; allowed: none"


CHECKPOINT = Group(
    key="checkpoint",
    title="The checkpoint",
    questions=(
        Question(
            key="procedures",
            text="Which procedures (SOP) run here?",
            why="Each is a file in the folder of procedures. All further questions follow from "
            "them: only equipment that they use is asked for. `gardu sop show ID` prints one.",
            kind=list[Name],
            default=_only_procedure,
            choices=_titles,
            wrong=_no_procedure,
        ),
        Question(
            key="site",
            text="Short name of the office (site)?",
            why="Part of the MQTT topics and of every record, for example setda-tanjabbar. It can "
            "not be changed once records have been sent.",
            kind=Name,
        ),
        Question(
            key="id",
            text="Short name of this checkpoint?",
            why="Tells the checkpoints of one office apart; also part of every record.",
            kind=Name,
            default=lambda _: "lobby",
        ),
        Question(
            key="place",
            text="Where is it, in words for people?",
            why="Printed on stills and shown on boards.",
            kind=TextLine,
            default=lambda asked: next((one.office for one in asked.needs.procedures), ""),
        ),
        Question(
            key="timezone",
            text="Time zone of the office?",
            why="It decides what a day and an hour is in every report: Asia/Jakarta is WIB, "
            "Asia/Makassar WITA, Asia/Jayapura WIT.",
            kind=TextLine,
            default=lambda asked: asked.office.zone if asked.office.zone in _ZONES else _ZONES[0],
            proposals=lambda _: _ZONES,
            wrong=_zone_wrong,
        ),
    ),
)

BROKER = Group(
    key="broker",
    title="The central office's broker",
    questions=(
        Question(
            key="url",
            text="Address of the MQTT broker?",
            why="mqtts://HOST is encrypted (port 8883), mqtt://HOST is not: only for a broker on "
            'this machine. With "later" records are stored here until there is a broker.',
            kind=TextLine,
            default=lambda _: LATER,
            wrong=_broker_wrong,
        ),
        Question(
            key="username",
            text="Name of this checkpoint at the broker (empty: none)?",
            why="The broker's administrator gives it, with a password.",
            kind=TextLine,
            default=lambda _: "",
            applies=lambda asked: asked["broker.url"] != LATER,
        ),
        Question(
            key="password_file",
            text="File with its password?",
            why="The first line is the password, and only the daemon may read the file: mode 0600, "
            "owner gardu. The password itself is never asked for and never in the config.",
            kind=FileName,
            default=lambda _: LATER,
            applies=lambda asked: bool(asked["broker.username"]),
            wrong=_password_wrong,
        ),
        Question(
            key="ca_file",
            text="File with the broker's certificate authority (empty: the system's list)?",
            why="PEM. Needed if the broker's certificate was signed by the office itself.",
            kind=FileName,
            default=lambda _: "",
            applies=_encrypted,
            wrong=file_wrong,
        ),
        Question(
            key="cert_file",
            text="File with this checkpoint's own certificate (empty: none)?",
            why="PEM. Only if the broker knows its clients by certificates.",
            kind=FileName,
            default=lambda _: "",
            applies=_encrypted,
            wrong=file_wrong,
        ),
        Question(
            key="key_file",
            text="File with the key of that certificate?",
            why="PEM, readable by the daemon only.",
            kind=FileName,
            default=lambda _: LATER,
            applies=lambda asked: asked["broker.cert_file"] not in (None, "", LATER),
            wrong=file_wrong,
        ),
    ),
)

CARDS = Group(
    key="cards",
    title="Visitor cards",
    questions=(
        Question(
            key="visitor",
            text="Numbers of the visitor cards?",
            why="Type them with blanks between, or the name of a file with one number a line, or "
            '"later": `gardu watch-inputs` shows a number when its card is held to the reader. '
            "Never list an identity card.",
            kind=Pool,
            default=lambda _: LATER,
            wrong=_cards_wrong,
        ),
        Question(
            key="count",
            text="How many visitor cards?",
            why="As many as guests can be in the house at once.",
            kind=CardCount,
            default=lambda _: 12,
            applies=lambda asked: asked["cards.visitor"] == LATER,
        ),
        Question(
            key="supervisor",
            text="Number of the supervisor's card (empty: none)?",
            why="It opens a locker outside a procedure (forgotten belongings, a jam), and allows "
            "the return of a lost card that was found.",
            kind=OptionalCard,
            default=lambda _: "",
        ),
        Question(
            key="duty",
            text="Duty of the supervisor?",
            why="Recorded when the card is used. A duty, never a person's name.",
            kind=Name,
            default=lambda _: "duty-officer",
            applies=lambda asked: bool(asked["cards.supervisor"]),
        ),
    ),
)

CARD_READERS = Group(
    key="card_readers.*",
    title="Card reader *",
    names=lambda asked: asked["equipment.card_readers"] or (),
    unless="equipment.card_readers does not name it",
    questions=(
        Question(
            key="driver",
            text="Which kind of reader?",
            why="docs/cards.md describes each, with its wiring.",
            kind=str,
            default=lambda _: "rdm6300",
            choices=lambda _: READERS,
        ),
        Question(
            key="port",
            text="Its port?",
            why="A name that stays when other devices are plugged in: ls /dev/serial/by-id/ (a "
            "reader that types: ls /dev/input/by-id/).",
            kind=Port,
            default=lambda asked: _port_proposals(asked)[0],
            proposals=_port_proposals,
            applies=lambda asked: asked.own("driver") != "wiegand",
            wrong=_port_wrong,
        ),
        Question(
            key="number",
            text="In which form does it type a number?",
            why="Open a text editor and hold a card to the reader: 0100A4C101 is hex, 0010797313 "
            "is decimal, 164,49409 is facility-card.",
            kind=NumberForm,
            default=lambda _: "decimal",
            choices=lambda _: {"decimal": "", "hex": "", "facility-card": ""},
            applies=lambda asked: asked.own("driver") == "keyboard",
        ),
        Question(
            key="bits",
            text="Bits of a frame?",
            why="26 is usual; 34 for readers of 32-bit numbers.",
            kind=int,
            default=lambda _: 26,
            choices=lambda _: {"26": "", "34": ""},
            applies=lambda asked: asked.own("driver") == "wiegand",
        ),
        Question(
            key="stations",
            text="Which stations are beside it?",
            why="Cards are given out at one station and come back at another: both must be beside "
            "a reader.",
            kind=list[Name],
            default=lambda asked: list(asked.needs.card_stations),
            choices=_card_stations,
        ),
    ),
)

SCANNER = Group(
    key="scanner",
    title="Invitations",
    questions=(
        Question(
            key="driver",
            text="Scanner for the QR codes of invited guests?",
            why="Guests who were registered in advance show a code (docs/invitations.md).",
            kind=str,
            default=lambda _: "none",
            choices=lambda _: SCANNERS,
            wrong=_scanner_wrong,
        ),
        Question(
            key="port",
            text="Its port?",
            why="As for a card reader.",
            kind=Port,
            default=lambda asked: _port_proposals(asked)[0],
            proposals=_port_proposals,
            applies=lambda asked: asked.own("driver") != "none",
            wrong=_port_wrong,
        ),
        Question(
            key="inviter",
            text="Duty of those who may invite?",
            why="The name of their key in the config.",
            kind=Name,
            default=lambda _: "protokol",
            applies=lambda asked: asked.own("driver") != "none",
        ),
        Question(
            key="key",
            text="Their public key?",
            why="44 characters, as `gardu invitation key -o FILE` prints them. Without a key no "
            "code can be valid: answer back, and choose no scanner for now.",
            kind=PublicKey,
            applies=lambda asked: asked.own("driver") != "none",
        ),
    ),
)

GUESTS = Group(
    key="guests",
    title="Guest book and office day",
    questions=(
        Question(
            key="keep",
            text="Store details of guests (guest book) on this machine?",
            why="Only details from a desk application or an invitation; a paper book stays "
            "possible. The details are removed after a time that you choose.",
            kind=bool,
            default=lambda _: True,
        ),
        Question(
            key="keep_days",
            text="For how many days?",
            why="Then they are removed for good; history and counts stay.",
            kind=Days,
            default=lambda _: 90,
            applies=lambda asked: bool(asked.own("keep")),
        ),
        Question(
            key="opens",
            text="Earliest time at which a guest opens the office day?",
            why="Days are then opened, closed and counted (docs/day.md). `no`: they are not.",
            kind=Opening,
            default=lambda _: "07:30",
        ),
    ),
)
