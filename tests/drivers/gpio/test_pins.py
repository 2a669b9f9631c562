"""The choice of the pin library and of the chip."""

import logging
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import gpiod
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.drivers.gpio import pins
from edge.drivers.gpio.gpiod_chip import open_chip
from edge.drivers.gpio.gpiod_factory import GpiodFactory
from edge.drivers.gpio.pins import CHOICE, chosen_chip, chosen_library, pin_factory
from edge.errors import DeviceUnavailable
from tests.drivers.gpio.fake_chip import FakeChip
from tests.drivers.gpio.sysfs import PC, PI_4, PI_5, make_sysfs


def test_the_environment_decides_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The simulator is chosen by gpiozero's own variable, and no chip is searched for."""
    monkeypatch.setenv(CHOICE, "mock")
    monkeypatch.setattr(Device, "pin_factory", None)
    factory = pin_factory("auto", sysfs=tmp_path)
    assert isinstance(factory, MockFactory)
    factory.close()


def test_an_unknown_factory_is_an_unavailable_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the environment is reported like any other missing device."""
    monkeypatch.setenv(CHOICE, "no-such-pins")
    monkeypatch.setattr(Device, "pin_factory", None)
    with pytest.raises(DeviceUnavailable, match="no-such-pins"):
        pin_factory("auto")


def test_gpiod_is_the_default_on_the_headers_chip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where gpiod is installed it is used, and the journal names the chip."""
    opened: list[str] = []

    def chip(path: str) -> FakeChip:
        opened.append(path)
        return FakeChip()

    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(gpiod, "Chip", chip)
    with caplog.at_level(logging.INFO):
        factory = pin_factory("auto", sysfs=make_sysfs(tmp_path, PI_5))
    assert isinstance(factory, GpiodFactory)
    assert opened == ["/dev/gpiochip11"]
    assert "pins: gpiod" in caplog.text
    assert "pinctrl-fake, 58 lines" in caplog.text
    factory.close()


@pytest.mark.skipif(find_spec("lgpio") is None, reason="lgpio has no wheel for this Python")
def test_without_gpiod_2_it_is_lgpio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12 has a gpiod of version 1, which cannot be used."""
    assert chosen_library("auto") == "gpiod"
    monkeypatch.setitem(sys.modules, "gpiod", _module("gpiod"))
    assert chosen_library("auto") == "lgpio"
    with pytest.raises(DeviceUnavailable, match=r"gpiod \(version 2\) is not installed") as raised:
        chosen_library("gpiod")
    assert "pip install 'gardu[pi]'" in raised.value.remedy


def _module(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = find_spec("json")
    return module


@pytest.mark.parametrize("library", ["auto", "gpiod", "lgpio"])
def test_no_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """An installation without the extra names the command."""
    monkeypatch.setattr(pins, "find_spec", lambda _name: None)
    with pytest.raises(DeviceUnavailable, match="is not installed") as raised:
        chosen_library(library)
    assert "pip install" in raised.value.remedy


@pytest.mark.parametrize(
    ("chip", "chips", "number", "warned"),
    [
        ("auto", PI_5, 11, False),
        ("11", PI_5, 11, False),
        ("4", PI_5, 4, True),
        ("0", PI_4, 0, False),
        ("3", PC, 3, False),
    ],
)
def test_a_chip_that_is_not_the_headers_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, chip: str, chips: Any, number: int,
    warned: bool,
) -> None:  # fmt: skip
    """A number from an older kernel must not drive another chip's lines silently."""
    assert chosen_chip(chip, make_sysfs(tmp_path, chips)) == number
    assert ("the header's pins are on gpiochip11" in caplog.text) is warned


def test_a_chip_that_is_too_small_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expander with 8 lines is not the header."""
    chip = FakeChip(lines=8)
    monkeypatch.setattr(gpiod, "Chip", lambda _path: chip)
    with pytest.raises(DeviceUnavailable, match="has 8 lines: it is not the header"):
        open_chip(1)
    assert chip.closed


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (PermissionError(13, "Permission denied"), "group gpio"),
        (PermissionError(1, "Operation not permitted"), "DeviceAllow"),
        (FileNotFoundError(2, "No such file or directory"), "gpiodetect"),
        (OSError(5, "Input/output error"), "gpioinfo"),
    ],
)
def test_each_error_of_the_kernel_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, error: OSError, remedy: str
) -> None:
    """A technician reads what to do first."""

    def chip(_path: str) -> FakeChip:
        raise error

    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(gpiod, "Chip", chip)
    with pytest.raises(DeviceUnavailable, match=error.strerror) as raised:
        pin_factory("0", "gpiod")
    assert remedy in raised.value.remedy
