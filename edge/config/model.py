"""The config of one checkpoint: its types, with units and ranges.

Each section of ``config/gardu.toml`` is one type, here or in ``sections/``. Loading
(``loading.py``) reports every problem at once.
"""

from datetime import tzinfo
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from edge.config.sections.aiphone import Aiphone
from edge.config.sections.buses import Bus
from edge.config.sections.cameras import Camera, Stills
from edge.config.sections.card_readers import CardReader, Scanner
from edge.config.sections.clock import ClockSection
from edge.config.sections.desk import Desk
from edge.config.sections.doors import Door, Safety
from edge.config.sections.guest_kinds import GuestKind
from edge.config.sections.guests import Cards, Day, GuestBookSection, Invitations
from edge.config.sections.hosts import Host
from edge.config.sections.lockers import Lockers
from edge.config.sections.metal_detector import MetalDetector, NamedMetalDetector
from edge.config.sections.modules import Module
from edge.config.sections.panels import Buzzer, Panel
from edge.config.sections.places import Place
from edge.config.sections.requests import Requests
from edge.config.sections.sealing import Sealing
from edge.config.sections.values import Days, FileName, Folder, Line, Name, Section
from edge.config.zone import zone_of


class CheckpointSection(Section, frozen=True, kw_only=True):
    """The identity of the checkpoint and the places of its files.

    :ivar site: the office; part of every MQTT topic and record, so it never changes
    :ivar id: this checkpoint in the office; it never changes either
    :ivar procedures: the procedures (SOP) that run here: names of files in ``sop``, without .toml
    :ivar place: location of the checkpoint, as text for people
    :ivar timezone: the office's IANA time zone, such as ``Asia/Jakarta``; empty: this machine's
    :ivar data: folder of the database and the stills
    :ivar sop: folder of the procedure files
    :ivar wording: file with the polite wording of each reason; empty: that of Gardu
    :ivar abandoned_after_s: after this time without evidence of a guest the panel asks if the guest
        is still here
    """

    site: Name
    id: Name
    procedures: Annotated[list[Name], Meta(min_length=1, description="a list of procedure ids")]
    place: Line = ""
    timezone: Line = ""
    data: Folder = "/var/lib/gardu"
    sop: Folder = "sop"
    wording: FileName = ""
    abandoned_after_s: Annotated[
        float, Meta(ge=60, le=86400, description="seconds from 60 to 86400")
    ] = 7200.0

    @property
    def identity(self) -> str:
        """Its name in certificates (docs/broker.md), unique over all sites: no name has a dot."""
        return f"{self.site}.{self.id}"

    @property
    def zone(self) -> tzinfo:
        """The office's time zone: it decides what a day and an hour is to people."""
        return zone_of(self.timezone)


class Broker(Section, frozen=True, kw_only=True):
    """The MQTT broker of the central office (all seconds are real seconds).

    :ivar url: address of the MQTT 5 broker: ``mqtts://`` is encrypted (port 8883); ``mqtt://`` is
        not (port 1883), and is only for a broker on this machine
    :ivar username: name of this checkpoint at the broker, if the broker requires one
    :ivar password_file: file whose first line is the password; only the daemon may read it
    :ivar ca_file: certificate authority of the broker (mqtts); empty: the system's own list
    :ivar cert_file: certificate of this checkpoint (mqtts), together with ``key_file``
    :ivar key_file: key of that certificate
    :ivar client_id: MQTT client id, unique at the broker; empty: gardu-{site}-{id}
    :ivar keepalive_s: silence after which the connection is tested
    :ivar will_delay_s: how long the broker waits before it publishes ``offline``
    :ivar window: records in flight without an acknowledgement
    :ivar resend_window_s: records acknowledged within this time are sent again after a connect
    :ivar acknowledge_timeout_s: without an acknowledgement for this long the connection is renewed
    :ivar tries: refusals after which a record is parked, while others are accepted
    :ivar subscribers: ``required``: a record that has no subscriber at the broker is not delivered;
        ``optional``: it is (only where a rule engine of the broker takes the records)
    """

    url: str = "mqtt://127.0.0.1:1883"
    username: Line = ""
    password_file: FileName = ""
    ca_file: FileName = ""
    cert_file: FileName = ""
    key_file: FileName = ""
    client_id: Line = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=600, description="seconds from 5 to 600")] = 30
    will_delay_s: Annotated[int, Meta(ge=0, le=300, description="seconds from 0 to 300")] = 20
    window: Annotated[int, Meta(ge=1, le=10, description="messages in flight, 1 to 10")] = 10
    resend_window_s: Annotated[float, Meta(ge=0, le=3600, description="seconds, 0 to 3600")] = 60.0
    acknowledge_timeout_s: Annotated[
        float, Meta(ge=1, le=600, description="seconds from 1 to 600")
    ] = 20.0
    tries: Annotated[int, Meta(ge=1, le=1000, description="tries before a record is parked")] = 10
    subscribers: Literal["required", "optional"] = "required"

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
        """True if the connection is encrypted (``mqtts://``)."""
        return urlsplit(self.url).scheme == "mqtts"


HEALTH_EXPIRY_S = 300
"""Message Expiry Interval of ``health``: brokers delete one that is not renewed, seconds."""


class Reporting(Section, frozen=True, kw_only=True):
    """How often the live topics are published again.

    :ivar health_s: interval of ``health``; at most half of its expiry, so that one may be lost
    :ivar ledger_s: interval of ``ledger``
    """

    health_s: Annotated[
        float, Meta(ge=0.5, le=HEALTH_EXPIRY_S / 2, description="seconds from 0.5 to 150")
    ] = 60.0
    ledger_s: Annotated[float, Meta(ge=0.5, le=86400, description="seconds from 0.5 to 86400")] = (
        300.0
    )


class Retention(Section, frozen=True, kw_only=True):
    """How long delivered records and stills are kept here; undelivered ones are never deleted.

    :ivar delivered_days: records, counted from their acknowledgement
    :ivar stills_days: stills, counted from their acknowledgement
    """

    delivered_days: Days = 90
    stills_days: Days = 90


class Gpio(Section, frozen=True, kw_only=True):
    """The header's pins.

    :ivar chip: number of their gpiochip; ``auto`` finds it by its device-tree name
    :ivar library: ``gpiod`` waits for edges in the kernel, ``lgpio`` polls; ``auto``: gpiod where
        it is installed
    """

    chip: Annotated[str, Meta(pattern=r"^(auto|[0-9]{1,3})\Z", description="auto or a number")] = (
        "auto"
    )
    library: Literal["auto", "gpiod", "lgpio"] = "auto"


class Config(Section, frozen=True, kw_only=True):
    """The whole config of one checkpoint.

    :ivar sealing: the key to which personal data is sealed; without it, it is not
    :ivar card_readers: card readers, one section for each: [card_readers.NAME]
    :ivar scanners: code scanners for invitations, one section for each: [scanners.NAME]
    :ivar buses: lines that several devices share, one section for each: [buses.NAME]
    :ivar modules: Modbus modules with inputs and outputs, one section for each: [modules.NAME]
    :ivar lockers: the lockers; ``driver`` selects the kind of their locks
    :ivar metal_detector: the only metal detector, for the guests of all stations
    :ivar metal_detectors: in place of that, one section for each detector: [metal_detectors.NAME]
    :ivar aiphone: called stations of the intercom, one section for each: [aiphone.NAME]
    :ivar hosts: the officials whom guests visit, one table for each: [[hosts]]; a procedure that is
        in none of them has one host
    :ivar guest_kinds: the kinds of guests, one table for each: [[guest_kinds]]
    :ivar doors: access doors, one section for each: [doors.NAME]
    :ivar places: places with limited room, one table for each: [[places]]
    :ivar panels: the officers' panels, one section for each: [panels.NAME]
    :ivar cameras: cameras, one section for each: [cameras.NAME]
    """

    checkpoint: CheckpointSection
    cards: Cards = Cards()
    broker: Broker = Broker()
    requests: Requests = Requests()
    reporting: Reporting = Reporting()
    retention: Retention = Retention()
    clock: ClockSection = ClockSection()
    gpio: Gpio = Gpio()
    card_readers: dict[Name, CardReader] = msgspec.field(default_factory=dict)
    scanners: dict[Name, Scanner] = msgspec.field(default_factory=dict)
    invitations: Invitations = Invitations()
    day: Day | None = None
    guestbook: GuestBookSection = GuestBookSection()
    sealing: Sealing | None = None
    desk: Desk | None = None
    buses: dict[Name, Bus] = msgspec.field(default_factory=dict)
    modules: dict[Name, Module] = msgspec.field(default_factory=dict)
    lockers: Lockers | None = None
    metal_detector: MetalDetector | None = None
    metal_detectors: dict[Name, NamedMetalDetector] = msgspec.field(default_factory=dict)
    aiphone: dict[Name, Aiphone] = msgspec.field(default_factory=dict)
    hosts: list[Host] = msgspec.field(default_factory=list)
    guest_kinds: list[GuestKind] = msgspec.field(default_factory=list)
    doors: dict[Name, Door] = msgspec.field(default_factory=dict)
    safety: Safety | None = None
    places: list[Place] = msgspec.field(default_factory=list)
    panels: dict[Name, Panel] = msgspec.field(default_factory=dict)
    buzzer: Buzzer | None = None
    cameras: dict[Name, Camera] = msgspec.field(default_factory=dict)
    stills: Stills = Stills()

    @property
    def detectors(self) -> dict[str, MetalDetector]:
        """The metal detectors by name; the only one of ``[metal_detector]`` has the name ""."""
        only = {} if self.metal_detector is None else {"": self.metal_detector}
        return {**only, **self.metal_detectors}
