"""Fixtures that every test may ask for."""

import pytest

from tests.brokers import embedded, mosquitto

__all__ = ["embedded", "mosquitto", "short_batches"]


@pytest.fixture
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every acknowledgement be a batch of its own, for tests about their moments."""
    monkeypatch.setattr("edge.store.outbox.FILL_S", 0.0)
