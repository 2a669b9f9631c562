"""The config watch: a mistake made after the start shows before the next start."""

import asyncio
import os
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.daemon import config_watch
from edge.daemon.config_watch import CONFIG_REFUSED, ConfigWatch
from edge.sop.events import Event, SystemAlarmCleared, SystemAlarmRaised
from tests.daemon.test_run import config_file


class Bench:
    """A watch over the config of *folder*."""

    def __init__(self, folder: Path) -> None:
        self.file = config_file(folder)
        self.good = self.file.read_text(encoding="utf-8")
        self.events: list[Event] = []
        self.watch = ConfigWatch(self.file, lambda make: self.events.append(make(Clock().now())))
        self._changes = 0

    def write(self, text: str) -> None:
        """Change the file; its time is another one, however coarse the file system's times are."""
        self.file.write_text(text, encoding="utf-8")
        self._changes += 1
        os.utime(self.file, (self._changes, self._changes))

    def check(self, times: int = 1) -> list[type[Event]]:
        """Check so often; return the types of the new events."""
        before = len(self.events)
        for _ in range(times):
            self.watch.check(self.file)
        return [type(event) for event in self.events[before:]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a watch over a good config."""
    return Bench(tmp_path)


def test_a_mistake_is_an_alarm_until_it_is_corrected(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Read once after each change; the journal has the problem, the alarm none of the text."""
    assert bench.check(3) == []
    bench.write(bench.good.replace("[checkpoint]", "[checkpoint]\nsekret = 'rahasia'", 1))
    assert bench.check(3) == [SystemAlarmRaised]
    (raised,) = bench.events
    assert isinstance(raised, SystemAlarmRaised)
    assert raised.kind == CONFIG_REFUSED
    assert "sekret" in caplog.text
    assert "sekret" not in raised.detail
    assert bench.watch.refused
    bench.write(bench.good)
    assert bench.check(3) == [SystemAlarmCleared]
    assert not bench.watch.refused


def test_a_file_that_is_still_written_is_not_judged(bench: Bench) -> None:
    """An editor that saves in steps raises no alarm."""
    bench.write("")
    assert bench.check() == []
    bench.write("[checkpoint")
    assert bench.check() == []
    bench.write(bench.good)
    assert bench.check(2) == [SystemAlarmCleared]


@pytest.mark.parametrize("how", ["removed", "unreadable"])
def test_a_file_that_is_gone_is_an_alarm(bench: Bench, how: str) -> None:
    """The next start needs it; once it is back, the alarm is over."""
    aside = bench.file.with_name("aside")
    bench.file.rename(aside)
    if how == "unreadable":
        bench.file.mkdir()
    assert bench.check(3) == [SystemAlarmRaised]
    if how == "unreadable":
        bench.file.rmdir()
    aside.rename(bench.file)
    bench.write(bench.good)
    assert bench.check(3) == [SystemAlarmCleared]


def test_it_checks_until_it_is_cancelled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a thread of its own, every CHECK_S; without a file it ends at once."""
    monkeypatch.setattr(config_watch, "CHECK_S", 0.0)

    async def scenario() -> None:
        task = asyncio.create_task(bench.watch.run())
        bench.write("nonsense")
        while not bench.watch.refused:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ConfigWatch(None, lambda _make: None).run()

    asyncio.run(scenario())
    assert [type(event) for event in bench.events] == [SystemAlarmRaised]
