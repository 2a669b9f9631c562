"""`gardu doctor` as a process in a simulated lobby: healthy, with each fault, and acting."""

import asyncio
import grp
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from edge.clock import Clock
from edge.commands.doctor.acts import actuate
from edge.commands.doctor.broker import broker
from edge.commands.doctor.command import doctor
from edge.commands.doctor.devices import device_names, examine_devices, open_pins
from edge.commands.doctor.event_words import meaning_of
from edge.commands.doctor.finding import Finding
from edge.commands.doctor.machine import outputs, user
from edge.config.inventory import fitted
from edge.config.loading import load_config
from edge.config.model import Gpio
from edge.drivers.gpio.pins import CHOICE
from tests.brokers import MOSQUITTO, Mosquitto, mosquitto
from tests.commands.doctor.office import SOURCE, Office, in_office, sole
from tests.drivers.conftest import Pins
from tests.drivers.gpio.sysfs import PC, PI_4, make_sysfs
from tests.uplinks import make_config

__all__ = ["mosquitto"]

# All of the shipped config but the clock, which is this machine's.
DEVICES = (
    "lockers", "metal-detector", "aiphone/adc", "panel/reception", "panel/officer-1",
    "panel/officer-2", "panel/officer-3", "buzzer", "card-reader/desk", "camera/lobby",
)  # fmt: skip
MACHINE = ("user", "disk", "data", "broker")


def test_a_healthy_lobby_is_well(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """A healthy lobby: exit 0, a finding for every device and every pin, and no part has moved."""

    async def act(office: Office) -> None:
        code, found = await office.doctor(*DEVICES, *MACHINE)
        everything = [finding for findings in found.values() for finding in findings]
        assert [finding for finding in everything if finding["state"] != "ok"] == []
        assert code == 0
        assert set(found) == {*DEVICES, *MACHINE}
        said = " ".join(finding["saw"] for finding in everything)
        for part in fitted(office.lobby.config):
            assert f"GPIO {part.part.pin} is" in said
        assert "640 x 360 pixels" in found["camera/lobby"][0]["saw"]
        assert "lets us in (without encryption)" in found["broker"][0]["saw"]
        assert nothing_fired(office)

    in_office(tmp_path, act, broker_port=mosquitto.port)


APP = typer.Typer()
APP.command()(doctor)


@contextmanager
def closing_pins() -> Iterator[Pins]:
    """Give pins that record every output."""
    pins = Pins()
    yield pins
    pins.factory.close()


def nothing_fired(office: Office) -> bool:
    """Return True if no lock or ring was energised, and no pin was made an output."""
    pulses = [locker.pulses for locker in office.lobby.lockers.values()]
    rings = [aiphone.rings for aiphone in office.lobby.aiphones.values()]
    return not any((*pulses, *rings, *office.driven))


def test_every_fault_is_told_in_words(tmp_path: Path) -> None:
    """A missing port, a cut wire, an open door, a refusing camera, no broker: found in one run."""

    async def act(office: Office) -> None:
        lobby = office.lobby
        lobby.reader_ports["desk"].unplug()
        lobby.lockers[2].force_open()
        assert lobby.detector is not None
        lobby.detector.alarm.fail("cut")
        lobby.cameras["lobby"].fault = "refuse"
        code, found = await office.doctor()
        assert code == 1
        reader = sole(found["card-reader/desk"], "wrong")
        assert "is not there" in reader["saw"]
        assert "/dev/serial/by-id" in reader["try"]
        locker = sole(found["lockers"], "wrong")
        assert locker["saw"] == "locker 2 door: the door is open (GPIO 27 is high)."
        assert "Shut it" in locker["try"]
        alarm = sole(found["metal-detector"], "wrong")
        assert alarm["saw"] == "metal detector alarm: alarm (GPIO 23 is high)."
        assert "wire is cut" in alarm["try"]
        camera = sole(found["camera/lobby"], "wrong")
        assert "503" in camera["saw"]
        assert "viewers" in camera["try"]
        broker = sole(found["broker"], "wrong")
        assert "connection refused" in broker["saw"]
        assert "1883" in broker["try"]
        assert {finding["state"] for finding in found["panel/reception"]} == {"ok"}
        assert nothing_fired(office)

    in_office(tmp_path, act)


def test_the_words_are_for_people(tmp_path: Path) -> None:
    """Without --json: a line a finding, the advice under it, and a sum at the end."""

    async def act(office: Office) -> None:
        office.lobby.cameras["lobby"].fault = "garbage"
        code, out, _ = await office.gardu("doctor", "camera/lobby", "buzzer")
        lines = out.splitlines()
        assert code == 1
        assert lines[0] == "ok       buzzer               buzzer: off (GPIO 26 is low, not driven)."
        assert lines[1].startswith("wrong    camera/lobby         Sent 2000 bytes that are not a")
        assert lines[2].strip().startswith("Try: Open the url in a browser")
        assert lines[-1] == "2 things looked at, 1 wrong."

    in_office(tmp_path, act)


@pytest.mark.parametrize(
    ("chips", "persist", "states"),
    [(PI_4, "Y", ["wrong"]), (PI_4, "N", ["ok"]), (PC, "Y", [])],
    ids=["Raspberry Pi OS", "strict_gpiod", "no Pi"],
)
def test_outputs_that_outlive_the_daemon_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chips: dict[str, str], persist: str,
    states: list[str],
) -> None:  # fmt: skip
    """A lock that stays energised after a crash is a fault of the installation."""
    monkeypatch.delenv(CHOICE, raising=False)
    sysfs = make_sysfs(tmp_path, chips, {"pinctrl_bcm2835": persist})
    config = load_config(SOURCE, elsewhere=True)
    found = list(outputs(config, sysfs))
    assert [finding.state for finding in found] == states
    if states == ["wrong"]:
        assert "dtparam=strict_gpiod" in found[0].try_
    without = replace(config, lockers=None, aiphone={}, panels={}, buzzer=None, doors={})
    assert list(outputs(without, sysfs)) == []


def test_an_output_that_is_on_by_itself_is_wrong(tmp_path: Path) -> None:
    """An output that its board switches on, undriven, is reported, and never acted on."""

    async def act(office: Office) -> None:
        office.lobby.header[26].fit(1)
        code, found = await office.doctor("buzzer", "--actuate", "--yes")
        assert code == 1
        saw = found["buzzer"][0]
        assert saw["saw"] == "buzzer: on (GPIO 26 is high, not driven)."
        assert "from the pin to ground" in saw["try"]
        assert found["buzzer"][1]["state"] == "skipped"
        assert nothing_fired(office)

    in_office(tmp_path, act)


def test_a_port_in_use_names_who_has_it(tmp_path: Path) -> None:
    """Another program on the reader's port is named with its process."""

    async def act(office: Office) -> None:
        port = office.lobby.reader_ports["desk"].path
        holder = await asyncio.create_subprocess_exec(
            "sleep", "60", stdin=os.open(port, os.O_RDWR | os.O_NOCTTY)
        )
        try:
            code, found = await office.doctor("card-reader/desk")
        finally:
            holder.kill()
            await holder.wait()
        assert code == 1
        assert f"in use by sleep (process {holder.pid})" in found["card-reader/desk"][0]["saw"]

    in_office(tmp_path, act)


def test_without_permission_the_group_is_named(tmp_path: Path) -> None:
    """A port without permission is reported with the group it needs, and no traceback."""
    unprivileged = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")

    async def act(office: Office) -> None:
        office.forbid(office.lobby.reader_ports["desk"].path)
        before = unprivileged if os.getuid() == 0 else ()
        code, found = await office.doctor("card-reader/desk", before=before)
        assert code == 1
        assert "may not use the port" in found["card-reader/desk"][0]["saw"]
        assert "usermod -aG dialout" in found["card-reader/desk"][0]["try"]

    in_office(tmp_path, act)


def test_somebody_elses_data_folder_is_no_mystery(tmp_path: Path) -> None:
    """A lock file without permission is reported with the right user, not as a traceback."""
    unprivileged = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")

    async def act(office: Office) -> None:
        lock = office.run.data / "gardu.lock"
        lock.touch(mode=0)
        before = unprivileged if os.getuid() == 0 else ()
        code, found = await office.doctor("buzzer", before=before)
        assert code == 1
        assert "denied" in found["daemon"][0]["saw"]
        assert "sudo -u gardu" in found["daemon"][0]["try"]

    in_office(tmp_path, act)


def test_groups_are_looked_at() -> None:
    """A user outside of the groups is named the missing one; root needs none."""
    config = load_config(SOURCE, elsewhere=True)
    group = grp.getgrnam("dialout").gr_gid
    inside = {finding.saw for finding in user(config, 1000, {group})}
    outside = [finding for finding in user(config, 1000, {99999}) if "dialout" in finding.saw]
    assert any("is in the group dialout (serial ports)" in saw for saw in inside)
    assert [finding.state for finding in outside] == ["wrong"]
    assert "sudo usermod -aG dialout" in outside[0].try_
    assert [finding.state for finding in user(config, 0, set())] == ["ok"]


def test_broker_troubles_are_told_apart(tmp_path: Path) -> None:
    """A missing network and a refused password are reported with different advice."""

    def told(url: str) -> Finding:
        config = make_config(url, username="lobi")
        (finding,) = broker(config)
        return finding

    folder = tmp_path / "broker"
    folder.mkdir()
    assert "url in [broker]" in told("mqtt://name.invalid:1883").try_
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto (sudo apt install mosquitto)")
    strict = Mosquitto(folder, "allow_anonymous false")
    strict.start()
    try:
        finding = told(strict.url)
    finally:
        strict.stop()
    assert finding.state == "wrong"
    assert "password_file" in finding.try_


def test_the_running_daemon_is_asked(tmp_path: Path) -> None:
    """A running daemon is asked for its devices; the advice is to stop it for a closer check."""

    async def act(office: Office) -> None:
        office.lobby.reader_ports["desk"].unplug()
        daemon = await office.start("run")
        try:
            await office.lobby.wait_awake()
            code, found = await office.doctor("lockers", "card-reader/desk")
            assert code == 1
            assert "systemctl stop gardu" in found["daemon"][0]["try"]
            assert found["lockers"][0]["saw"] == "The daemon says: it works."
            assert "ls -l /dev/serial/by-id" in sole(found["card-reader/desk"], "wrong")["try"]
            code, _, err = await office.gardu("watch-inputs")
            assert code == 1
            assert "systemctl stop gardu" in err
        finally:
            daemon.terminate()
            await daemon.communicate()

    in_office(tmp_path, act)


def test_actuating_moves_each_thing_once(tmp_path: Path) -> None:
    """--actuate --yes: each lock has one pulse; its door, the ring and the buzzer are reported."""

    async def act(office: Office) -> None:
        lobby = office.lobby
        lobby.lockers[3].jammed = True
        code, found = await office.doctor("lockers", "aiphone/adc", "buzzer", "--actuate", "--yes")
        assert code == 1
        saw = [finding["saw"] for finding in found["lockers"]]
        assert "Unlock locker 1: the door opened." in saw
        assert "Unlock locker 3: the door did not open." in saw
        assert [locker.pulses for locker in lobby.lockers.values()] == [1, 1, 1]
        assert sole(found["aiphone/adc"], "unknown")["saw"].startswith("Ring aiphone/adc: done")
        assert await lobby.aiphones["adc"].wait_ring(5)
        assert lobby.buzzer is not None
        assert lobby.buzzer.last == "accepted"

    in_office(tmp_path, act)


def test_actuating_asks_before_and_after(tmp_path: Path) -> None:
    """No output is switched without a yes; an action without a noticed effect is wrong."""

    class Technician:
        def __init__(self, *answers: bool) -> None:
            self.answers = list(answers)
            self.asked: list[str] = []

        def agrees(self, question: str) -> bool:
            self.asked.append(question)
            return self.answers.pop(0)

    config = load_config(SOURCE, elsewhere=True)

    fast = Clock.scaled(50)

    def run(person: Technician, pins: Pins) -> list[Finding]:
        return list(actuate(config, fast, pins.channels(fast), {"aiphone/adc"}, person))

    with closing_pins() as pins:
        refusing = Technician(False)
        assert [finding.state for finding in run(refusing, pins)] == ["skipped"]
        assert (refusing.asked, pins.diary) == (["Ring aiphone/adc?"], [])
        deaf = Technician(True, False)
        (finding,) = run(deaf, pins)
        assert (finding.state, deaf.asked[1]) == ("wrong", "Did it ring?")
        assert (8, False) in pins.diary


def test_acting_needs_somebody_to_ask(tmp_path: Path) -> None:
    """--actuate without a terminal and without --yes is refused before any output is switched."""

    async def act(office: Office) -> None:
        code, _, err = await office.gardu("doctor", "--actuate")
        assert code == 2
        assert "--yes" in err
        assert nothing_fired(office)

    in_office(tmp_path, act)


def test_bad_config_and_unknown_names_end_with_2(tmp_path: Path) -> None:
    """A bad config ends with 2 and its problems, an unknown device with 2 and the known names."""
    broken = tmp_path / "broken.toml"
    broken.write_text("[checkpoint]\n", encoding="utf-8")
    bad = CliRunner().invoke(APP, ["--config", str(broken)])
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert "checkpoint.site" in bad.stderr
    unknown = CliRunner().invoke(APP, ["--config", str(SOURCE), "kettle"])
    assert unknown.exit_code == 2
    assert "panel/reception" in unknown.stderr


def test_without_pins_the_rest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pins this is one finding: wired devices are skipped, serial ones are not."""
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    config = load_config(SOURCE, elsewhere=True)
    config = replace(config, gpio=Gpio(chip="4000"), cameras={})
    pins = open_pins(config, Clock())
    found = list(examine_devices(config, Clock.scaled(50), pins, set(device_names(config)), None))
    assert [finding.device for finding in found if finding.state == "wrong"] == [
        "gpio", "card-reader/desk",
    ]  # fmt: skip
    assert {finding.state for finding in found if finding.device == "lockers"} == {"skipped"}


def test_every_contact_of_the_config_has_words_of_its_own() -> None:
    """Every contact of the shipped configs has its own word for active."""
    for name in ("gardu.toml", "gardu-jatim.toml"):
        for part in fitted(load_config(SOURCE.with_name(name), elsewhere=True)):
            if not part.is_output:
                assert meaning_of(part.key).active != "active", part.key
