"""The electrical rules of the header."""

from random import Random

import pytest

from edge.clock import Clock
from edge.config.sections.pins import Contact, Output
from sim.twins.wiring import Load, Switch
from sim.world.header import HeaderPin, make_header


def test_the_strongest_connection_decides_the_level() -> None:
    """Output beats contact, contact beats resistor, resistor beats the Pi's own pull."""
    pin = HeaderPin(20)
    pin.listen("up", 1)
    assert pin.level == 1
    pin.fit(0)
    assert pin.level == 0
    pin.tie(1, 2)
    assert pin.level == 1
    pin.drive(0, 3)
    assert pin.level == 0


def test_a_pin_with_nothing_connected_has_its_boot_pull() -> None:
    """GPIO 2 to 8 are pulled up at power-up, 9 to 27 down."""
    levels = {number: pin.level for number, pin in make_header().items()}
    assert {number for number, level in levels.items() if level} == set(range(2, 9))


def test_no_resistor_overcomes_the_fixed_pull_ups() -> None:
    """A relay that rests at low cannot rest on GPIO 2 or 3: their 1.8 kOhm pull-ups win."""
    pin = HeaderPin(3)
    load = Load(pin, Output(pin=3, active="high"), lambda _on, _at: None)
    assert load.on


@pytest.mark.parametrize("active", ["high", "low"])
def test_a_load_rests_while_nobody_drives_its_pin(active: str) -> None:
    """A relay is off before the daemon claims its pin and after it has released it."""
    changes: list[bool] = []
    pin = HeaderPin(6)
    output = Output(pin=6, active="high" if active == "high" else "low")
    load = Load(pin, output, lambda on, _at: changes.append(on))
    seen = [load.on]
    pin.drive(int(active == "high"), 1)
    seen.append(load.on)
    pin.listen("floating", 2)
    seen.append(load.on)
    assert seen == [False, True, False]
    assert changes == [True, False]


@pytest.mark.parametrize(("persists", "level"), [(True, 1), (False, 0)])
def test_a_released_output_persists_only_where_the_kernel_says(
    *, persists: bool, level: int
) -> None:
    """Raspberry Pi OS keeps a released output driven; a released input floats everywhere."""
    pin = HeaderPin(20)
    pin.drive(1, 1)
    pin.release(2, persists=persists)
    assert pin.level == level
    pin.listen("up", 3)
    pin.release(4, persists=persists)
    assert pin.level == 0


@pytest.mark.parametrize("wired", ["normally-open", "normally-closed"])
@pytest.mark.parametrize("pull", ["up", "down", "external-up", "external-down"])
@pytest.mark.parametrize("number", [7, 20])
def test_a_contact_has_the_level_that_the_config_promises(
    wired: str, pull: str, number: int
) -> None:
    """Config and world agree on the active level, on pins of either boot pull."""
    contact = Contact(pin=number, wired=wired, pull=pull)  # type: ignore[arg-type]
    pin = HeaderPin(number)
    switch = Switch(pin, contact, Clock(), Random(1))
    internal = {"up": "up", "down": "down"}.get(pull, "floating")
    pin.listen(internal, 1)  # type: ignore[arg-type]
    assert pin.level == (not contact.active_level)
    switch.set(True)
    assert pin.level == contact.active_level
    switch.set(False)
    assert pin.level == (not contact.active_level)


def test_a_moving_contact_bounces_within_five_milliseconds_and_repeatably() -> None:
    """Debouncing gets real bounces: odd numbers of edges, in order, the same for one seed."""

    def edges(seed: int) -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        pin = HeaderPin(20)
        switch = Switch(pin, Contact(pin=20), Clock(), Random(seed))
        pin.listen("up", 0)
        pin.watchers.append(lambda level, at: seen.append((level, at)))
        switch.set(True)
        return [(level, at - seen[0][1]) for level, at in seen]

    runs = [edges(seed) for seed in range(20)]
    assert {len(run) % 2 for run in runs} == {1}
    assert max(len(run) for run in runs) > 1
    for run in runs:
        offsets = [at for _, at in run]
        assert offsets == sorted(offsets)
        assert offsets[-1] < 5_000_000
    assert edges(7) == edges(7)


def test_a_cut_wire_reads_as_an_open_contact_and_a_stuck_one_stays() -> None:
    """A cut wire on a normally-closed contact reads active, never "clear"."""
    pin = HeaderPin(23)
    contact = Contact(pin=23, wired="normally-closed", pull="up")
    switch = Switch(pin, contact, Clock(), Random(1))
    pin.listen("up", 0)
    switch.fail("cut")
    assert pin.level == contact.active_level
    switch.fail(None)
    assert pin.level != contact.active_level
    switch.fail("stuck")
    switch.set(True)
    assert pin.level != contact.active_level
    switch.fail(None)
    assert pin.level == contact.active_level
