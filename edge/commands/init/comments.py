"""The comments of a config that `gardu init` writes, and its text. Pure."""

from collections.abc import Mapping

from edge.commands.init.draft import Draft, Open
from edge.commands.init.files import SCHEMAS
from edge.commands.init.toml_page import page

_HEAD = """\
Gardu: the config of this checkpoint, written by `gardu init`. It may be edited by hand; after a
change:

    gardu check --config {name}

lists all errors at once, or prints the wiring table.

Names of keys end with their unit: _s is seconds. Pins are BCM GPIO numbers, not positions on the
header; the picture {picture} beside this file shows both. Relative file names start from this
file's folder. The file gardu.toml in Gardu's own folder config describes every key."""

_TABLES = frozenset(
    {"card_readers", "scanners", "buses", "modules", "aiphone", "doors", "panels", "cameras"}
)

_SECTIONS = {
    "checkpoint": ("", (
        "site and id are part of the MQTT topics and of every record: never change them once "
        "records have been sent."
    )),
    "broker": ("central office", (
        "The MQTT 5 broker. mqtts:// is encrypted; mqtt:// is not: only for a broker on this "
        "machine. The password is the first line of a file that only the daemon may read."
    )),
    "guestbook": ("guests", (
        "Details of guests from a desk application or an invitation (docs/guestbook.md)."
    )),
    "sealing": ("", (
        "Guests' details and stills are encrypted to this key of the office as they are written."
    )),
    "cards": ("visitor cards", (
        "The pool: the number of every visitor card as the reader sends it, in hexadecimal "
        "digits. A card that is not listed is refused with two beeps. Never list an identity card."
    )),
    "guest_kinds": ("", (
        "Kinds of guests, with buttons of their own: who is called first, and whose cards are of a "
        "pool of their own (docs/cards.md)."
    )),
    "card_readers": ("", (
        "The readers. Ports have a name that stays when other devices are plugged in: "
        "ls /dev/serial/by-id/. docs/cards.md describes the wiring."
    )),
    "scanners": ("invitations", "For the QR codes of invited guests (docs/invitations.md)."),
    "invitations": ("", ""),
    "day": ("office day", (
        "The earliest local time at which a guest's arrival opens the office day (docs/day.md)."
    )),
    "buses": ("lines and modules", (
        "RS-485 lines behind a serial port, and addresses in the network."
    )),
    "modules": ("", (
        "Modbus modules: a contact or output has module and input, or module and output, in place "
        "of a pin (docs/modules.md)."
    )),
    "lockers": ("lockers", (
        "docs/lockers.md describes the wiring. One lock is energised at a time."
    )),
    "metal_detector": ("metal detector", (
        'Normally closed: a cut wire is an alarm, never "clear". docs/contacts.md has more.'
    )),
    "places": ("places", "Places that guests enter only while there is room (persons)."),
    "aiphone": ("intercom", (
        "ring: the relay whose contact closes the call circuit. The others are the aide's buttons, "
        "read through relays."
    )),
    "hosts": ("hosts", (
        "The officials whom guests visit, by title, never by name: where a procedure has several. "
        "Each has an absence and an aide of its own."
    )),
    "doors": ("access doors", (
        "strike: the relay of the door's lock. contact: active while the door stands open."
    )),
    "safety": ("safety", "Closed loops: open means alarm, and so does a cut wire."),
    "panels": ("panels", (
        "press: the meaning of a press; hold: of holding the button for a second. docs/panel.md "
        "describes each meaning; `gardu panel --svg panel.svg` draws the panels to print and cut "
        "out."
    )),
    "buzzer": ("buzzer", "One short beep: accepted. Two: refused. One long: alarm."),
    "cameras": ("cameras", (
        "Each purpose of a still has one camera (docs/cameras.md). `gardu camera try URL` tries an "
        "address."
    )),
}  # fmt: skip

_KEYS = {
    "checkpoint.procedures": "Names of files in the folder sop, without .toml.",
    "checkpoint.timezone": "It decides what a day and an hour is in every report and list.",
    "cards.pools": "Further pools, for the procedures that name them (card_pool).",
    "cards.escort": "The escorts' cards: number = the escort's word in records, never a name.",
    "cards.supervisor": (
        "Opens lockers outside a procedure and allows the return of lost cards: number = duty."
    ),
    "card_readers.*.stations": "The stations beside the reader.",
    "lockers.pulse_s": (
        "Pulse of a lock's solenoid, seconds: never longer than the lock's data sheet allows."
    ),
    "lockers.boards": (
        "One table a board. lockers: the numbers on the doors, in the order of the board's locks."
    ),
    "metal_detector.passage": "The infrared beam across the passage.",
    "doors.*.fail": 'The door without power. "secure": locked; "safe": released.',
    "buzzer.quiet": "Answers to buttons are then ticks; alarms always sound in full.",
}


def text(draft: Draft, name: str, picture: str) -> str:
    """Return the file with the sections of *draft*.

    :param name: the file's path, for its head
    :param picture: the file name of the wiring picture
    """
    head = [f"#:schema schema/{SCHEMAS[0]}"]
    head += [f"# {line}".rstrip() for line in _HEAD.format(name=name, picture=picture).split("\n")]
    comments = _with_open(_comments(), draft.open)
    return "\n".join([*head, *page(draft.sections, comments, _TABLES)]) + "\n"


def _comments() -> dict[str, str]:
    found = dict(_KEYS)
    for name, (title, words) in _SECTIONS.items():
        rule = f"{'-' * 72} {title}\n" if title else ""
        found[name] = rule + words
    return found


def _with_open(comments: Mapping[str, str], unknown: list[Open]) -> dict[str, str]:
    """Return *comments* with what remains to be filled in above its key."""
    found = dict(comments)
    for one in unknown:
        words = f"STILL TO FILL IN ({one.key.rpartition('.')[2]}): {one.todo}."
        where = one.key if not one.key.endswith("_file") else one.key.rpartition(".")[0]
        found[where] = f"{found[where]}\n{words}" if where in found else words
    return found


def todo_lines(unknown: list[Open]) -> list[str]:
    """Return what remains to be filled in, one line each."""
    return [f"{one.key}: {one.todo}" for one in unknown]
