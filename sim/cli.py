"""`gardu sim`: a lobby of simulated guests, the unmodified daemon, a broker and a subscriber."""

import asyncio
import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.live import Live

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.errors import ConfigError
from sim import scenario as scenarios
from sim.day_command import play as play_day
from sim.day_command import settings_for
from sim.day_stage import DaySettings
from sim.habits import PROCEDURES
from sim.settings import Settings
from sim.stage import Stage
from sim.standards import standards
from sim.summary import as_json, print_summary, succeeded
from sim.view import View

_REFRESH_REAL_S = 0.25
_GUESTS = 6
# Exit codes. A shell reports 128 + N for a process that signal N ended: 130 for Ctrl-C.
_FAILED = 1
_USAGE = 2
_INTERRUPTED = 130


def simulate(
    day: Annotated[
        str | None,
        typer.Argument(
            help="Simulate a whole day at several checkpoints instead of a scenario at one: day, "
            "morning, or a TOML file. Only --guests, --seed, --speed, --data and --json apply then."
        ),
    ] = None,
    procedure: Annotated[
        list[str] | None,
        typer.Option(help="A procedure that guests come for; may be repeated. Default: all."),
    ] = None,
    guests: Annotated[
        int | None,
        typer.Option(min=1, max=500, help="Number of guests. Default: 6, or the day's own."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same guests.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=1, max=120, help="How many times faster than real time.")
    ] = 30,
    scenario: Annotated[
        str, typer.Option(help="A scenario by name, or a TOML file of your own.")
    ] = "good-day",
    broker: Annotated[
        str | None,
        typer.Option(help="A running MQTT 5 broker, mqtt://host:port. Default: an embedded one."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder for config, logs, database and pictures of the run. With a database of "
            "an earlier run in it, the daemon continues from that. Default: a new temporary one."
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A checkpoint's config file. Default: one of Gardu's.")
    ] = None,
    *,
    outputs_persist: Annotated[
        bool,
        typer.Option(
            "--outputs-persist",
            help="Outputs of a killed daemon stay driven until they are claimed again, as on "
            "Raspberry Pi OS without dtparam=strict_gpiod.",
        ),
    ] = False,
    json_result: Annotated[
        bool,
        typer.Option("--json", help="No live view; the last line of stdout is a JSON object."),
    ] = False,
) -> None:
    """Simulate a lobby around the real, unmodified daemon.

    The daemon runs against simulated pins, card readers, cameras and a real MQTT broker. Exits 0 if
    every guest's visit came to an outcome and every record was delivered, 1 if not, 2 for a wrong
    option or file.

    With DAY it simulates that day at all its checkpoints at once and prints a report; it then exits
    1 if the report lists a problem.

    Example: gardu sim --procedure pimpinan --guests 8 --scenario power-cut
    """
    chosen_seed = secrets.randbelow(10**6) if seed is None else seed
    if day is not None:
        planned = settings_for(day, guests, chosen_seed, speed, _run_folder(data))
        raise typer.Exit(asyncio.run(_play_day(planned, json_result=json_result)))
    settings = _settings(
        config=config or _find_config(procedure or []),
        procedures=procedure or [],
        guests=guests or _GUESTS,
        seed=chosen_seed,
        speed=speed,
        scenario=scenario,
        broker=broker,
        data=data,
        outputs_persist=outputs_persist,
    )
    code = asyncio.run(_simulate(settings, json_result=json_result))
    raise typer.Exit(code)


def _settings(
    *,
    config: Path,
    procedures: list[str],
    guests: int,
    seed: int,
    speed: float,
    scenario: str,
    broker: str | None,
    data: Path | None,
    outputs_persist: bool,
) -> Settings:
    """Check the options against each other.

    :raises ConfigError: with every problem found
    """
    offered = load_config(config, elsewhere=True).checkpoint.procedures
    asked = list(dict.fromkeys(procedures)) or offered
    problems = [
        f"--procedure {name}: {config} has {', '.join(offered)}"
        for name in asked
        if name not in offered
    ]
    problems += [
        f"--procedure {name}: the simulated people know {', '.join(PROCEDURES)}"
        for name in asked
        if name in offered and name not in PROCEDURES
    ]
    problems += [] if broker is None else _broker_problems(broker)
    if problems:
        raise ConfigError(problems)
    return Settings(
        config=config,
        procedures=asked,
        guests=guests,
        seed=seed,
        speed=speed,
        scenario=scenarios.load(scenarios.find(scenario)),
        scenario_name=Path(scenario).stem,
        broker=broker,
        folder=_run_folder(data),
        outputs_persist=outputs_persist,
    )


def _broker_problems(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "mqtt" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    return [] if good else [f"--broker {url}: must be mqtt://host or mqtt://host:port"]


def _run_folder(data: Path | None) -> Path:
    """Return the run directory; create it if it does not exist.

    :raises ConfigError: if it cannot be made
    """
    if data is None:
        return Path(tempfile.mkdtemp(prefix="gardu-sim-"))
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"--data {data}: {error.strerror}"]) from None
    return data


def _find_config(procedures: list[str]) -> Path:
    """Return the first of Gardu's own configs that has all *procedures*.

    :raises ConfigError: if none has them all; it lists the procedures of each config
    """
    # gardu.toml before gardu-jatim.toml.
    files = sorted(default_config_folder().glob("gardu*.toml"), key=lambda file: file.stem)
    offered = {file: load_config(file, elsewhere=True).checkpoint.procedures for file in files}
    for file, names in offered.items():
        if set(procedures) <= set(names):
            return file
    has = [f"{file} has {', '.join(names)}" for file, names in offered.items()]
    asked = ", ".join(procedures)
    raise ConfigError([f"no config has all of the procedures {asked}", *has])


async def _play_day(settings: DaySettings, *, json_result: bool) -> int:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[int] = loop.create_future()
    _on_signals(loop, told)
    about = f"{settings.path.stem}: {settings.guests} guests, seed {settings.seed}"
    typer.echo(f"{about}, {settings.speed:g} times as fast", err=True)
    return await play_day(settings, told, as_json=json_result)


async def _simulate(settings: Settings, *, json_result: bool) -> int:
    """Run the simulation, show it, print the result; return the exit code."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    shown = sys.stdout.isatty() and not json_result
    view: View | None = None

    def report(words: str) -> None:
        if view is not None:
            view.say(words)
        else:
            typer.echo(words, err=True)

    report(f"scenario {settings.scenario_name}, {settings.guests} guests, seed {settings.seed}")
    told: asyncio.Future[int] = loop.create_future()
    _on_signals(loop, told)
    setting_up = asyncio.create_task(_set_up(settings, report))
    await asyncio.wait((setting_up, told), return_when=asyncio.FIRST_COMPLETED)
    if told.done() and not setting_up.done():
        setting_up.cancel()
        await asyncio.gather(setting_up, return_exceptions=True)
        return told.result()
    async with setting_up.result() as stage:
        if shown:
            view = View(stage, standards(stage.config))
        await _play(stage, told, view)
        view = None
        seconds = loop.time() - began
        _tell(stage, seconds, json_result=json_result)
        if told.done():
            return told.result()
        if stage.daemon.hopeless:
            return _USAGE
        return 0 if succeeded(stage) else _FAILED


async def _set_up(settings: Settings, report: Callable[[str], None]) -> Stage:
    stage = Stage(settings, report)
    await stage.open()
    return stage


def _on_signals(loop: asyncio.AbstractEventLoop, told: "asyncio.Future[int]") -> None:
    """Make Ctrl-C and SIGTERM set the future to the exit code."""

    def tell(code: int) -> None:
        if not told.done():
            told.set_result(code)

    loop.add_signal_handler(signal.SIGINT, tell, _INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, tell, _FAILED)


async def _play(stage: Stage, told: "asyncio.Future[int]", view: View | None) -> None:
    """Run until the end or a signal; after a signal, stop the daemon cleanly."""
    playing = asyncio.create_task(stage.play())
    showing = asyncio.create_task(_show(view))
    try:
        await asyncio.wait((playing, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (playing, showing):
            if task is showing or told.done():
                task.cancel()
        await asyncio.gather(playing, showing, return_exceptions=True)
    if told.done():
        stage.report("stopping")
        await stage.stop_daemon()
    else:
        playing.result()


async def _show(view: View | None) -> None:
    if view is None:
        return
    with Live(view, screen=True, auto_refresh=False) as live:
        while True:
            live.refresh()
            await asyncio.sleep(_REFRESH_REAL_S)


def _tell(stage: Stage, seconds: float, *, json_result: bool) -> None:
    if json_result:
        if stage.trouble:
            typer.echo(stage.trouble, err=True)
        typer.echo(json.dumps(as_json(stage, seconds)))
    else:
        print_summary(stage, seconds, Console())
        typer.echo(f"everything of this run is in {stage.run.folder}")
