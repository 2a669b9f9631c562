"""The kernel's trace of the header's lines, and the verdict on it."""

import pytest

from virtual_pi.traces import Change, blips, changes, first_line

CHIPS = """gpiochip0: GPIOs 512-565, parent: platform/gpio-sim.0, gpio-sim.0-node0, can sleep:
 gpio-517 (                    |gardu               ) out hi
"""
# A claim of GPIO 5 at its rest level, a pulse of it, and its release.
TRACE = """\
 python-710 [000] ..... 25.100: gpio_value: 517 set 1
 python-710 [000] ..... 25.101: gpio_direction: 517 out (0)
 python-710 [000] ..... 25.200: gpio_value: 529 get 0
 python-710 [001] ..... 30.000: gpio_value: 517 set 0
 python-710 [001] ..... 30.510: gpio_value: 517 set 1
 python-710 [001] ..... 31.000: gpio_direction: 529  in (0)
"""


def test_first_line_of_the_header() -> None:
    """Lines of the trace have the kernel's numbers, which begin at the chip's first."""
    assert first_line(CHIPS) == 512


def test_no_simulated_chip_is_an_error() -> None:
    """A guest without its header is an error, not a pass."""
    with pytest.raises(ValueError, match="gpio-sim"):
        first_line("")


def test_changes_are_levels_put_out_and_inputs() -> None:
    """Reads and outputs without a level of their own are no changes."""
    assert changes(TRACE, 512) == [
        Change(25.1, 5, 1), Change(30.0, 5, 0), Change(30.51, 5, 1), Change(31.0, 17, None),
    ]  # fmt: skip


def test_blip_is_a_level_other_than_rest() -> None:
    """A lock that is driven for a moment is found, a claim at rest is none."""
    found = changes(TRACE, 512)
    assert blips(found, {5: 1}) == [Change(30.0, 5, 0)]
    assert blips(found[:1], {5: 1}) == []
    assert blips(found, {6: 1}) == []
