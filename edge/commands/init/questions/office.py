"""Questions about the office: identity, broker, guest book."""

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from edge.commands.init.kinds import Opening
from edge.commands.init.question import LATER, Asked, Group, Question
from edge.commands.init.questions.checks import file_wrong
from edge.config.crosscheck.broker import on_this_machine
from edge.config.crosscheck.cameras import url_problem
from edge.config.office_key import office_key
from edge.config.sections.values import Days, FileName, Name
from edge.config.sections.values import Line as TextLine
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem

_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


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


def _password_wrong(asked: Asked, name: str) -> str:
    url = str(asked["broker.url"])
    if name != LATER and url.startswith("mqtt:") and not on_this_machine(_host(url)):
        return 'would be in plain text; allowed: "later", or an mqtts:// url'
    return file_wrong(asked, name)


def _office_key_wrong(_asked: Asked, text: str) -> str:
    if text == LATER:
        return ""
    try:
        office_key(text)
    except ValueError as error:
        return f'{error}; allowed: a key as `gardu guestbook key new` prints it, or "later"'
    if find_spec("nacl") is None:
        return "needs PyNaCl, which is not installed: pip install 'gardu[sealing]'; allowed: later"
    return ""


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _encrypted(asked: Asked) -> bool:
    return str(asked["broker.url"]).startswith("mqtts:")


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
            unless='broker.url is "later"',
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
            unless="broker.username is empty",
        ),
        Question(
            key="ca_file",
            text="File with the broker's certificate authority (empty: the system's list)?",
            why="PEM. Needed if the broker's certificate was signed by the office itself.",
            kind=FileName,
            default=lambda _: "",
            applies=_encrypted,
            wrong=file_wrong,
            unless="broker.url is not mqtts://",
        ),
        Question(
            key="cert_file",
            text="File with this checkpoint's own certificate (empty: none)?",
            why="PEM. Only if the broker knows its clients by certificates.",
            kind=FileName,
            default=lambda _: "",
            applies=_encrypted,
            wrong=file_wrong,
            unless="broker.url is not mqtts://",
        ),
        Question(
            key="key_file",
            text="File with the key of that certificate?",
            why="PEM, readable by the daemon only.",
            kind=FileName,
            default=lambda _: LATER,
            applies=lambda asked: asked["broker.cert_file"] not in (None, "", LATER),
            wrong=file_wrong,
            unless="broker.cert_file names no file",
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
            unless="guests.keep is false",
        ),
        Question(
            key="office_key",
            text="The office's public key, to which guests' details and pictures are encrypted?",
            why="`gardu guestbook key new`, on the computer of the person responsible for personal "
            'data, prints it. Without one ("later") a person who takes the memory card reads them.',
            kind=TextLine,
            default=lambda _: LATER,
            wrong=_office_key_wrong,
        ),
        Question(
            key="opens",
            text="Earliest time at which a guest opens the office day?",
            why="Days are then opened, closed and counted (docs/day.md). `no`: they are not.",
            kind=Opening,
            default=lambda _: "07:30",
        ),
        Question(
            key="kinds",
            text="Names of kinds of guests with a button of their own (empty: none)?",
            why="Guests who are called first, or have cards of their own: lansia, contractor. "
            "docs/cards.md describes their cards.",
            kind=list[Name],
            default=lambda _: [],
        ),
    ),
)
