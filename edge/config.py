"""The config of one checkpoint: its types, with units and ranges, and how it is read.

One section of ``config/gardu.toml`` is one type here. Loading reports every problem at once.
"""

from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from edge.crosscheck import check_files, crosscheck
from edge.sections.aiphone import Aiphone
from edge.sections.buses import Bus
from edge.sections.cameras import HttpCamera, PiCamera
from edge.sections.card_readers import CardReader
from edge.sections.cards import Cards
from edge.sections.day import Day
from edge.sections.doors import Door
from edge.sections.guestbook import GuestBook
from edge.sections.invitations import Invitations
from edge.sections.lockers import Lockers
from edge.sections.metal_detector import MetalDetector
from edge.sections.panels import Buzzer, Panel
from edge.sections.safety import Safety
from edge.sections.scanners import Gm65
from edge.sections.stills import Stills
from edge.sections.words import Days, Folder, Name, Seconds, Section
from edge.validate import Problems, convert, read_toml

S = TypeVar("S", bound=Section)


class Checkpoint(Section, frozen=True, kw_only=True):
    """Which checkpoint this is and where its files are."""

    site: Name
    id: Name
    procedures: Annotated[list[Name], Meta(min_length=1, description="a list of procedure ids")]
    place: str = ""
    timezone: str = ""
    data: Folder = "/var/lib/gardu"
    sop: Folder = "sop"
    wording: str = ""
    abandoned_after_s: Seconds = 7200.0


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


class Config(Section, frozen=True, kw_only=True):
    """Everything one checkpoint needs to know about itself."""

    checkpoint: Checkpoint
    cards: Cards
    broker: Broker = Broker()
    reporting: Reporting = Reporting()
    retention: Retention = Retention()
    gpio: Gpio = Gpio()
    card_readers: dict[Name, CardReader] = msgspec.field(default_factory=dict)
    scanners: dict[Name, Gm65] = msgspec.field(default_factory=dict)
    invitations: Invitations = Invitations()
    day: Day | None = None
    guestbook: GuestBook = GuestBook()
    buses: dict[Name, Bus] = msgspec.field(default_factory=dict)
    lockers: Lockers | None = None
    metal_detector: MetalDetector | None = None
    aiphone: dict[Name, Aiphone] = msgspec.field(default_factory=dict)
    doors: dict[Name, Door] = msgspec.field(default_factory=dict)
    safety: Safety | None = None
    panels: dict[Name, Panel] = msgspec.field(default_factory=dict)
    buzzer: Buzzer | None = None
    cameras: dict[Name, HttpCamera | PiCamera] = msgspec.field(default_factory=dict)
    stills: Stills = Stills()


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
        checkpoint=_absolute(config.checkpoint, folder, "data", "sop", "wording"),
        broker=_absolute(
            config.broker, folder, "password_file", "ca_file", "cert_file", "key_file"
        ),
        cameras={
            name: _absolute(camera, folder, "password_file", "ca_file")
            if isinstance(camera, HttpCamera)
            else camera
            for name, camera in config.cameras.items()
        },
    )


def _absolute(section: S, folder: Path, *keys: str) -> S:
    names = {key: getattr(section, key) for key in keys}
    changed = {key: str(folder / name) for key, name in names.items() if name}
    return msgspec.structs.replace(section, **changed)
