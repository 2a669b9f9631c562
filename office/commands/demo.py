"""`gardu office demo`: a central office to look at, with two simulated checkpoints."""

import asyncio
import secrets
import shutil
import socket
import tempfile
from asyncio.subprocess import Process
from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import refuse, say
from edge.config.places import default_config_folder
from edge.mqtt.signatures import SigningKey
from edge.mqtt.signing_keys import key_file
from office.commands.options import stop_on_signals
from office.commands.processes import GARDU, end, first_ended, start

_USER = "demo"
# Debian has mosquitto where only root's search path leads.
_PLACES = "/usr/sbin:/usr/local/sbin"
# Site, config and scenario of each simulated checkpoint.
_CHECKPOINTS = (
    ("setda-tanjabbar", "gardu.toml", "mixed"),
    ("setda-jatim", "gardu-jatim.toml", "alarms"),
)
# The key that every simulated checkpoint knows: the example of docs/mqtt.md.
_KEY = SigningKey("meja-lobi-1", bytes(range(32)))
_GUESTS = 500
_SPEED = 10
# Time for the page to answer after its start, real seconds.
_START_S = 60.0


def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder for config, database and logs. Default: a new temporary one."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The page's port on 127.0.0.1. 0: a free one.")
    ] = 0,
) -> None:
    """Run a central office to look at.

    It has a broker, the office, and two simulated checkpoints, ten times as quick as reality: a
    fire alarm comes after half a minute. It prints the page's address, and a user with a password
    of this run. It needs mosquitto, no root. Ctrl-C ends it.
    """
    broker = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)
    if broker is None:
        refuse("needs mosquitto, which is not installed: sudo apt install mosquitto", code=1)
    folder = data or Path(tempfile.mkdtemp(prefix="gardu-office-"))
    folder.mkdir(parents=True, exist_ok=True)
    code = asyncio.run(_demo(folder.absolute(), broker, port))
    if code:
        raise typer.Exit(code)


async def _demo(folder: Path, mosquitto: str, port: int) -> int:
    stop, mqtt, page = stop_on_signals(), _free_port(), port or _free_port()
    config = _configure(folder, mqtt, page)
    password = await asyncio.to_thread(_add_user, config)
    broker = await start(mosquitto, "-c", str(folder / "mosquitto.conf"), log=folder / "broker.log")
    office = await start(
        *GARDU, "office", "run", "--config", str(config), log=folder / "office.log"
    )
    people = []
    if await _listens(page, folder / "office.log", stop):
        people = [await _simulate(folder, mqtt, number) for number in range(len(_CHECKPOINTS))]
        say(f"the office's page: http://127.0.0.1:{page}/")
        say(f"user: {_USER}   password: {password}")
        say(f"logs and database: {folder}   Ctrl-C ends it")
    ended = await first_ended([broker, office], stop)
    for process in (*people, office, broker):  # the broker last: the others take leave of it
        await end(process)
    if ended is None:
        return 0
    log = folder / ("broker.log" if ended is broker else "office.log")
    say(f"ended by itself; the end of {log}:\n{log.read_text(encoding='utf-8')[-2000:]}", err=True)
    return 1


def _configure(folder: Path, mqtt: int, page: int) -> Path:
    """Write the settings of broker and office; return the office's file."""
    (folder / "mosquitto.conf").write_text(
        f"listener {mqtt} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n",
        encoding="utf-8",
    )
    (folder / "request-key.json").write_bytes(key_file(_KEY))
    file = folder / "office.toml"
    file.write_text(
        f'[broker]\nurl = "mqtt://127.0.0.1:{mqtt}"\n\n'
        '[requests]\nkey_file = "request-key.json"\n\n'
        f'[page]\nport = {page}\ntimezone = "Asia/Jakarta"\n',
        encoding="utf-8",
    )
    return file


def _add_user(config: Path) -> str:
    """Add the user of this run to the database; return its password."""
    from edge.clock import Clock
    from office.board.passwords import hashed
    from office.board.roles import Role
    from office.config import load_office_config
    from office.database.engine import make_engine
    from office.database.schema import prepare
    from office.database.users import UserRow, add_user, remove_user

    password = secrets.token_urlsafe(9)
    section = load_office_config(config).database
    engine = make_engine(section)
    prepare(engine, section)
    now_ms = Clock.from_environment().now().wall_ms
    with engine.begin() as connection:
        remove_user(connection, _USER)
        add_user(connection, UserRow(_USER, Role.ADMINISTRATOR, hashed(password), now_ms))
    engine.dispose()
    return password


async def _simulate(folder: Path, mqtt: int, number: int) -> Process:
    site, config, scenario = _CHECKPOINTS[number]
    options = {
        "--site": site,
        "--config": default_config_folder() / config,
        "--scenario": scenario,
        "--guests": _GUESTS,
        "--speed": _SPEED,
        "--seed": number + 1,
        "--broker": f"mqtt://127.0.0.1:{mqtt}",
        "--data": folder / site,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return await start(*GARDU, "sim", *words, log=folder / f"{site}.log")


async def _listens(port: int, log: Path, stop: asyncio.Event) -> bool:
    """Return True once page and ingest listen; False if they do not within ``_START_S``.

    The checkpoints begin after that: what they report before is for other subscribers only.
    """
    loop = asyncio.get_running_loop()
    latest = loop.time() + _START_S
    while loop.time() < latest and not stop.is_set():
        if await asyncio.to_thread(_both_listen, port, log):
            return True
        await asyncio.sleep(0.1)
    return False


def _both_listen(port: int, log: Path) -> bool:
    with socket.socket() as connection:
        listens = connection.connect_ex(("127.0.0.1", port)) == 0
    return listens and ": connected" in log.read_text(encoding="utf-8")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port
