"""The config of one checkpoint: its types, with units and ranges, and how it is read.

One section of ``config/gardu.toml`` is one type here. Loading reports every problem at once.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from edge.crosscheck import check_files, crosscheck
from edge.validate import Problems, convert, read_toml

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=64,
        description="lower-case letters, digits and single dashes, at most 64",
    ),
]
Pin = Annotated[int, Meta(ge=2, le=27, description="a BCM GPIO number from 2 to 27")]
Seconds = Annotated[float, Meta(gt=0, le=86400, description="seconds, above 0, at most 86400")]
Days = Annotated[int, Meta(ge=1, le=3650, description="days from 1 to 3650")]
CardNumber = Annotated[
    str, Meta(pattern=r"^[0-9A-F]{10}$", description="10 hexadecimal digits, upper case")
]
LockerNumber = Annotated[int, Meta(ge=1, le=999, description="a locker number from 1 to 999")]

Folder = Annotated[str, Meta(min_length=1, description="the name of a folder")]

# What an officer's button can mean (the words of the procedures; docs/panel.md).
Action = Literal[
    "arrive", "done", "accept", "decline", "absent", "again", "reschedule", "locker", "nothing",
    "refuse", "leave",
]  # fmt: skip


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the config file."""


S = TypeVar("S", bound=Section)


class Contact(Section, frozen=True, kw_only=True):
    """A dry contact on a pin.

    :ivar wired: ``normally-open``: closes when active (pressed, alarm, answer);
        ``normally-closed``: opens when active, so that a cut wire is never "clear"
    :ivar pull: ``up``: contact between pin and ground, the Pi's own pull-up; ``down``: between
        pin and 3.3 V; ``external-up``/``external-down``: the same with a resistor fitted outside
    :ivar bounce_s: a level counts once it has been stable this long, seconds
    """

    pin: Pin
    wired: Literal["normally-open", "normally-closed"] = "normally-open"
    pull: Literal["up", "down", "external-up", "external-down"] = "up"
    bounce_s: Annotated[float, Meta(ge=0, le=0.05, description="seconds from 0 to 0.05")] = 0.02

    @property
    def active_level(self) -> bool:
        """The pin's level (True = high) while the contact is active."""
        closed_level = self.pull in ("down", "external-down")
        return closed_level if self.wired == "normally-open" else not closed_level


class Output(Section, frozen=True, kw_only=True):
    """A relay, lamp or buzzer on a pin; ``active`` is the level that switches it on."""

    pin: Pin
    active: Literal["high", "low"] = "high"


class Checkpoint(Section, frozen=True, kw_only=True):
    """Which checkpoint this is and where its files are."""

    site: Name
    id: Name
    procedures: Annotated[list[Name], Meta(min_length=1, description="a list of procedure ids")]
    place: str = ""
    data: Folder = "/var/lib/gardu"
    sop: Folder = "sop"


class Broker(Section, frozen=True, kw_only=True):
    """The MQTT broker of the central office (all seconds are real seconds)."""

    url: str = "mqtt://127.0.0.1:1883"
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_id: str = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=600, description="seconds from 5 to 600")] = 30
    will_delay_s: Annotated[int, Meta(ge=0, le=300, description="seconds from 0 to 300")] = 20
    window: Annotated[int, Meta(ge=1, le=10, description="messages in flight, 1 to 10")] = 10
    resend_window_s: Annotated[float, Meta(ge=0, le=3600, description="seconds, 0 to 3600")] = 60.0
    acknowledge_timeout_s: Seconds = 20.0
    tries: Annotated[int, Meta(ge=1, le=1000, description="tries before a record is parked")] = 10

    @property
    def host(self) -> str:
        """Host name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """TCP port; 1883, or 8883 with TLS, where the URL names none."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted (``mqtts://``)."""
        return urlsplit(self.url).scheme == "mqtts"


class Reporting(Section, frozen=True, kw_only=True):
    """How often the live topics are published afresh."""

    health_s: Seconds = 60.0
    ledger_s: Seconds = 300.0


class Retention(Section, frozen=True, kw_only=True):
    """How long what was delivered is kept here; what was not is kept for ever."""

    delivered_days: Days = 90
    stills_days: Days = 90


class Gpio(Section, frozen=True, kw_only=True):
    """Which gpiochip has the header's pins; ``auto`` finds it by its device-tree name."""

    chip: Annotated[str, Meta(pattern=r"^(auto|\d+)$", description="auto or a number")] = "auto"


class Cards(Section, frozen=True, kw_only=True):
    """The pool of visitor cards."""

    visitor: Annotated[list[CardNumber], Meta(min_length=1, description="a list of card numbers")]


class Rdm6300(Section, frozen=True, kw_only=True, tag_field="driver", tag="rdm6300"):
    """An RDM6300 125 kHz card reader on a serial port (9600 8N1)."""

    port: str
    stations: list[Name]
    removed_after_s: Seconds = 0.3


class Locker(Section, frozen=True, kw_only=True):
    """One locker: the relay of its lock, and the contact that is active while its door is open."""

    number: LockerNumber
    relay: Output
    door: Contact


class Lockers(Section, frozen=True, kw_only=True):
    """The lockers and how long a lock's solenoid is energised."""

    pulse_s: Annotated[float, Meta(gt=0, le=3, description="seconds, above 0, at most 3")] = 0.5
    locker: Annotated[list[Locker], Meta(min_length=1, description="a list of lockers")]


class MetalDetector(Section, frozen=True, kw_only=True):
    """The walk-through detector's relay contacts; ``passage`` is the optional beam.

    :ivar stuck_s: a contact that is active for longer is stuck, or its wire is cut. No maker
        publishes the longest alarm; a guest who stands in the frame is sent back sooner than this
    """

    alarm: Contact
    passage: Contact | None = None
    stuck_s: Annotated[float, Meta(ge=5, le=3600, description="seconds from 5 to 3600")] = 60.0


class Aiphone(Section, frozen=True, kw_only=True):
    """One called station of the intercom: the relay that rings it and its answer contacts."""

    procedures: list[Name]
    ring: Output
    accept: Contact | None = None
    decline: Contact | None = None
    release: Contact | None = None


class Button(Contact, frozen=True, kw_only=True):
    """An officer's button: what a press means, and what holding it for a second means."""

    press: Action
    hold: Action | None = None
    procedure: Name | None = None


class Panel(Section, frozen=True, kw_only=True):
    """The lamp and buttons in front of one officer, for the stations that officer keeps."""

    stations: list[Name]
    lamp: Output | None = None
    buttons: list[Button] = []


class HttpCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="http"):
    """An IP camera's HTTP snapshot, with Basic or Digest authentication."""

    url: str
    purposes: list[Name]
    username: str = ""
    password_file: str = ""
    timeout_s: Seconds = 5.0


class PiCamera(Section, frozen=True, kw_only=True, tag_field="driver", tag="picamera2"):
    """A camera on the Pi's own connector, kept in a child process that can be killed."""

    purposes: list[Name]
    width: Annotated[int, Meta(ge=160, le=4608, description="pixels, 160 to 4608")] = 1280
    height: Annotated[int, Meta(ge=120, le=2592, description="pixels, 120 to 2592")] = 720
    timeout_s: Seconds = 5.0


class Config(Section, frozen=True, kw_only=True):
    """Everything one checkpoint needs to know about itself."""

    checkpoint: Checkpoint
    cards: Cards
    broker: Broker = Broker()
    reporting: Reporting = Reporting()
    retention: Retention = Retention()
    gpio: Gpio = Gpio()
    card_readers: dict[Name, Rdm6300] = {}
    lockers: Lockers | None = None
    metal_detector: MetalDetector | None = None
    aiphone: dict[Name, Aiphone] = {}
    panels: dict[Name, Panel] = {}
    buzzer: Output | None = None
    cameras: dict[Name, HttpCamera | PiCamera] = {}


def load_config(path: Path, *, elsewhere: bool = False) -> Config:
    """Read the config file *path*.

    Relative paths in it (``data``, ``sop``, certificate and password files) are taken from its
    folder.

    :param elsewhere: this is not the machine that the config is for (a simulation of it), so its
        certificate and password files need not be here
    :raises ConfigError: with every problem found
    """
    raw = read_toml(path)
    problems = Problems(str(path))
    config: Config | None = convert(Config, raw, "", problems)
    if config is not None:
        config = _resolved(config, path.absolute().parent)
        crosscheck(config, problems)
        if not elsewhere:
            check_files(config, problems)
    problems.raise_any()
    assert config is not None
    return config


def default_config_folder() -> Path:
    """Return the folder of the configs and procedures that Gardu comes with.

    In an installed package that is ``edge/_config``, in a checkout of the sources ``config``.
    """
    installed = Path(__file__).parent / "_config"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "config"


def _resolved(config: Config, folder: Path) -> Config:
    """Return *config* with every file name made absolute, relative ones taken from *folder*."""
    return msgspec.structs.replace(
        config,
        checkpoint=_absolute(config.checkpoint, folder, "data", "sop"),
        broker=_absolute(
            config.broker, folder, "password_file", "ca_file", "cert_file", "key_file"
        ),
        cameras={
            name: _absolute(camera, folder, "password_file")
            if isinstance(camera, HttpCamera)
            else camera
            for name, camera in config.cameras.items()
        },
    )


def _absolute(section: S, folder: Path, *keys: str) -> S:
    names = {key: getattr(section, key) for key in keys}
    changed = {key: str(folder / name) for key, name in names.items() if name}
    return msgspec.structs.replace(section, **changed)
