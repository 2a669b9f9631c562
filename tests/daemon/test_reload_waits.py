"""A reload that meets a hanging file or a held database has an answer in time."""

import asyncio
import threading
from typing import Any

import pytest

from edge.daemon import reload as module
from edge.daemon.last_good_procedures import Adopted
from edge.errors import ConfigError
from edge.sop.events import SystemAlarmRaised
from tests.daemon.test_reload import Desk, desk

__all__ = ["desk"]  # the fixture


def test_a_file_without_an_end_is_refused_in_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that hangs: the reload is refused with an alarm; once it has ended, all is as ever."""
    go, began, read = threading.Event(), threading.Event(), module._read

    def hang(*config: Any) -> tuple[Adopted, dict[str, Any]]:
        began.set()
        go.wait()
        return read(*config)

    async def scene() -> None:
        monkeypatch.setattr(module, "_read", hang)
        monkeypatch.setattr(module, "READ_S", 0.01)
        for _ in range(3):  # each waits behind the first: no more threads
            before = threading.active_count()
            with pytest.raises(ConfigError, match="the disk hangs, or a file has no end"):
                await desk.reload()
            assert threading.active_count() == before
        assert began.is_set()
        go.set()
        monkeypatch.setattr(module, "READ_S", 30.0)
        assert (await desk.reload()).changed == []

    asyncio.run(scene())
    assert len([event for event in desk.posted if isinstance(event, SystemAlarmRaised)]) == 3
    assert len(desk.adopted) == 1


def test_a_held_database_is_answered_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts are good but cannot be stored now: the answer says so; they are used later."""
    go, adopt = threading.Event(), desk.store.adopt_procedures

    def wait(texts: dict[str, str]) -> None:
        go.wait()
        adopt(texts)

    async def scene() -> None:
        monkeypatch.setattr(desk.store, "adopt_procedures", wait)
        monkeypatch.setattr(module, "STORE_S", 0.01)
        with pytest.raises(ValueError, match="used for new visits as soon as"):
            await desk.reload()
        with pytest.raises(ValueError, match="an earlier reload waits"):
            await desk.reload()
        await desk.reload.on_signal()  # a SIGHUP has no answer, and raises nothing
        assert desk.adopted == []
        go.set()
        while not desk.adopted:
            await asyncio.sleep(0.001)
        monkeypatch.setattr(module, "STORE_S", 30.0)
        assert (await desk.reload()).changed == []

    asyncio.run(scene())
