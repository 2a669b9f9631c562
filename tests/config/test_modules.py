"""Contacts and outputs on modules: what a config may say, and what is answered otherwise."""

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.crosscheck.modules import module_notes
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.polling import polling_notes, round_s
from edge.config.toml_text import read_toml
from edge.config.wiring import module_wiring
from edge.errors import ConfigError
from tests.config.messages import without_place

RAW = read_toml(default_config_folder() / "gardu-modules.toml")
ACCEPT, RING = "aiphone.adc.accept", "aiphone.adc.ring"


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """Return the shipped config with each key replaced (None: removed)."""
    raw = copy.deepcopy(RAW)
    for key, value in changes:
        *path, last = key.split(".")
        table = raw
        for name in path:
            table = table.setdefault(name, {})
        if value is None:
            table.pop(last)
        else:
            table[last] = value
    return raw


def read(tmp_path: Path, raw: dict[str, Any]) -> Any:
    """Load *raw* from a file."""
    path = tmp_path / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path, elsewhere=True)


def problems(tmp_path: Path, raw: dict[str, Any]) -> list[str]:
    """Return the problems of *raw*."""
    with pytest.raises(ConfigError) as error:
        read(tmp_path, raw)
    return without_place(tmp_path / "gardu.toml", error.value.problems)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [(ACCEPT, {"module": "floor-2", "input": 1, "pin": 13})],
            [
                f"{ACCEPT}.module: stands beside pin; allowed: pin, or module and input",
                f"{ACCEPT}.input: stands beside pin; allowed: pin, or module and input",
            ],
        ),
        (
            [(ACCEPT, {"wired": "normally-open"})],
            [
                (f"{ACCEPT}.pin: is missing; allowed: a BCM GPIO number from 2 to 27, "
                "or module and input")
            ],
        ),
        (
            [(RING, {"module": "floor-2"})],
            [f"{RING}.output: is missing; allowed: a channel's number"],
        ),
        (
            [(ACCEPT, {"input": 1})],
            [f"{ACCEPT}.module: is missing; allowed: a name of [modules.NAME]"],
        ),
        (
            [(ACCEPT, {"module": "floor-2", "input": 1, "pull": "up"})],
            [
                (f"{ACCEPT}.pull: has no meaning on a module; allowed: leave it out "
                "(the module feeds its inputs itself)")
            ],
        ),
        (
            [(RING, {"module": "floor-2", "output": 1, "active": "low"})],
            [
                (f"{RING}.active: has no meaning on a module; allowed: leave it out (on energises "
                "the module's output; wire the load to the contact that then closes)")
            ],
        ),
        (
            [(ACCEPT, {"module": "flor-2", "input": 1})],
            [
                f"{ACCEPT}.module: is 'flor-2' (did you mean floor-2?); allowed: floor-2, hall",
            ],
        ),
        (
            [(ACCEPT, {"module": "floor-2", "input": 9})],
            [f"{ACCEPT}.input: is 9; allowed: 1 to 8 (modules.floor-2)"],
        ),
        (
            [("modules.floor-2.driver", "waveshare-relay"), ("aiphone.adc.decline", None),
             ("panels.officer-2.buttons", [])],
            [f"{ACCEPT}.input: is 1; allowed: another module: it has none"],
        ),
        (
            [(ACCEPT, {"module": "floor-2", "input": 3})],
            [
                ("panels.officer-2.buttons[0].input: the input 3 of floor-2 is also at "
                f"{ACCEPT}.input; allowed: each channel once")
            ],
        ),
        (
            [("modules.hall.bus", "upstair")],
            ["modules.hall.bus: is 'upstair' (did you mean upstairs?); allowed: hall, upstairs"],
        ),
        (
            [("modules.hall.bus", "upstairs")],
            [
                ("modules.hall.address: address 1 of bus upstairs is also at "
                "modules.floor-2.address; allowed: each address once on a bus")
            ],
        ),
        (
            [("buses.upstairs.port", "/dev/ttyS1")],
            ["buses.upstairs.host: stands beside port; allowed: one of the two"],
        ),
        (
            [("buses.upstairs.host", "192.0.2.50")],
            [
                ("buses.upstairs.host: is '192.0.2.50' without a port; allowed: with the gateway's "
                "port, host:port")
            ],
        ),
        (
            [("buses.hall.port", None)],
            ["buses.hall.port: is missing; allowed: a device under /dev/serial/by-id/, or host"],
        ),
        (
            [("buses.hall.protocol", "tcp")],
            ["buses.hall.protocol: has no meaning with a serial port; allowed: only with host"],
        ),
        (
            [("buses.third", {"host": "192.0.2.50:4196"})],
            [
                ("buses.third.host: address 192.0.2.50:4196 is also at buses.upstairs.host; "
                "allowed: one bus for each address in the network")
            ],
        ),
    ],
)  # fmt: skip
def test_every_mistake_has_its_words(
    tmp_path: Path, changes: list[tuple[str, Any]], said: list[str]
) -> None:
    """Each mistake is answered at its key, with what is allowed there."""
    assert problems(tmp_path, changed(*changes)) == said


def test_kerong_boards_do_not_speak_modbus_tcp(tmp_path: Path) -> None:
    """KERONG boards need the bytes of their line as they are."""
    raw = read_toml(default_config_folder() / "gardu-kerong.toml")
    name = raw["lockers"]["bus"]
    raw["buses"][name] = {"host": "192.0.2.9:4196"}
    (said,) = problems(tmp_path, raw)
    assert said.startswith(f'buses.{name}.protocol: is "tcp", but')
    raw["buses"][name] |= {"protocol": "rtu-over-tcp", "baud_rate": 19200}
    assert read(tmp_path, raw).buses[name].place == "192.0.2.9:4196"


def test_the_wiring_table_lists_every_channel(tmp_path: Path) -> None:
    """Each channel has its function, in the words of the table of pins."""
    rows = {
        (wire.module, wire.channel, wire.number): wire.function
        for wire in module_wiring(read(tmp_path, RAW))
    }
    assert rows["floor-2", "input", 1] == "aiphone adc accept"
    assert rows["floor-2", "output", 3] == "officer-2 red lamp"
    assert rows["hall", "input", 1] == "officer-3 button done, held: accept"
    assert len(rows) == 9


@pytest.mark.parametrize(
    ("baud_rate", "seconds", "noted"), [(9600, 0.0236, 1), (19200, 0.0163, 0), (115200, 0.0102, 0)]
)
def test_the_round_is_computed_from_the_bytes(
    tmp_path: Path, baud_rate: int, seconds: float, noted: int
) -> None:
    """14 bytes a poll at ten bits, the pause and the module's delay; 9600 baud is too slow."""
    config = read(tmp_path, changed(("buses.hall.baud_rate", baud_rate)))
    assert round_s(config, "hall") == pytest.approx(seconds, abs=0.0001)
    notes = polling_notes(config)
    assert len(notes) == noted
    assert all("raise baud_rate" in note and "42 times a second" in note for note in notes)


def test_modbus_tcp_has_no_line_to_compute(tmp_path: Path) -> None:
    """A module in the network is as fast as it answers."""
    config = read(tmp_path, changed(("buses.hall", {"host": "192.0.2.51"})))
    assert polling_notes(config) == []


def test_a_lock_or_strike_that_could_stay_on_is_noted(tmp_path: Path) -> None:
    """A module without watchdog and timed pulses is named beside the lock's relay."""
    raw = changed()
    raw["lockers"]["boards"][0] |= {
        "lockers": "1", "relays": {"module": "hall", "outputs": "2"}, "doors": {"pins": "17"}
    }  # fmt: skip
    raw["doors"] = {"lift": {"procedures": ["pimpinan"], "strike": {"module": "hall", "output": 3}}}
    notes = module_notes(read(tmp_path, raw))
    assert [note.partition(" is on module")[0] for note in notes] == [
        "locker 1 lock",
        "door lift strike",
    ]
    raw["modules"]["hall"] |= {
        "inputs": 8, "outputs": 8, "watchdog": {"register": 100}, "watchdog_s": 1.0
    }  # fmt: skip
    assert module_notes(read(tmp_path, raw)) == []
    raw["modules"]["hall"] = {"driver": "waveshare-relay-d", "bus": "hall"}
    assert len(module_notes(read(tmp_path, raw))) == 1  # the strike is not timed by the module
