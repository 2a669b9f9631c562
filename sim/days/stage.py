"""A whole day: several checkpoints at once, one broker, one central office.

Each checkpoint is a stage of its own (sim/stage/stage.py): its world, its line, its unmodified
daemon. They share the broker, the central office and the clock.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from edge.clock import Clock
from edge.config.places import default_config_folder
from edge.config.toml_text import read_toml
from edge.errors import ConfigError
from sim.days.account import End
from sim.days.arrivals import arrivals, share
from sim.days.programme import CheckpointDay, Programme, acts, scenario, seconds
from sim.people.prospect import Prospects
from sim.scenario import Branch
from sim.stage.broker import Broker
from sim.stage.central import Central
from sim.stage.desk import Request
from sim.stage.keeper import Keeper
from sim.stage.own_time import own_time
from sim.stage.play import Play
from sim.stage.settings import Settings, Speed
from sim.stage.site import simulated
from sim.stage.stage import Stage
from sim.zone import today_ms

# Real seconds in which everything must start before the doors open; with a time of its own, the
# seconds before it.
_START_REAL_S = 6.0
_EARLY_S = 60.0


class DaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The day to be simulated; *path* is the programme's file, *folder* the run's."""

    programme: Programme
    path: Path
    guests: int
    seed: int
    speed: Speed
    folder: Path


class DayStage(Play):
    """One day. Use as ``async with await DayStage(...).open() as day: await day.play()``.

    :param report: called with messages for people
    :param keeper: of the day's time (:func:`day_keeper`)
    :ivar stages: one for each checkpoint, in the programme's order
    """

    def __init__(
        self, settings: DaySettings, report: Callable[[str], None], keeper: Keeper
    ) -> None:
        super().__init__()
        self.settings = settings
        self.keeper = keeper
        self.clock = self.keeper.clock
        self.stages: list[Stage] = []
        self._report = report

    async def _set_up(self) -> None:
        folder = self.settings.folder
        broker = await self._stack.enter_async_context(Broker(folder, self.keeper))
        central = Central("127.0.0.1", broker.port, folder / "watch.log", self.keeper)
        await self._stack.enter_async_context(central)
        programme = self.settings.programme
        counts = share(programme, self.settings.guests)
        for place, guests in zip(programme.checkpoint, counts, strict=True):
            settings = self._settings(place, guests, broker.url)
            stage = Stage(settings, self._reporter(place.config), self.keeper, central)
            self.stages.append(await self._stack.enter_async_context(await stage.open()))

    def _reporter(self, name: str) -> Callable[[str], None]:
        return lambda words: self._report(f"{name}: {words}")

    def _settings(self, place: CheckpointDay, guests: int, broker: str) -> Settings:
        programme, seed = self.settings.programme, self.settings.seed
        config = write_config(place, self.settings.path.parent, self.settings.folder)
        prospects = Prospects(config)

        def has_way(procedure: str, branch: Branch) -> bool:
            return prospects.of(procedure, branch).intention is not None

        return Settings(
            config=config,
            procedures=list(place.procedures),
            guests=guests,
            seed=seed,
            speed=self.settings.speed,
            scenario=scenario(programme, place),
            scenario_name=self.settings.path.stem,
            broker=broker,
            folder=config.parent,
            arrivals=arrivals(programme, place, guests, seed, has_way),
            texts=prospects.texts,
            opens_ms=opening_ms(programme),
            requests=acts(programme, place, Request),
            first_guest_opens=place.first_guest_opens,
        )

    async def play(self) -> None:
        """Run until all guests of all checkpoints are gone and everything is delivered."""
        async with asyncio.TaskGroup() as playing:
            for stage in self.stages:
                playing.create_task(stage.play())

    async def stop(self) -> None:
        """Stop the daemons as systemd would."""
        await asyncio.gather(*(stage.stop_daemon() for stage in self.stages))

    def ends(self) -> list[End]:
        """Return the end of each checkpoint's day (so far)."""
        return [
            End(
                name=stage.name,
                received=stage.received,
                expected=stage.settings.guests,
                left=stage.left,
                laws=stage.laws,
                restarts=stage.daemon.restarts,
                verdict=tuple(stage.verdict),
                incidents=tuple(stage.alarms),
                trouble=stage.trouble,
            )
            for stage in self.stages
        ]


def opening_ms(programme: Programme) -> int:
    """Return when the doors open today, milliseconds since 1970 UTC."""
    return today_ms(seconds(programme.opens))


@contextmanager
def day_keeper(settings: DaySettings) -> Iterator[Keeper]:
    """Return the keeper of a day's time: it begins shortly before the doors open."""
    if settings.speed == "max":
        with own_time(opening_ms(settings.programme) - _EARLY_S * 1000) as keeper:
            yield keeper
    else:
        yield Keeper(opening_clock(settings.programme, settings.speed))


def opening_clock(programme: Programme, speed: float) -> Clock:
    """Return a clock that now shows a time shortly before the doors open."""
    origin_ms = opening_ms(programme) - round(_START_REAL_S * speed * 1000)
    return Clock(speed, Clock().boot_ns(), origin_ms * 1_000_000)


def write_config(place: CheckpointDay, beside: Path, folder: Path) -> Path:
    """Write the config of *place* with the additions of this day; return its file.

    :param beside: the folder of the day's file
    :param folder: that of the run; each checkpoint has one of its own in it
    :raises ConfigError: if there is no such config
    """
    source = _find_config(place.config, beside)
    raw = merge(read_toml(source), place.more)
    checkpoint = raw["checkpoint"]
    checkpoint["sop"] = str((source.parent / checkpoint.get("sop", "sop")).absolute())
    checkpoint["site"] = simulated(checkpoint["site"])
    own = folder / str(checkpoint["id"])
    own.mkdir(exist_ok=True)
    written = own / "checkpoint.toml"
    written.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return written


def _find_config(name: str, beside: Path) -> Path:
    for folder in (default_config_folder(), beside):
        path: Path = folder / name
        if path.is_file():
            return path
    raise ConfigError([f"{name}: no such config, neither of Gardu's own nor in {beside}"])


def merge(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return *base* with the values of *more*; tables are merged, everything else replaced."""
    merged = dict(base)
    for key, value in more.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = merge(old, value)
        else:
            merged[key] = value
    return merged
