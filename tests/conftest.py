"""Fixtures for all tests."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers import embedded, mosquitto

__all__ = ["embedded", "mosquitto", "short_batches"]

# Hundreds of tests start Python processes. Where the environment forbids to store bytecode, each
# of them would compile every module again, and each worker of pytest every test.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# On a busy machine an example may take any time: neither limit shows a fault of the code.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Give the umask back that a command, run in the process of the tests, has changed."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store every acknowledgement as a batch of its own, for tests that need the moment of each."""
    monkeypatch.setattr("edge.store.outbox.FILL_S", 0.0)
