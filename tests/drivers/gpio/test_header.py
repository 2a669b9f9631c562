"""Finding the header's gpiochip, and whether its released outputs stay driven."""

from pathlib import Path

import pytest

from edge.drivers.gpio.header import header_chip, outputs_persist
from edge.errors import DeviceUnavailable
from tests.drivers.gpio.sysfs import PC, PI_3, PI_4, PI_5, make_sysfs


@pytest.mark.parametrize(("chips", "number"), [(PI_5, 11), (PI_4, 0), (PI_3, 0)])
def test_the_header_is_found_by_its_device_tree_name(
    tmp_path: Path, chips: dict[str, str], number: int
) -> None:
    """The number of the chip moves between kernels; its name does not."""
    assert header_chip(make_sysfs(tmp_path, chips)) == number


def test_a_machine_without_a_header_says_what_to_set(tmp_path: Path) -> None:
    """A PC, or an unknown board, gets an error whose remedy names the config key."""
    with pytest.raises(DeviceUnavailable, match="no gpiochip") as raised:
        header_chip(make_sysfs(tmp_path, PC))
    assert "[gpio] chip" in raised.value.remedy


@pytest.mark.parametrize(
    ("chips", "persist", "expected"),
    [
        pytest.param(PI_4, {"pinctrl_bcm2835": "Y"}, True, id="Raspberry Pi OS"),
        pytest.param(PI_4, {"pinctrl_bcm2835": "N"}, False, id="strict_gpiod"),
        pytest.param(PI_4, {}, False, id="a kernel without the parameter"),
        pytest.param(PI_5, {"pinctrl_bcm2835": "N", "pinctrl_rp1": "Y"}, True, id="Pi 5"),
        pytest.param(
            PI_5, {"pinctrl_bcm2835": "Y", "pinctrl_rp1": "N"}, False, id="Pi 5, strict_gpiod"
        ),
        pytest.param(PC, {"pinctrl_bcm2835": "Y"}, None, id="not a Pi"),
    ],
)
def test_outputs_persist(
    tmp_path: Path, chips: dict[str, str], persist: dict[str, str], expected: bool | None
) -> None:
    """Only the parameter of the header's own driver counts."""
    assert outputs_persist(make_sysfs(tmp_path, chips, persist)) is expected
