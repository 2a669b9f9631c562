"""Judges the findings of a trial on the Pi 3B: what the product and the kernel must have done."""

from collections.abc import Iterator, Mapping
from typing import Any

# As the driver of the pin controller prints them: the lock's relay is energised by low, the lamp
# is lit by high.
DRIVEN = {"5": "gpio_out lo", "9": "gpio_out hi"}
# A released pin that the kernel has made an input, whatever its level is.
_RELEASED = "gpio_in"


def wrong_in_full(found: Mapping[str, Any]) -> list[str]:
    """Return what is wrong in the trial under systemd, with outputs that persist."""
    return list(_full(found))


def wrong_in_release(found: Mapping[str, Any]) -> list[str]:
    """Return what is wrong in the trial on a kernel that releases the outputs."""
    return list(_release(found))


def at_rest(pins: Mapping[str, str]) -> bool:
    """Return True if neither the lock nor the lamp is driven to its active level."""
    return _held(pins) and not any(pins[pin] == DRIVEN[pin] for pin in DRIVEN)


def _held(pins: Mapping[str, str]) -> bool:
    return set(pins) >= set(DRIVEN)


def _both(found: Mapping[str, Any], persist: str) -> Iterator[str]:
    if "error" in found:
        yield f"the trial ended early: {found['error']}"
        return
    if found["persist"] != persist:
        yield f"persist_gpio_outputs is {found['persist']}, not {persist}"
    if found["factory"] != "GpiodFactory":
        yield f"pins are driven by {found['factory']}, not by the library gpiod"
    if found["driven"] != DRIVEN:
        yield f"the outputs were not driven before the kill: {found['driven']}"


def _full(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _both(found, "Y")
    if "error" in found:
        return
    if found["killed"] != DRIVEN:
        yield f"this kernel does not keep outputs driven, so nothing is shown: {found['killed']}"
    if found["outputs-off"]["code"] or not at_rest(found["cured"]):
        yield f"outputs-off left {found['cured']}: {found['outputs-off']['output']}"
    if found["unit-driven"] != DRIVEN:
        yield f"within the unit the outputs were not driven: {found['unit-driven']}"
    if found["unit-state"] != "signal" or not at_rest(found["unit-killed"]):
        yield f"after the unit's end ({found['unit-state']}): {found['unit-killed']}"
    for command in ("doctor", "check"):
        if "dtparam=strict_gpiod" not in found[command]["output"]:
            yield f"{command} does not name strict_gpiod: {found[command]['output'][-600:]}"
    if found["doctor"]["code"] != 1:
        yield f"doctor ends with {found['doctor']['code']}, not 1"
    yield from _daemon(found)
    failed = found["imports"][1:]
    if failed:
        yield "modules that cannot be loaded: " + "; ".join(failed)


def _daemon(found: Mapping[str, Any]) -> Iterator[str]:
    if found["ready"]["code"]:
        yield f"the daemon is not READY:\n{found['journal'][-1500:]}"
        return
    if found["library"] != ["gpiod"]:
        yield f"the daemon uses {found['library']}, not gpiod"
    for when in ("claimed", "stopped"):
        pins = found[when]
        if not at_rest(pins) or (when == "claimed" and not pins["5"].startswith("gpio_out")):
            yield f"{when}: {pins}"


def _release(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _both(found, "N")
    if "error" in found:
        return
    if not all(found["killed"].get(pin, "").startswith(_RELEASED) for pin in DRIVEN):
        yield f"the outputs of a killed program are not released: {found['killed']}"
    if found["doctor"]["code"] or "strict_gpiod" in found["doctor"]["output"]:
        yield f"doctor finds a fault: {found['doctor']['output']}"
