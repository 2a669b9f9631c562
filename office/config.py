"""The config of the central office: the types of ``office.toml``, and its loading.

Values and problems have the same words as in a checkpoint's config (edge/config).
"""

import os
from datetime import tzinfo
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from edge.config.crosscheck.broker import FILES, check_broker
from edge.config.crosscheck.desk import check_served
from edge.config.model import Broker
from edge.config.password_file import read_password
from edge.config.sections.desk import Address, HostName
from edge.config.sections.values import FileName, Line, Name, Section
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems, convert
from edge.config.zone import zone_of
from edge.errors import ConfigError, GarduError
from edge.mqtt.signatures import SigningKey
from edge.mqtt.signing_keys import read_key_file
from office.hooks.settings import HookSection, read_secret
from office.hooks.settings import problems as hook_problems

DEFAULT_CONFIG = Path("/etc/gardu/office.toml")

S = TypeVar("S", bound=Section)

_HOOK_FILES = ("secret_file", "ca_file")
_PAGE_FILES = ("cert_file", "key_file")
_URLS = "sqlite:///FILE, or postgresql://USER@HOST/DATABASE"


class DatabaseSection(Section, frozen=True, kw_only=True):
    """The database of the central office.

    :ivar url: ``sqlite:///FILE``, a file on this machine (for up to some dozens of checkpoints), or
        ``postgresql://USER@HOST/DATABASE``; without a password
    :ivar password_file: file whose first line is the password of PostgreSQL's user
    """

    url: Line = "sqlite:///office.db"
    password_file: FileName = ""

    @property
    def sqlite(self) -> bool:
        """True if the database is a file of SQLite."""
        return urlsplit(self.url).scheme == "sqlite"

    @property
    def file(self) -> str:
        """The file of SQLite; empty with PostgreSQL."""
        return self.url.removeprefix("sqlite:///") if self.sqlite else ""

    @property
    def password(self) -> str:
        """The password of PostgreSQL's user; empty if none is configured.

        :raises ConfigError: if the file cannot be read, or holds none
        """
        if not self.password_file:
            return ""
        try:
            return read_password(self.password_file)
        except (OSError, ValueError) as error:
            raise ConfigError([f"database.password_file: {self.password_file}: {error}"]) from None


KeepDays = Annotated[int, Meta(ge=0, le=36_500, description="days from 1 to 36500; 0: for ever")]

FIRST = "1"
"""The name of the first ingest process, in the names of files."""

_PROCESS = "{process}"


class BrokerSection(Section, frozen=True, kw_only=True):
    """The MQTT 5 broker to which the checkpoints report.

    :ivar url: ``mqtts://`` is encrypted (port 8883); ``mqtt://`` is not (port 1883), and is only
        for a broker on this machine
    :ivar username: the office's name at the broker, if the broker requires one
    :ivar password_file: file whose first line is the password
    :ivar ca_file: certificate authority of the broker (mqtts); empty: the system's own list
    :ivar cert_file: certificate of the office (mqtts), together with ``key_file``; in both,
        ``{process}`` is replaced by the name of the ingest process: ``1`` for the first
    :ivar key_file: key of that certificate
    :ivar client_id: MQTT client id of the first ingest process; further ones append their name
    :ivar group: name of the shared subscription, over which all ingest processes share the records
    :ivar keepalive_s: silence after which the connection is tested, seconds
    :ivar session_days: how long the broker stores the session while the office is away, days
    """

    url: str = "mqtt://127.0.0.1:1883"
    username: Line = ""
    password_file: FileName = ""
    ca_file: FileName = ""
    cert_file: FileName = ""
    key_file: FileName = ""
    client_id: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z", description="letters, digits, dots and dashes"),
    ] = "gardu-office"
    group: Name = "gardu-office"
    keepalive_s: Annotated[int, Meta(ge=5, le=600, description="seconds from 5 to 600")] = 30
    session_days: Annotated[int, Meta(ge=1, le=365, description="days from 1 to 365")] = 30

    @property
    def connection(self) -> Broker:
        """The settings of the first process's connection to it."""
        return self.connection_of(FIRST)

    def connection_of(self, process: str) -> Broker:
        """Return the settings of the connection of *process*.

        A broker that takes the client id from the certificate has one client for each.
        """
        return Broker(
            url=self.url,
            username=self.username,
            password_file=self.password_file,
            ca_file=self.ca_file,
            cert_file=self.cert_file.replace(_PROCESS, process),
            key_file=self.key_file.replace(_PROCESS, process),
            keepalive_s=self.keepalive_s,
        )


class RequestsSection(Section, frozen=True, kw_only=True):
    """The requests that the office sends to checkpoints (docs/mqtt.md, *Signatures*).

    :ivar key_file: file of the key that signs them: request-key.json of a bundle; empty: they are
        sent unsigned, which a checkpoint refuses unless its config allows it
    """

    key_file: FileName = ""

    @property
    def key(self) -> SigningKey | None:
        """The key that signs requests; None if none is configured.

        :raises GarduError: if the file cannot be read, or holds none
        """
        return read_key_file(Path(self.key_file)) if self.key_file else None


class IngestSection(Section, frozen=True, kw_only=True):
    """The ingest: how records come into the database.

    :ivar processes: the number of processes that `gardu office run` starts; more than one only with
        PostgreSQL
    :ivar batch: messages in one commit, at most
    :ivar resend_after_s: a gap that stands this long is asked for at the checkpoint, seconds
    :ivar keep_aside: refused messages that are kept for examination; older ones are deleted
    """

    processes: Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64")] = 1
    batch: Annotated[int, Meta(ge=1, le=2000, description="a whole number from 1 to 2000")] = 500
    resend_after_s: Annotated[
        float, Meta(ge=1, le=86400, description="seconds from 1 to 86400")
    ] = 60.0
    keep_aside: Annotated[int, Meta(ge=0, le=1_000_000, description="0 to 1000000")] = 10_000


class RetentionSection(Section, frozen=True, kw_only=True):
    """How long the office stores what it has received; counted from the day of arrival.

    :ivar records_days: records and the visits that they are about, days; 0: for ever. Published
        months stay
    :ivar stills_days: stills, days; 0: for ever
    :ivar aside_days: refused messages, days; 0: until there are more than ``ingest.keep_aside``
    """

    records_days: KeepDays = 0
    stills_days: KeepDays = 90
    aside_days: KeepDays = 90


class PageSection(Section, frozen=True, kw_only=True):
    """The office's page; without this section `gardu office run` serves none.

    :ivar address: the IP address at which it is served; one that other machines reach needs
        ``cert_file`` and ``key_file``
    :ivar port: the TCP port
    :ivar names: further names under which browsers ask for it, as in the certificate
    :ivar cert_file: certificate (TLS), with those of its authorities, together with ``key_file``
    :ivar key_file: key of that certificate
    :ivar session_hours: how long a screen stays logged in, hours
    :ivar timezone: the zone of the times that it shows, such as Asia/Jakarta; empty: this machine's
    :ivar still_key_files: private keys without a passphrase, with which it opens sealed stills for
        those who may see stills; none: it shows that they are sealed
    """

    address: Address = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="a TCP port from 1 to 65535")] = 8443
    names: list[HostName] = msgspec.field(default_factory=list)
    cert_file: FileName = ""
    key_file: FileName = ""
    session_hours: Annotated[float, Meta(ge=0.1, le=720, description="hours from 0.1 to 720")] = (
        12.0
    )
    timezone: Line = ""
    still_key_files: tuple[FileName, ...] = ()

    @property
    def tls(self) -> bool:
        """True if the page is encrypted."""
        return bool(self.cert_file)

    @property
    def zone(self) -> tzinfo:
        """The zone of the times that it shows.

        :raises ZoneInfoNotFoundError: if this machine has no such zone
        """
        return zone_of(self.timezone)


class MetricsSection(Section, frozen=True, kw_only=True):
    """Numbers for Prometheus; without this section `gardu office run` serves none.

    :ivar address: the IP address at which they are served; they have no log-in and no encryption
    :ivar port: the TCP port
    :ivar most_sites: sites that have series of their own, at most; all further ones are one
    :ivar broker_kit: folder of the broker kit, whose certificates are watched; empty: none are
    """

    address: Address = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="a TCP port from 1 to 65535")] = 9470
    most_sites: Annotated[int, Meta(ge=0, le=10_000, description="0 to 10000 sites")] = 200
    broker_kit: FileName = ""


class HomeAssistantSection(Section, frozen=True, kw_only=True):
    """Every checkpoint as a device of Home Assistant; without this section there is none.

    :ivar prefix: the discovery prefix that Home Assistant is set to
    :ivar sites: only of these sites; empty: of all
    """

    prefix: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z", description="letters, digits and dashes"),
    ] = "homeassistant"
    sites: tuple[Name, ...] = ()


class OfficeConfig(Section, frozen=True, kw_only=True):
    """The whole config of the central office."""

    database: DatabaseSection = DatabaseSection()
    broker: BrokerSection = BrokerSection()
    requests: RequestsSection = RequestsSection()
    ingest: IngestSection = IngestSection()
    retention: RetentionSection = RetentionSection()
    page: PageSection | None = None
    hooks: tuple[HookSection, ...] = ()
    metrics: MetricsSection | None = None
    home_assistant: HomeAssistantSection | None = None


def load_office_config(path: Path) -> OfficeConfig:
    """Read the config file *path*; relative file names in it are relative to its folder.

    :raises ConfigUnavailable: if it, or a file that it names, cannot be read now
    :raises ConfigError: with every problem found
    """
    text = read_text(path)
    raw, problems = parse_toml(text, str(path)), Problems(str(path), text)
    config: OfficeConfig | None = convert(OfficeConfig, raw, "", problems)
    if config is not None:
        _check_database(config, problems)
        check_broker(config.broker.connection, problems)
        _check_neighbours(config, problems)
        _check_page(config.page, problems)
        config = _resolved(config, path.absolute().parent)
        sound = problems.count == 0
        _check_files(config, problems)
        problems.raise_any(unavailable=sound)
    problems.raise_any()
    assert config is not None
    return config


def _check_database(config: OfficeConfig, problems: Problems) -> None:
    """Add to *problems* what is wrong with the database's section."""
    section = config.database
    try:
        parts = urlsplit(section.url)
        sound = _is_database(parts)
    except ValueError:
        sound = False
    if not sound:
        problems.add("database.url", f"is {section.url!r}; allowed: {_URLS}")
        return
    if parts.password is not None:
        problems.add("database.url", "holds a password; allowed: password_file for that")
    if section.sqlite and section.password_file:
        problems.add("database.password_file", "is for PostgreSQL; allowed: with postgresql://")
    if section.sqlite and config.ingest.processes > 1:
        problems.add(
            "ingest.processes",
            f"is {config.ingest.processes}, and SQLite has one writer; "
            "allowed: 1, or a postgresql:// database",
        )


def _check_neighbours(config: OfficeConfig, problems: Problems) -> None:
    """Add to *problems* what is wrong with hooks and metrics."""
    for number, hook in enumerate(config.hooks):
        for key, problem in hook_problems(hook):
            problems.add(f"hooks[{number}].{key}", problem)
    if config.metrics is not None:
        try:
            ip_address(config.metrics.address)
        except ValueError:
            words = f"is {config.metrics.address!r}; allowed: an IP address such as 127.0.0.1"
            problems.add("metrics.address", words)


def _is_database(parts: SplitResult) -> bool:
    if parts.scheme == "sqlite":
        return not parts.netloc and len(parts.path) > 1 and not (parts.query or parts.fragment)
    named = parts.path.strip("/")
    return parts.scheme == "postgresql" and bool(named) and (parts.port or 1) > 0


def _check_page(page: PageSection | None, problems: Problems) -> None:
    """Add to *problems* what is wrong with the page's section."""
    if page is None:
        return
    check_served("page", page, problems)
    try:
        _ = page.zone
    except ZoneInfoNotFoundError:
        problems.add("page.timezone", f"is {page.timezone!r}; allowed: such as Asia/Jakarta")


def _check_files(config: OfficeConfig, problems: Problems) -> None:
    links = [
        config.broker.connection_of(str(number)) for number in range(1, config.ingest.processes + 1)
    ]
    if config.home_assistant is not None:
        links.append(config.broker.connection_of("home-assistant"))
    named = {(f"broker.{key}", getattr(link, key)) for link in links for key in FILES}
    named.add(("database.password_file", config.database.password_file))
    named.add(("requests.key_file", config.requests.key_file))
    if config.page is not None:
        named |= {(f"page.{key}", getattr(config.page, key)) for key in _PAGE_FILES}
        named |= {("page.still_key_files", name) for name in config.page.still_key_files}
    for number, hook in enumerate(config.hooks):
        named |= {(f"hooks[{number}].{key}", getattr(hook, key)) for key in _HOOK_FILES}
    for where, name in sorted(named):
        if name and not os.path.isfile(name):  # noqa: PTH113 - it takes any string without raising
            problems.add(where, f"is {name!r}, which is no file; allowed: a file that is there")
    _check_secrets(config, problems)
    kit = config.metrics.broker_kit if config.metrics else ""
    if kit and not os.path.isdir(kit):  # noqa: PTH112 - likewise
        problems.add(
            "metrics.broker_kit", f"is {kit!r}, which is no folder; allowed: that of a kit"
        )


def _check_secrets(config: OfficeConfig, problems: Problems) -> None:
    """Add to *problems* secrets that cannot be read from the files that are there."""
    for number, hook in enumerate(config.hooks):
        if os.path.isfile(hook.secret_file):  # noqa: PTH113 - likewise
            try:
                read_secret(hook.secret_file)
            except ConfigError as error:
                problems.add(f"hooks[{number}].secret_file", error.problems[0])
    if os.path.isfile(config.requests.key_file):  # noqa: PTH113 - likewise
        try:
            read_key_file(Path(config.requests.key_file))
        except GarduError as error:
            problems.add("requests.key_file", str(error))


def _resolved(config: OfficeConfig, folder: Path) -> OfficeConfig:
    database = _absolute(config.database, folder, "password_file")
    if database.sqlite:
        file = folder / database.file
        database = msgspec.structs.replace(database, url=f"sqlite:///{file}")
    broker = _absolute(config.broker, folder, *FILES)
    requests = _absolute(config.requests, folder, "key_file")
    hooks = tuple(_absolute(hook, folder, *_HOOK_FILES) for hook in config.hooks)
    metrics = None if config.metrics is None else _absolute(config.metrics, folder, "broker_kit")
    page = None if config.page is None else _page_resolved(config.page, folder)
    return msgspec.structs.replace(
        config, database=database, broker=broker, requests=requests, page=page, hooks=hooks,
        metrics=metrics,
    )  # fmt: skip


def _page_resolved(page: PageSection, folder: Path) -> PageSection:
    keys = tuple(str(folder / name) for name in page.still_key_files)
    return msgspec.structs.replace(_absolute(page, folder, *_PAGE_FILES), still_key_files=keys)


def _absolute(section: S, folder: Path, *keys: str) -> S:
    names = {key: getattr(section, key) for key in keys}
    changed = {key: str(folder / name) for key, name in names.items() if name}
    return msgspec.structs.replace(section, **changed)
