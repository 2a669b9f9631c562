"""Judgement of the trial on the Pi 3B: each fault of product or kernel is seen."""

import json
from typing import Any

import pytest

from virtual_pi.raspi3b.run import findings
from virtual_pi.raspi3b.verdict import DRIVEN, at_rest, wrong_in_full, wrong_in_release

REST = {"5": "gpio_out hi", "9": "gpio_out lo"}
INPUTS = {"5": "gpio_in lo", "9": "gpio_in hi"}
NAMED = {"code": 1, "output": "Add dtparam=strict_gpiod to /boot/firmware/config.txt"}
OK = {"code": 0, "output": "ok"}

FULL: dict[str, Any] = {
    "persist": "Y", "factory": "GpiodFactory", "driven": DRIVEN, "killed": DRIVEN,
    "outputs-off": OK, "cured": REST, "doctor": NAMED, "unit-driven": DRIVEN, "unit-killed": REST,
    "unit-state": "signal", "ready": {"code": 0, "seconds": 20.0}, "library": ["gpiod"],
    "claimed": REST, "stopped": REST, "journal": "", "check": {**NAMED, "code": 0},
    "imports": ["60 modules"],
}  # fmt: skip
RELEASE: dict[str, Any] = {
    "persist": "N", "factory": "GpiodFactory", "driven": DRIVEN, "killed": INPUTS, "doctor": OK,
    "outputs-off": OK, "cured": REST,
}  # fmt: skip


def test_findings_between_other_lines_of_the_console() -> None:
    """Findings are read between the kernel's lines; one that is not complete yet is left out."""
    console = (
        f'[ 1.0] booting\r\nTRIAL {json.dumps({"name": "persist", "value": "Y"})}\r\nTRIAL {{"na'
    )
    assert findings(console) == {"persist": "Y"}


def test_a_good_trial() -> None:
    """Nothing is wrong if every finding is as it must be."""
    assert wrong_in_full(FULL) == []
    assert wrong_in_release(RELEASE) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"error": "OSError()"}, {"persist": "N"}, {"factory": "LGPIOFactory"}, {"driven": REST},
        {"killed": INPUTS}, {"cured": DRIVEN}, {"outputs-off": {"code": 1, "output": ""}},
        {"unit-killed": DRIVEN}, {"unit-killed": {**REST, "5": DRIVEN["5"]}}, {"unit-killed": {}},
        {"unit-state": "success"}, {"unit-driven": REST}, {"doctor": OK}, {"check": OK},
        {"ready": {"code": 1, "seconds": 60.0}}, {"library": ["lgpio"]}, {"library": []},
        {"claimed": INPUTS}, {"claimed": DRIVEN}, {"stopped": DRIVEN},
        {"imports": ["60 modules", "av: cannot open shared object file"]},
    ],
    ids=str,
)  # fmt: skip
def test_each_fault_under_systemd_is_seen(changed: dict[str, Any]) -> None:
    """A single wrong finding fails the row, also if the kernel hides the fault."""
    assert wrong_in_full({**FULL, **changed})


@pytest.mark.parametrize(
    "changed",
    [{"persist": "Y"}, {"killed": DRIVEN}, {"killed": {**INPUTS, "9": DRIVEN["9"]}}, {"killed": {}},
     {"doctor": NAMED}, {"driven": {}}],
    ids=str,
)  # fmt: skip
def test_each_fault_of_a_releasing_kernel_is_seen(changed: dict[str, Any]) -> None:
    """A kernel that keeps one output driven fails the row."""
    assert wrong_in_release({**RELEASE, **changed})


@pytest.mark.parametrize(("pins", "rest"), [
    (REST, True), (INPUTS, True), (DRIVEN, False), ({}, False), ({"5": "gpio_out hi"}, False),
])  # fmt: skip
def test_rest(pins: dict[str, str], rest: bool) -> None:
    """Inputs are at rest; a pin that was not read is not."""
    assert at_rest(pins) is rest
