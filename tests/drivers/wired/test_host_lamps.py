"""The lamps of the hosts: only the host of the guest being received is lit."""

import pytest

from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.wired.host_lamps import WiredHostLamps
from edge.errors import DeviceUnavailable
from tests.drivers.conftest import Pins


def test_the_lamps_follow_the_choice_and_rest_at_the_end(pins: Pins, clock: Clock) -> None:
    """One lit, then the other, then none; closed: all dark."""
    outputs = {"bupati": Output(pin=13), "wakil-bupati": Output(pin=11, active="low")}
    lamps = WiredHostLamps("hosts", outputs, pins.channels(clock), clock)
    with pytest.raises(DeviceUnavailable):
        lamps.light({"bupati": True})
    lamps.open()

    def lit() -> tuple[bool, bool]:
        return bool(pins[13].state), not pins[11].state

    assert lit() == (False, False)
    lamps.light({"bupati": True, "wakil-bupati": False, "another": True})
    assert lit() == (True, False)
    lamps.light({"bupati": False, "wakil-bupati": True})
    assert lit() == (False, True)
    lamps.light({})
    assert lit() == (False, False)
    lamps.light({"bupati": True})
    lamps.close()
    assert not pins[13].driven[-1]
