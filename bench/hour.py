"""Measures an hour of a lobby at sixty times the speed: memory, and bytes written per visit."""

import asyncio

import msgspec

from bench.bed import Bed, lobby_of, pins, say
from bench.contact import PIN
from bench.peers import mqtt_io
from bench.proc import Written, peak_mb, resident_mb, written
from bench.table import Row
from edge.clock import Clock
from edge.config.places import default_config_folder
from edge.errors import GarduError
from sim.scenario import Guests, Scenario, Title
from sim.stage.keeper import Keeper
from sim.stage.settings import Settings
from sim.stage.stage import Stage

MEGABYTES, GROWTH_MB, VISIT_KB = 45.0, 1.0, 150.0
"""The targets: at any time; from a quarter of the hour to its end; written a visit."""

_HOUR_S, _SPEED, _GAP_S = 3600.0, 60.0, 200.0
_GLANCE_S = 0.5
# The endurance of a small SD card by its maker, bytes written before it wears out.
_CARD_BYTES = 8e12
_BLOCK = 4096
_YEAR_DAYS = 365


class Glance(msgspec.Struct, frozen=True):
    """The daemon at one moment; *mb* of resident memory."""

    at_s: float
    mb: float
    written: Written


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of memory and of wear."""
    guests = 4 if bed.quick else int(_HOUR_S / _GAP_S)
    say(f"an hour of lobby: {guests} guests in {guests * _GAP_S / _SPEED:.0f} s")
    settings = _settings(bed, guests)
    async with await Stage(settings, _keep_quiet, Keeper(Clock.scaled(_SPEED))).open() as stage:
        watching = asyncio.create_task(_watch(stage))
        await stage.play()
        glances, peak = await watching
        if stage.trouble:
            raise GarduError(stage.trouble)
        visits = sum(stage.received.outcomes.values())
        stills = [file.stat().st_size for file in stage.run.stills.rglob("*.jpg*")]
    return [await _memory(bed, glances, peak), _wear(glances, visits, stills)]


def _keep_quiet(_words: str) -> None:
    pass


def _settings(bed: Bed, guests: int) -> Settings:
    title = Title(id="satu jam", en="one hour")
    return Settings(
        config=default_config_folder() / "gardu.toml",
        procedures=["pimpinan", "eselon-2-3", "eselon-4-asn"],
        guests=guests,
        seed=1,
        speed=_SPEED,
        scenario=Scenario(title=title, guests=Guests(order=("normal",), gap_s=_GAP_S)),
        scenario_name="hour",
        broker=bed.url,
        folder=bed.new_folder("hour"),
    )


async def _watch(stage: Stage) -> tuple[list[Glance], float]:
    """Measure the daemon until it has ended; return the glances, and its peak memory."""
    loop = asyncio.get_running_loop()
    while not _awake(stage):  # noqa: ASYNC110 - it is another process that wakes
        await asyncio.sleep(_GLANCE_S / 10)
    pid = stage.daemon.pid
    assert pid is not None
    began, peak = loop.time(), 0.0
    glances: list[Glance] = []
    while stage.daemon.pid == pid:
        try:
            now = (loop.time() - began) * _SPEED
            glances.append(Glance(now, resident_mb(pid), written(pid)))
            peak = peak_mb(pid)
        except (ProcessLookupError, FileNotFoundError):
            break
        await asyncio.sleep(_GLANCE_S)
    return glances, peak


def _awake(stage: Stage) -> bool:
    return bool(stage.daemon.pid and stage.snapshot.get("lobby", {}).get("awake"))


async def _memory(bed: Bed, glances: list[Glance], peak: float) -> Row:
    version = mqtt_io.version()
    other = await _of_mqtt_io(bed) if version else 0.0
    quarter = glances[len(glances) // 4].mb
    growth = glances[-1].mb - quarter
    return Row(
        measure="resident memory, one hour of lobby",
        gardu=f"{peak:.1f} MB peak",
        against=f"{other:.1f} MB mqtt-io {version}, one contact" if version else "-",
        ratio=peak / other if version else None,
        target=f"<= {MEGABYTES:g} MB, flat",
        reached=peak <= MEGABYTES and growth <= GROWTH_MB,
        note=f"{glances[0].mb:.1f} MB once awake, {quarter:.1f} MB after a quarter of the hour, "
        f"{glances[-1].mb:.1f} MB at its end",
    )


async def _of_mqtt_io(bed: Bed) -> float:
    run = bed.run_dir("memory")
    async with (
        lobby_of(run),
        mqtt_io.mqtt_io(bed, PIN, mqtt_io.INTERRUPT, pins(run)) as process,
    ):
        await asyncio.sleep(3.0)
        return peak_mb(process.pid)


def _wear(glances: list[Glance], visits: int, stills: list[int]) -> Row:
    """Return the row of wear, without the stills: each is written once, in whole blocks."""
    first, last = glances[0].written, glances[-1].written
    blocks = sum(-(-size // _BLOCK) * _BLOCK for size in stills)
    disk = (last.disk - first.disk - blocks) / visits
    calls = (last.calls - first.calls - sum(stills)) / visits
    kb = disk / 1e3
    return Row(
        measure="written to disk a visit",
        gardu=f"{kb:.0f} kB",
        against=f"{calls / 1e3:.0f} kB given to write()",
        ratio=disk / calls,
        target=f"<= {VISIT_KB:g} kB",
        reached=kb <= VISIT_KB,
        note=_card(disk, visits, sum(stills) / visits),
    )


def _card(disk: float, visits: int, still: float) -> str:
    days = 300
    years = _CARD_BYTES / (disk * days * _YEAR_DAYS)
    return (
        f"over {visits} visits, without stills ({still / 1e3:.0f} kB a visit more); at {days} "
        f"visits every day an SD card of 8 TB endurance lasts {years:,.0f} years by these bytes "
        f"(a card may wear several times faster than its host writes)"
    )
