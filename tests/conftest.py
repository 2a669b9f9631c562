"""Fixtures that every test may ask for."""

from tests.brokers import embedded, mosquitto

__all__ = ["embedded", "mosquitto"]
