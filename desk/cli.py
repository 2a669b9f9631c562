"""Serves the pages for the screens of reception and aide."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from desk.application import desk_application
from desk.context import Context, Settings
from desk.daemon import Daemon
from desk.pins import make_pin, weakness, write_pin
from desk.roles import Role
from edge.clock import Clock
from edge.commands.options import ConfigOption, say
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.config.sections.desk import Desk
from edge.errors import ConfigError, GarduError
from pages.application import LOOPBACK
from pages.server import Certificate, Server

app = typer.Typer(invoke_without_command=True)


@app.callback()
def serve(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve the pages for the screens of reception and aide.

    They show who waits where, and have forms for the guest book, for expected guests and for the
    hosts' availability (docs/desk.md). Needs [desk] in the config, and a PIN for each role. Runs
    until SIGTERM or Ctrl-C.
    """
    context.obj = config
    if context.invoked_subcommand is None:
        loaded = load_config(config, elsewhere=True)
        _serve(loaded, _section(loaded, config))


@app.command()
def pin(
    context: typer.Context,
    role: Role,
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the PIN: the role cannot log in any more.")
    ] = False,
) -> None:
    """Set the PIN of a role; screens that are logged in with the former one are logged out.

    The PIN is asked for twice and not shown. A script gives it on two lines of standard input.
    """
    chosen = config if config != DEFAULT_CONFIG else context.obj
    section = _section(load_config(chosen, elsewhere=True), chosen)
    file = Path(section.pin_file)
    if remove:
        write_pin(file, role, None)
        say(f"{file}: {role} has no PIN now")
        return
    digits = typer.prompt("PIN, 6 to 12 digits", hide_input=True, confirmation_prompt=True)
    if why := weakness(digits):
        raise GarduError(why)
    write_pin(file, role, make_pin(digits))
    say(f"{file}: the PIN of {role} is set")


def _section(loaded: Config, file: Path) -> Desk:
    if loaded.desk is None:
        raise ConfigError([f"{file}: has no section [desk] (docs/desk.md)"])
    return loaded.desk


def _serve(config: Config, section: Desk) -> None:
    settings = Settings(
        pin_file=Path(section.pin_file),
        zone=config.checkpoint.zone,
        session_s=section.session_hours * 3600,
        tls=section.tls,
        hosts=(*LOOPBACK, section.address, *section.names),
    )
    made = Context(Daemon(Path(section.socket_folder)), settings, Clock.from_environment())
    server = _server(made, section)
    say(f"the desk's pages: {server.url}", err=True)
    with suppress(KeyboardInterrupt):
        server.run()


def _server(made: Context, section: Desk) -> Server:
    certificate = Certificate(section.cert_file, section.key_file) if section.tls else None
    try:
        return Server(desk_application(made), section.address, section.port, certificate)
    except ssl.SSLError as error:
        raise GarduError(
            f"desk.cert_file and desk.key_file are no certificate and its key: {error.reason}"
        ) from None
    except OSError as error:
        place = error.filename or f"{section.address} port {section.port}"
        raise GarduError(f"the desk cannot use {place}: {error.strerror}") from None
