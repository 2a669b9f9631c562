"""The lgpio factory: its FIFO, its claims, and the chip that it really opened."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice, Factory

from edge.drivers.gpio.pins import CHOICE, pin_factory
from edge.errors import DeviceUnavailable


@pytest.mark.skipif(find_spec("lgpio") is None, reason="lgpio has no wheel for this Python")
def test_importing_lgpio_leaves_the_working_directory_alone(tmp_path: Path) -> None:
    """The real lgpio makes its FIFO in the runtime directory; the working directory stays."""
    program = (
        "from pathlib import Path\n"
        "from edge.drivers.gpio.pins import pin_factory\n"
        "from edge.errors import DeviceUnavailable\n"
        "try:\n    pin_factory('97', 'lgpio')\n"
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
    """Stands in for lgpio, which has no chip here: records claims and writes, in order.

    :param opens: the name of the chip that it opens
    """

    class error(Exception):  # noqa: N801  # lgpio's name
        """lgpio's own error class."""

    def __init__(self, opens: str) -> None:
        super().__init__("lgpio")
        self.__spec__ = sys.modules["json"].__spec__
        self.calls: list[tuple[Any, ...]] = []
        self._opens = opens

    def __getattr__(self, name: str) -> Any:
        if name.isupper():
            return 0  # one of its flags
        if name == "gpio_get_mode":
            return lambda *_: 0
        if name == "gpio_get_chip_info":
            return lambda _handle: [0, 58, self._opens, "pinctrl-bcm2711"]

        def call(*arguments: Any) -> int:
            self.calls.append((name, *arguments))
            return 7  # a handle

        return call


def diary(monkeypatch: pytest.MonkeyPatch, opens: str = "gpiochip4") -> tuple[LgpioDiary, Factory]:
    """Make the factory of gpiochip 4 on a fake lgpio that opens the chip *opens*."""
    lgpio = LgpioDiary(opens)
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setenv("LG_WD", "/")
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    # gpiozero's module is imported with the fake, and must not stay so for other tests.
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", lgpio)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio")
    return lgpio, pin_factory("4", "lgpio")


@pytest.mark.parametrize("active_high", [True, False])
def test_an_output_is_claimed_with_its_resting_level(
    monkeypatch: pytest.MonkeyPatch,
    active_high: bool,  # pytest
) -> None:
    """An active-low relay must not be claimed low first: a locker would open at the start."""
    lgpio, factory = diary(monkeypatch)
    monkeypatch.setattr(type(factory), "_get_revision", lambda _: 0xC04170)  # a Pi 5
    relay = DigitalOutputDevice(5, active_high=active_high, pin_factory=factory)
    rest = 0 if active_high else 1
    claims = [call for call in lgpio.calls if call[0] in ("gpio_claim_output", "gpio_write")]
    assert claims == [("gpio_claim_output", 7, 5, rest)]
    assert ("gpiochip_open", 4) in lgpio.calls
    relay.close()
    factory.close()


def test_another_chip_than_the_wanted_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gpiozero 2.0.1 ignored the number: the daemon would drive another chip's lines."""
    with pytest.raises(DeviceUnavailable, match="opened gpiochip0 instead of gpiochip4") as raised:
        diary(monkeypatch, opens="gpiochip0")
    assert "gpiozero>=2.0.1.post1" in raised.value.remedy
