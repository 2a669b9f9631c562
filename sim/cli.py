"""`gardu sim`: a lobby of simulated guests, the unmodified daemon, a broker and a subscriber."""

import asyncio
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from urllib.parse import urlsplit

import msgspec
import typer
from rich.live import Live

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.values import Name
from edge.errors import ConfigError
from edge.terminal import Terminal
from sim import scenario as scenarios
from sim.days.command import play as play_day
from sim.days.command import settings_for
from sim.days.stage import DaySettings
from sim.page.lesson import Lesson
from sim.page.lesson import load as load_lesson
from sim.possible import fit
from sim.stage.keeper import Keeper, run
from sim.stage.own_time import OwnTimeKeeper, own_time
from sim.stage.pace import Pace
from sim.stage.progress import say
from sim.stage.settings import Settings, Speed
from sim.stage.site import simulated, write_config
from sim.stage.stage import Stage
from sim.stage.standards import standards
from sim.stage.summary import as_json, print_summary, succeeded
from sim.stage.view import View
from sim.zone import today_ms

if TYPE_CHECKING:
    from sim.page.page import Page

_REFRESH_REAL_S = 0.25
_GUESTS = 6
_SLOWEST, _FASTEST = 1, 120
# When a scenario with its own time begins, seconds after midnight: in the office's hours.
_MORNING_S = 8 * 3600.0
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
        str | None,
        typer.Option(
            help="How many times faster than real time, 1 to 120; or max: time that stands still "
            "while anybody works, so that the same seed gives the same records. Default: max for "
            "a day and with --json, else 30.",
        ),
    ] = None,
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
    site: Annotated[
        str | None,
        typer.Option(
            help="The site under which the simulation publishes. Default: sim- and the config's "
            "site, so that no record of a simulation is mistaken for a real one."
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
    page: Annotated[
        bool,
        typer.Option(
            "--page",
            help="Play the lobby yourself, on a page in your browser: it prints the address. Time "
            "passes as in reality unless --speed says otherwise; Ctrl-C ends it.",
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The page's port on 127.0.0.1. 0: a free one.")
    ] = 0,
    lesson: Annotated[
        str | None,
        typer.Option(
            help="With --page: a guided shift of ten guests with a score: reception, officer-1, "
            "officer-2, officer-3, aide, or a TOML file of your own."
        ),
    ] = None,
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
    default: Speed = 1.0 if page else "max" if day is not None or json_result else 30.0
    chosen_speed = _speed(speed, default)
    if day is not None:
        planned = settings_for(day, guests, chosen_seed, chosen_speed, _run_folder(data))
        raise typer.Exit(asyncio.run(_play_day(planned, json_result=json_result)))
    settings = _settings(
        config=config or _find_config(procedure or []),
        procedures=procedure or [],
        guests=guests or (0 if page else _GUESTS),
        seed=chosen_seed,
        speed=chosen_speed,
        scenario=scenario,
        broker=broker,
        site=site,
        data=data,
        outputs_persist=outputs_persist,
        played=page,
    )
    if lesson is not None and not page:
        raise ConfigError(["--lesson: is played on the page: add --page"])
    played = Played(port, None if lesson is None else load_lesson(lesson)) if page else None
    with _keeper(settings) as keeper:
        code = run(keeper, _simulate(settings, keeper, json_result=json_result, played=played))
    raise typer.Exit(code)


class Played(NamedTuple):
    """How a simulation is played on a page.

    :ivar port: of the page; 0: a free one
    :ivar lesson: None: the player is free
    """

    port: int
    lesson: Lesson | None


@contextmanager
def _keeper(settings: Settings) -> Iterator[Keeper]:
    """Return the keeper of a scenario's time; its own time begins in the morning of today."""
    if settings.speed == "max" or settings.played:
        pace = Pace(None if settings.speed == "max" else settings.speed)
        with own_time(today_ms(_MORNING_S), pace) as keeper:
            yield keeper
    else:
        yield Keeper(Clock.scaled(settings.speed))


def _speed(text: str | None, default: Speed) -> Speed:
    """Return the speed of the option *text*.

    :raises typer.BadParameter: if it is neither ``max`` nor a number from 1 to 120
    """
    if text is None or text == "max":
        return "max" if text else default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not _SLOWEST <= number <= _FASTEST:
        raise typer.BadParameter(
            f"{text} is neither max nor a number from 1 to 120", param_hint="--speed"
        )
    return number


def _settings(
    *,
    config: Path,
    procedures: list[str],
    guests: int,
    seed: int,
    speed: Speed,
    scenario: str,
    broker: str | None,
    site: str | None,
    data: Path | None,
    outputs_persist: bool,
    played: bool,
) -> Settings:
    """Check the options against each other.

    :raises ConfigError: with every problem found
    """
    checkpoint = load_config(config, elsewhere=True).checkpoint
    offered = checkpoint.procedures
    name = site or simulated(checkpoint.site)
    asked = list(dict.fromkeys(procedures)) or offered
    problems = [
        f"--procedure {name}: {config} has {', '.join(offered)}"
        for name in asked
        if name not in offered
    ]
    problems += [] if broker is None else _broker_problems(broker)
    problems += _site_problems(name)
    found = scenarios.load(scenarios.find(scenario))
    if problems:
        raise ConfigError(problems)
    if len(asked) == 1 and not played:
        found, left_out = fit(found, asked[0], config)
        for words in left_out:
            say(words, err=True)
    folder = _run_folder(data)
    real = name == checkpoint.site
    return Settings(
        config=config if real else write_config(config, name, folder),
        procedures=asked,
        guests=guests,
        seed=seed,
        speed=speed,
        scenario=found,
        scenario_name=Path(scenario).stem,
        broker=broker,
        folder=folder,
        clears=None if broker is None else "changed" if real else "all",
        outputs_persist=outputs_persist,
        played=played,
    )


def _broker_problems(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "mqtt" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    return [] if good else [f"--broker {url}: must be mqtt://host or mqtt://host:port"]


def _site_problems(name: str) -> list[str]:
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        return [f"--site {name}: lower-case letters, digits and single dashes, at most 64"]
    return []


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
    say(f"{about}, speed {settings.speed}", err=True)
    return await play_day(settings, told, as_json=json_result)


async def _simulate(
    settings: Settings, keeper: Keeper, *, json_result: bool, played: "Played | None"
) -> int:
    """Run the simulation, show it, print the result; return the exit code.

    :param played: how it is played on a page; None: it is not
    """
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    shown = sys.stdout.isatty() and not json_result and settings.speed != "max"
    view: View | None = None
    page: Page | None = None

    def report(words: str) -> None:
        if view is not None:
            view.say(words)
        else:
            say(words, err=True)
        if page is not None:
            page.say(words)

    report(f"scenario {settings.scenario_name}, {settings.guests} guests, seed {settings.seed}")
    told: asyncio.Future[int] = loop.create_future()
    _on_signals(loop, told)
    setting_up = asyncio.create_task(_set_up(settings, report, keeper))
    await asyncio.wait((setting_up, told), return_when=asyncio.FIRST_COMPLETED)
    if told.done() and not setting_up.done():
        setting_up.cancel()
        await asyncio.gather(setting_up, return_exceptions=True)
        return told.result()
    async with setting_up.result() as stage:
        report(f"publishes as site {stage.config.checkpoint.site}")
        if played is not None:
            assert isinstance(keeper, OwnTimeKeeper)
            with _page(stage, keeper, played) as page:
                report(f"the page is at {page.url} (Ctrl-C ends it)")
                await _play(stage, told, None)
            return 0 if told.done() and told.result() == _INTERRUPTED else _FAILED
        if shown:
            view = View(stage, standards(stage.config))
        await _play(stage, told, view)
        view = None
        seconds = time.monotonic() - began
        _tell(stage, seconds, json_result=json_result)
        if told.done():
            return told.result()
        if stage.daemon.hopeless:
            return _USAGE
        return 0 if succeeded(stage) else _FAILED


def _page(stage: Stage, keeper: OwnTimeKeeper, played: "Played") -> "Page":
    """Return the page of *stage*.

    :raises ConfigError: if the port cannot be used
    """
    from sim.page.page import Page  # slow to load, and no other run needs it

    try:
        return Page(stage, keeper, played.port, played.lesson)
    except OSError as error:
        raise ConfigError([f"--port {played.port}: {error.strerror}"]) from None


async def _set_up(settings: Settings, report: Callable[[str], None], keeper: Keeper) -> Stage:
    stage = Stage(settings, report, keeper)
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
    with Live(view, console=Terminal(), screen=True, auto_refresh=False) as live:
        while True:
            live.refresh()
            await asyncio.sleep(_REFRESH_REAL_S)


def _tell(stage: Stage, seconds: float, *, json_result: bool) -> None:
    if json_result:
        if stage.trouble:
            say(stage.trouble, err=True)
        sys.stdout.write(json.dumps(as_json(stage, seconds)) + "\n")
    else:
        print_summary(stage, seconds, Terminal())
        say(f"everything of this run is in {stage.run.folder}")
