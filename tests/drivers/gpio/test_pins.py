"""Finding the header's pins, and claiming an output with its level."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.pins.mock import MockFactory

from edge.drivers.gpio.pins import CHOICE, header_chip, pin_factory
from edge.errors import DeviceUnavailable

PI_5 = {
    "gpiochip0": "brcm,brcmstb-gpio",
    "gpiochip10": "brcm,bcm7445-gpio\0brcm,brcmstb-gpio",
    "gpiochip11": "raspberrypi,rp1-gpio",
}
PI_4 = {"gpiochip0": "brcm,bcm2711-gpio", "gpiochip1": "raspberrypi,firmware-gpio"}
PI_3 = {"gpiochip0": "brcm,bcm2835-gpio", "gpiochip2": "raspberrypi,firmware-gpio"}


def sysfs(root: Path, chips: dict[str, str]) -> Path:
    """Create gpiochips as in the kernel's sysfs: device-tree strings end with a zero byte."""
    for chip, names in chips.items():
        node = root / "bus/gpio/devices" / chip / "of_node"
        node.mkdir(parents=True)
        (node / "compatible").write_bytes(names.encode() + b"\0")
    return root


@pytest.mark.parametrize(("chips", "number"), [(PI_5, 11), (PI_4, 0), (PI_3, 0)])
def test_the_header_is_found_by_its_device_tree_name(
    tmp_path: Path, chips: dict[str, str], number: int
) -> None:
    """The number of the chip moves between kernels; its name does not."""
    assert header_chip(sysfs(tmp_path, chips)) == number


def test_a_machine_without_a_header_says_what_to_set(tmp_path: Path) -> None:
    """A PC, or an unknown board, gets an error whose remedy names the config key."""
    with pytest.raises(DeviceUnavailable, match="no gpiochip") as error:
        header_chip(sysfs(tmp_path, {"gpiochip0": "intel,some-gpio"}))
    assert "[gpio] chip" in error.value.remedy


def test_the_environment_decides_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The simulator is chosen by gpiozero's own variable, and no chip is searched for."""
    monkeypatch.setenv(CHOICE, "mock")
    monkeypatch.setattr(Device, "pin_factory", None)
    factory = pin_factory("auto", tmp_path)
    assert isinstance(factory, MockFactory)
    factory.close()


def test_an_unknown_factory_is_an_unavailable_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the environment is reported like any other missing device."""
    monkeypatch.setenv(CHOICE, "no-such-pins")
    monkeypatch.setattr(Device, "pin_factory", None)
    with pytest.raises(DeviceUnavailable, match="no-such-pins"):
        pin_factory("auto")


def test_importing_lgpio_leaves_the_working_directory_alone(tmp_path: Path) -> None:
    """The real lgpio makes its FIFO in the runtime directory; the working directory stays."""
    program = (
        "from pathlib import Path\n"
        "from edge.drivers.gpio.pins import pin_factory\n"
        "from edge.errors import DeviceUnavailable\n"
        "try:\n    pin_factory('97')\n"
        "except DeviceUnavailable as error:\n    print(error)\n"
        "print(Path.cwd())\n"
    )
    runtime, here = tmp_path / "runtime", tmp_path / "here"
    runtime.mkdir()
    here.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=here,
        env={"RUNTIME_DIRECTORY": str(runtime)},
        capture_output=True,
        text=True,
        check=True,
    )
    error, where = done.stdout.splitlines()
    assert error.startswith("gpio: ")
    assert where == str(here)
    assert list(here.iterdir()) == []
    assert [file.is_fifo() for file in runtime.iterdir()] == [True]


class LgpioDiary(ModuleType):
    """Stands in for lgpio, which has no chip here: records claims and writes, in order."""

    class error(Exception):  # noqa: N801  # lgpio's name
        """lgpio's own error class."""

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        if name.isupper():
            return 0  # one of its flags
        if name == "gpio_get_mode":
            return lambda *_: 0

        def call(*arguments: Any) -> int:
            self.calls.append((name, *arguments))
            return 7  # a handle

        return call


@pytest.mark.parametrize("active_high", [True, False])
def test_an_output_is_claimed_with_its_resting_level(
    monkeypatch: pytest.MonkeyPatch,
    active_high: bool,  # pytest
) -> None:
    """An active-low relay must not be claimed low first: a locker would open at the start."""
    lgpio = LgpioDiary()
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setenv("LG_WD", "/")
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    # gpiozero's module is imported with the fake, and must not stay so for other tests.
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", lgpio)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio")
    factory = pin_factory("4")
    monkeypatch.setattr(type(factory), "_get_revision", lambda _: 0xC04170)  # a Pi 5
    relay = DigitalOutputDevice(5, active_high=active_high, pin_factory=factory)
    rest = 0 if active_high else 1
    claims = [call for call in lgpio.calls if call[0] in ("gpio_claim_output", "gpio_write")]
    assert claims == [("gpio_claim_output", 7, 5, rest)]
    assert ("gpiochip_open", 4) in lgpio.calls
    relay.close()
    factory.close()
