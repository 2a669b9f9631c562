"""Loop errors: the same error of asyncio in a row is one line, and its count at the end."""

import asyncio
import logging

import pytest

from edge.daemon import loop_errors
from edge.daemon.loop_errors import LoopErrors

WORDS = "socket.accept() out of system resource"


def test_a_spell_is_two_lines(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A hundred failed tries are one line without a traceback; its end has the count."""
    monkeypatch.setattr(loop_errors, "QUIET_S", 0.01)

    async def spell() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(LoopErrors(loop))
        for _ in range(100):
            error = OSError(24, "Too many open files")
            loop.call_exception_handler({"message": WORDS, "exception": error})
        assert len(caplog.records) == 1
        while len(caplog.records) < 2:
            await asyncio.sleep(0.001)
        loop.call_exception_handler({"message": WORDS, "exception": ValueError("another")})

    asyncio.run(spell())
    first, last, other = caplog.records
    assert first.getMessage() == f"{WORDS}: [Errno 24] Too many open files"
    assert first.exc_info is None
    assert "100 times in all" in last.getMessage()
    assert other.exc_info is not None
    assert other.levelno == logging.ERROR
