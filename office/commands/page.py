"""`gardu office page`: serves the office's page."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from edge.commands.options import problems_printed, refuse, say
from edge.errors import GarduError
from office.commands.options import OfficeOption, log_to_stderr, stop_on_signals
from office.config import DEFAULT_CONFIG, OfficeConfig, PageSection, load_office_config

if TYPE_CHECKING:
    from edge.sealing.boxes import PrivateKeys


def page(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Serve the office's page.

    It has the board, visits and evacuation lists, and runs until SIGTERM or Ctrl-C. It needs [page]
    in the config, and a user: gardu office user add. While the database is away it waits, and says
    so once. `gardu office run` starts this with the ingest.
    """
    with problems_printed():
        loaded = load_office_config(config)
    if loaded.page is None:
        refuse(f"{config}: has no section [page] (docs/office-page.md)")
    log_to_stderr()
    engine = asyncio.run(_opened(loaded))
    if engine is not None:
        _serve(loaded, loaded.page, engine)


async def _opened(config: OfficeConfig) -> Engine | None:
    from office.ingest.start import opened_engine

    return await opened_engine(config.database, stop_on_signals())


def _still_keys(section: PageSection) -> "PrivateKeys | None":
    """Return the private keys that the page opens sealed stills with; None if it has none.

    :raises GarduError: if a file holds none, or needs a passphrase
    """
    from edge.sealing.boxes import PrivateKeys
    from edge.sealing.private_key_file import read, secret_of

    secrets = list[bytes]()
    for name in section.still_key_files:
        try:
            found = read(Path(name).read_bytes())
            # No person types a passphrase when a server starts: a file with one is refused here.
            secrets.append(secret_of(found))
        except (OSError, GarduError) as error:
            raise GarduError(f"page.still_key_files: {name}: {error}") from None
    return PrivateKeys(secrets) if secrets else None


def _serve(config: OfficeConfig, section: PageSection, writer: Engine) -> None:
    from edge.clock import Clock
    from office.board.application import board_application
    from office.board.context import Context, Settings
    from office.database.reading import make_reading_engine
    from pages.application import LOOPBACK
    from pages.server import Certificate, Server

    settings = Settings(
        zone=section.zone,
        session_s=section.session_hours * 3600,
        tls=section.tls,
        hosts=(*LOOPBACK, section.address, *section.names),
        still_keys=_still_keys(section),
    )
    reader = make_reading_engine(config.database)
    context = Context(reader, writer, settings, Clock.from_environment())
    certificate = Certificate(section.cert_file, section.key_file) if section.tls else None
    try:
        server = Server(board_application(context), section.address, section.port, certificate)
    except ssl.SSLError as error:
        raise GarduError(
            f"page.cert_file and page.key_file are no certificate and its key: {error.reason}"
        ) from None
    except OSError as error:
        place = error.filename or f"{section.address} port {section.port}"
        raise GarduError(f"the page cannot use {place}: {error.strerror}") from None
    say(f"the office's page: {server.url}", err=True)
    with suppress(KeyboardInterrupt):
        server.run()
    reader.dispose()
    writer.dispose()
