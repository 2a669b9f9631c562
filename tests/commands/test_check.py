"""`gardu check` and `gardu sop`: their output, and their exit codes."""

import datetime as dt
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import typer
from typer.testing import CliRunner

from edge.commands.check import check
from edge.commands.sop import sop
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.wiring import HEADER, boot_notes, boot_pull, bus_notes, wiring
from edge.daemon.procedures import load_checked
from edge.daemon.rest_levels import outputs_stay_driven
from edge.drivers.gpio.pins import CHOICE
from edge.errors import ConfigError
from edge.paper.words import Language, row_number, standard_time
from edge.sop.procedures.loading import load_procedure
from tests.certificates import DAY, Authority, now
from tests.drivers.gpio.sysfs import PI_4, make_sysfs

FOLDER = default_config_folder()
APP = typer.Typer()
APP.command()(check)
APP.add_typer(sop, name="sop")


def run(*words: str) -> tuple[int, str, str]:
    """Run a command; return its exit code, stdout and stderr."""
    result = CliRunner().invoke(APP, list(words), env={"COLUMNS": "200"})
    return result.exit_code, result.stdout, result.stderr


def write(folder: Path, **checkpoint: Any) -> Path:
    """Write the shipped config into *folder*; its procedures stay in their folder."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    raw["checkpoint"]["sop"] = str(FOLDER / "sop")
    for key, value in checkpoint.items():
        raw[key] = value
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "gardu.toml",
        "gardu-jatim.toml",
        "gardu-kerong.toml",
        "gardu-modbus.toml",
        "gardu-modules.toml",
        "gardu-hosts.toml",
    ],
)
def test_shipped_configs_pass_and_show_their_wiring(name: str) -> None:
    """Exit 0, an empty stderr, a row for every pin, a row for every procedure."""
    code, out, err = run("check", "--config", str(FOLDER / name))
    assert (code, err) == (0, "")
    config = load_config(FOLDER / name)
    for wire in wiring(config):
        row = [f"{wire.pin} ", str(wire.header), wire.function]
        assert any(all(cell in line for cell in row) for line in out.splitlines()), wire
    for procedure in config.checkpoint.procedures:
        assert load_procedure(FOLDER / "sop" / f"{procedure}.toml").version in out
    assert "no problems" in out


def test_config_may_be_named_by_the_environment() -> None:
    """GARDU_CONFIG names the config as --config does."""
    name = str(FOLDER / "gardu-jatim.toml")
    result = CliRunner().invoke(APP, ["check"], env={"GARDU_CONFIG": name})
    assert result.exit_code == 0
    assert "jatim" in result.stdout


def test_problems_go_to_stderr_and_end_with_2(tmp_path: Path) -> None:
    """Problems go to stderr, one line each; stdout stays empty and the exit code is 2."""
    path = write(tmp_path, buzzer={"pin": 5}, gpio={"chip": "first"})
    code, out, err = run("check", "--config", str(path))
    assert (code, out) == (2, "")
    number = path.read_text(encoding="utf-8").splitlines().index('chip = "first"') + 1
    assert err == f"{path}: line {number}: gpio.chip: is 'first'; allowed: auto or a number\n"


def test_equipment_that_procedures_ask_for_is_checked(tmp_path: Path) -> None:
    """A config without the equipment of its procedures is refused."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    path = write(tmp_path, cameras={"lobby": raw["cameras"]["lobby"] | {"purposes": ["desk"]}})
    code, _, err = run("check", "-c", str(path))
    assert code == 2
    assert (
        f'{path}: procedure pimpinan: step pemeriksaan, phase alarm: asks for "still:alarm", but '
        'no camera has the purpose "alarm"; add it to purposes of a [cameras.NAME] '
        f"({FOLDER / 'sop' / 'pimpinan.toml'})"
    ) in err.splitlines()
    with pytest.raises(ConfigError, match="still:alarm"):
        load_checked(path)


def test_missing_procedure_files_are_named(tmp_path: Path) -> None:
    """A config that was copied without its procedures ends with 2 and names the missing file."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    path = write(tmp_path, checkpoint=raw["checkpoint"] | {"sop": "sop"})
    code, _, err = run("check", "-c", str(path))
    assert code == 2
    assert f"{tmp_path / 'sop' / 'pimpinan.toml'}: no such file" in err


def test_missing_config_ends_with_2(tmp_path: Path) -> None:
    """A wrong file name ends with 2, without a traceback."""
    code, _, err = run("check", "-c", str(tmp_path / "none.toml"))
    assert (code, err) == (2, f"{tmp_path / 'none.toml'}: no such file\n")


def test_header_has_every_usable_pin_once() -> None:
    """The 40-pin header has 26 GPIOs at 26 positions, none of them power or ground."""
    assert sorted(HEADER) == list(range(2, 28))
    power_and_ground = {1, 2, 4, 6, 9, 14, 17, 20, 25, 27, 28, 30, 34, 39}
    assert set(HEADER.values()) == set(range(1, 41)) - power_and_ground
    assert (HEADER[2], HEADER[14], HEADER[17], HEADER[21], HEADER[26]) == (3, 8, 11, 40, 37)


def test_pulls_at_boot_are_those_of_the_chip() -> None:
    """GPIO 0 to 8 are pulled up from power-on, the others down."""
    assert [boot_pull(pin) for pin in (2, 8, 9, 27)] == ["up", "up", "down", "down"]


def test_shipped_outputs_stay_off_while_the_pi_boots() -> None:
    """The shipped wiring opens no locker while a Pi boots."""
    for name in ("gardu.toml", "gardu-jatim.toml"):
        outputs = [wire for wire in wiring(load_config(FOLDER / name)) if wire.direction == "out"]
        assert outputs
        assert [wire for wire in outputs if wire.warning] == []


@pytest.mark.parametrize(
    ("pin", "active", "warning"),
    [
        (26, "low", ("on while the Pi boots (pulled down): use GPIO 2 to 8, or fit a resistor "
         "against it")),
        (8, "high", ("on while the Pi boots (pulled up): use GPIO 9 to 27, or fit a resistor "
         "against it")),
        (26, "high", ""),
        (8, "low", ""),
    ],
)  # fmt: skip
def test_outputs_that_switch_on_at_boot_are_warned_of(
    tmp_path: Path, pin: int, active: str, warning: str
) -> None:
    """An active-low relay on a pin that is pulled down would open its lock at every boot."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    ring = raw["aiphone"]["adc"] | {"ring": {"pin": 26, "active": "high"}}
    if pin == 26:
        ring = raw["aiphone"]["adc"]
    path = write(tmp_path, aiphone={"adc": ring}, buzzer={"pin": pin, "active": active})
    (buzzer,) = [wire for wire in wiring(load_config(path)) if wire.function == "buzzer"]
    assert buzzer.warning == warning


CONSOLE = "the serial console, if it is on, while the Pi boots"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("buzzer", {"pin": 14}, f"switched by {CONSOLE}: use another pin"),
        ("buzzer", {"pin": 14, "active": "low"}, f"switched by {CONSOLE}: use another pin"),
        ("buzzer", {"pin": 15}, f"switched on by {CONSOLE}: use another pin"),
        ("safety", {"duress": {"pin": 14}}, "shorted while the Pi boots, if the serial console"),
        ("metal_detector", {"alarm": {"pin": 14}}, "driven by the serial console"),
        ("metal_detector", {"alarm": {"pin": 15, "wired": "normally-closed"}}, ""),
    ],
)
def test_the_consoles_pins_are_warned_of(
    tmp_path: Path, key: str, value: dict[str, Any], words: str
) -> None:
    """In the table and as a note: what the console does to this part, and the remedy."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    panels = raw["panels"] | {"officer-3": raw["panels"]["officer-3"] | {"buttons": []}}
    config = load_config(write(tmp_path, panels=panels, **{key: value}))
    (wire,) = [wire for wire in wiring(config) if wire.pin in (14, 15)]
    assert words in wire.warning
    assert bool(wire.warning) == bool(words)
    notes = [note for note in boot_notes(config, lamps=False) if note.startswith("GPIO 1")]
    assert notes == ([f"GPIO {wire.pin} ({wire.function}) is {wire.warning}"] if words else [])


def test_only_a_button_is_on_the_consoles_output_in_the_shipped_configs() -> None:
    """GPIO 14: no output, and no contact that is closed at rest."""
    for path in sorted(FOLDER.glob("gardu*.toml")):
        for wire in wiring(load_config(path, elsewhere=True)):
            if wire.pin == 14:
                assert "button" in wire.function
                assert wire.wired.startswith("normally-open")


def test_a_door_that_no_procedure_releases_is_noted(tmp_path: Path) -> None:
    """The door serves a procedure without release-door: only a fire would open it."""
    panels = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))["panels"]
    panels["officer-3"]["buttons"].pop()
    door = {"ruang": {"procedures": ["pimpinan"], "strike": {"pin": 15, "active": "low"}}}
    _, out, _ = run("check", "--config", str(write(tmp_path, doors=door, panels=panels)))
    (note,) = [line for line in out.splitlines() if line.startswith("note: doors.ruang")]
    assert "none of its procedures (pimpinan) has a phase with release-door" in note
    jatim = FOLDER / "gardu-jatim.toml"
    assert load_config(jatim).doors  # the shipped lobby with a door
    assert "note: doors." not in run("check", "--config", str(jatim))[1]


def test_a_bounce_time_that_hides_the_shortest_pulse_is_noted(tmp_path: Path) -> None:
    """The setting has no effect: the pulse is not seen at all."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    detector = raw["metal_detector"] | {"minimum_pulse_s": 0.01}
    _, out, _ = run("check", "--config", str(write(tmp_path, metal_detector=detector)))
    assert (
        "note: metal_detector.alarm.bounce_s is 0.02: shorter pulses are not seen, so "
        "metal_detector.minimum_pulse_s = 0.01 has no effect"
    ) in out
    assert "bounce_s is" not in run("check", "--config", str(FOLDER / "gardu.toml"))[1]


def test_check_prints_the_hints(tmp_path: Path) -> None:
    """A port that changes its name, and *day* as the hold of *arrive*."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    buttons = raw["panels"]["reception"]["buttons"]
    buttons[2]["hold"], buttons[5]["hold"] = "day", "absent"
    readers = {"desk": raw["card_readers"]["desk"] | {"port": "/dev/ttyUSB7"}}
    path = write(tmp_path, panels=raw["panels"], card_readers=readers)
    code, out, err = run("check", "--config", str(path))
    assert (code, err) == (0, "")
    assert "note: card_readers.desk.port: /dev/ttyUSB7 may be another device" in out
    assert "note: panels.reception.buttons[2]: hold 'day' (closes the office day)" in out


def test_pins_of_other_buses_are_noted() -> None:
    """Serial console, I2C and SPI hold pins until they are switched off: a note names them."""
    notes = bus_notes(load_config(FOLDER / "gardu.toml"))
    assert any(note.startswith("GPIO 14, 15: keep the serial console") for note in notes)
    assert not any("14" in note for note in bus_notes(load_config(FOLDER / "gardu-jatim.toml")))


def test_a_kernel_that_keeps_outputs_driven_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the Pi itself, `gardu check` asks for strict_gpiod."""
    sysfs = make_sysfs(tmp_path, PI_4, {"pinctrl_bcm2835": "Y"})
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(
        "edge.commands.config_notes.outputs_stay_driven",
        partial(outputs_stay_driven, sysfs=sysfs),
    )
    code, out, _ = run("check", "--config", str(FOLDER / "gardu.toml"))
    assert code == 0
    (note,) = [line for line in out.splitlines() if "strict_gpiod" in line]
    assert note.startswith("note: this kernel keeps outputs driven")


def test_the_brokers_files_are_read(tmp_path: Path) -> None:
    """An expired certificate ends with 2; one that expires soon, and a blank, are notes."""
    authority = Authority(tmp_path)
    (tmp_path / "password").write_bytes(b"\xef\xbb\xbfrahasia \n")

    def checked(ends: dt.datetime) -> tuple[int, str, str]:
        cert, key = authority.issue("lobi", begins=now() - 9 * DAY, ends=ends)
        broker = {
            "url": "MQTTS://mqtt.example.go.id",
            "username": "lobi",
            "password_file": "password",
            "ca_file": str(authority.ca_file),
            "cert_file": str(cert),
            "key_file": str(key),
        }
        return run("check", "--config", str(write(tmp_path, broker=broker)))

    code, _, err = checked(now() - DAY)
    assert code == 2
    assert f"{tmp_path / 'gardu.toml'}: broker.cert_file: " in err
    assert "expired on" in err
    code, out, err = checked(now() + 9 * DAY)
    assert (code, err) == (0, "")
    notes = [line for line in out.splitlines() if line.startswith("note: broker.")]
    for words in ("expires in 8 days", "BOM", "blank", "chmod o="):
        assert any(words in note for note in notes), words


def test_list_names_every_procedure() -> None:
    """`gardu sop list` shows id, version, steps and both titles."""
    code, out, _ = run("sop", "list", "--folder", str(FOLDER / "sop"))
    assert code == 0
    for name in ("pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"):
        assert load_procedure(FOLDER / "sop" / f"{name}.toml").version in out
    assert "Pelayanan Penerimaan Tamu" in out
    assert "Reception of guests" in out


def test_list_goes_on_after_a_broken_file(tmp_path: Path) -> None:
    """After a broken file the good ones are listed; the bad one is named, with exit code 2."""
    good = (FOLDER / "sop" / "jatim.toml").read_text(encoding="utf-8")
    (tmp_path / "jatim.toml").write_text(good, encoding="utf-8")
    (tmp_path / "bad.toml").write_text("steps = 1", encoding="utf-8")
    code, out, err = run("sop", "list", "--folder", str(tmp_path))
    assert code == 2
    assert "bad    has problems" in out
    assert "jatim  1.0+" in out
    assert "bad.toml: line 1: steps: is 1; allowed: at least one step" in err


def test_show_prints_the_table_of_the_law() -> None:
    """`gardu sop show`: numbers, roles, minutes as printed, the approval sheet with its blanks."""
    code, out, _ = run("sop", "show", "pimpinan", "--folder", str(FOLDER / "sop"))
    assert code == 0
    for words in (
        "Pelaksana",
        "Petugas 3",
        "3 menit",
        "10 menit",
        "Tamu clear",
        "Lembar pengesahan",
        "Nomor SOP",
        "Drs.H. AMBOK TUO,MM",
        "1. Tamu yang datang",
    ):
        assert words in out  # fmt: skip


def test_show_in_english_has_titles_and_units() -> None:
    """--lang en: English headers, titles and times; a step without a standard is "as needed"."""
    _, out, _ = run("sop", "show", "jatim", "--lang", "en", "--folder", str(FOLDER / "sop"))
    for words in ("Activity", "Smile, greet", "2 minutes", "1 minute ", "as needed", "5a", "5b"):
        assert words in out
    assert "No approval sheet" in out


def test_unknown_procedure_ends_with_2_and_names_the_known_ones() -> None:
    """An unknown procedure ends with 2 and the known names."""
    code, out, err = run("sop", "show", "bupati", "--folder", str(FOLDER / "sop"))
    assert (code, out) == (2, "")
    assert "no procedure 'bupati'; known: eselon-2-3, eselon-4-asn, jatim, pimpinan" in err


def test_times_are_printed_as_the_law_prints_them() -> None:
    """Seconds in the data, minutes on paper; menyesuaikan for a step without a standard."""
    steps = load_procedure(FOLDER / "sop" / "jatim.toml").steps
    shown = [standard_time(step, Language.ID) for step in steps]
    assert shown == ["menyesuaikan", "2 menit", "2 menit", "2 menit", "1 menit", "1 menit",
                     "2 menit", "menyesuaikan"]  # fmt: skip


def test_alternatives_of_one_row_get_letters() -> None:
    """Row 5 of Jawa Timur is 5a or 5b; every other row is its number."""
    procedure = load_procedure(FOLDER / "sop" / "jatim.toml")
    numbers = [row_number(procedure, step) for step in procedure.steps]
    assert numbers == ["1", "2", "3", "4", "5a", "5b", "6", "7"]


def test_hosts_are_shown_with_their_aides() -> None:
    """A row for each host, where the config names some; no table where it does not."""
    _, shown, _ = run("check", "--config", str(FOLDER / "gardu-hosts.toml"))
    assert "wakil-bupati  Wakil Bupati  pimpinan    adc-wakil   aide-wakil" in shown
    assert "Hosts" not in run("check", "--config", str(FOLDER / "gardu.toml"))[1]
