"""The contract of a buzzer, on its twin and on the bench of a technician.

A test module subclasses :class:`BuzzerContract` as ``Test…`` and gives it a fixture ``bench``
with its driver open.
"""

from typing import Protocol

import pytest

from edge.drivers import base
from edge.errors import DeviceUnavailable


class Bench(Protocol):
    """A buzzer behind a driver, as it is heard."""

    @property
    def driver(self) -> base.Buzzer:
        """The driver under test."""

    def heard(self, pattern: str) -> bool:
        """Return True if the last sound was *pattern*."""

    def sounds(self) -> bool:
        """Return True while it sounds."""


class BuzzerContract:
    """Tests for all buzzers."""

    @pytest.mark.parametrize("pattern", ["accepted", "refused", "alarm"])
    def test_every_pattern_is_told_from_the_others(
        self, bench: Bench, pattern: base.BeepPattern
    ) -> None:
        """Patterns differ by count and length: officers know the answer by ear alone."""
        bench.driver.beep(pattern)
        assert bench.heard(pattern)
        assert not bench.sounds()

    def test_it_is_silent_once_closed(self, bench: Bench) -> None:
        """A closed buzzer is silent, and a call to beep raises."""
        bench.driver.close()
        bench.driver.close()
        assert not bench.sounds()
        with pytest.raises(DeviceUnavailable):
            bench.driver.beep("accepted")
