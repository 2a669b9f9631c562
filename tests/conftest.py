"""Fixtures for all tests."""

import pytest

from tests.brokers import embedded, mosquitto

__all__ = ["embedded", "mosquitto", "short_batches"]


@pytest.fixture
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store every acknowledgement as a batch of its own, for tests that need the moment of each."""
    monkeypatch.setattr("edge.store.outbox.FILL_S", 0.0)
