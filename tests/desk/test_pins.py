"""PINs, their file, their limits, and the command that sets them."""

import grp
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from desk.login import FREE
from desk.pins import make_folder, make_pin, matches, read_pins, weakness, write_pin
from desk.roles import Role
from edge.commands.app import app_for
from edge.errors import GarduError
from pages.attempts import LOCKED_S, LONGEST_S, Attempts

GOOD = "704913"


def test_a_hash_knows_its_pin_and_no_other() -> None:
    """The same PIN has another hash each time, so that equal PINs are not seen to be equal."""
    one, other = make_pin(GOOD), make_pin(GOOD)
    assert one.hash != other.hash
    assert matches(one, GOOD)
    assert not any(matches(one, wrong) for wrong in ("", "704914", f"{GOOD}0", f" {GOOD}"))


FULL_WIDTH = "\uff17\uff10\uff14\uff19\uff11\uff13"
WEAK = ("", "12345", "1234567890123", "abcdef", FULL_WIDTH, "000000", "121212", "123456", "987654")


@pytest.mark.parametrize("digits", WEAK)
def test_weak_pins_are_refused(digits: str) -> None:
    """Too short, too long, no digits, or among those that are tried first."""
    assert weakness(digits)
    assert not weakness(GOOD)


def test_the_file_is_secret_and_each_role_has_its_own(tmp_path: Path) -> None:
    """Others cannot read it; a role's PIN is replaced or removed without the other's."""
    file = tmp_path / "desk" / "pins.json"
    assert read_pins(file) == {}
    write_pin(file, Role.AIDE, make_pin("581920"))
    write_pin(file, Role.RECEPTION, make_pin("111222"))
    write_pin(file, Role.RECEPTION, make_pin(GOOD))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert matches(read_pins(file)[Role.RECEPTION], GOOD)
    write_pin(file, Role.RECEPTION, None)
    assert list(read_pins(file)) == [Role.AIDE]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@settings(max_examples=50, deadline=None)
@given(raw=st.binary(max_size=60).filter(lambda raw: raw.strip() != b"{}"))
def test_any_other_content_is_an_error_in_words(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    """A file that was edited or cut off never lets somebody in, and never ends in a traceback."""
    file = tmp_path_factory.mktemp("pins") / "pins.json"
    file.write_bytes(raw)
    with pytest.raises(GarduError, match="damaged"):
        read_pins(file)


def test_each_lock_lasts_longer_and_success_ends_the_count() -> None:
    """Guessing a PIN takes years: a few tries an hour; a person's slip costs a minute."""
    attempts, key = Attempts(FREE), ("address", "192.0.2.7")
    now, locks = 0.0, []
    for _ in range(10):
        for _ in range(FREE["address"]):
            assert attempts.wait_s([key], now) <= 0
            attempts.begin([key], now)
        locks.append(attempts.wait_s([key], now))
        now += locks[-1]
    assert locks[:3] == [LOCKED_S, 2 * LOCKED_S, 4 * LOCKED_S]
    assert max(locks) == LONGEST_S
    attempts.succeed([key])
    attempts.begin([key], now)
    assert attempts.wait_s([key], now) == 0


def test_many_addresses_together_lock_the_role() -> None:
    """A guesser with many addresses is stopped by the count of the role."""
    attempts = Attempts(FREE)
    for number in range(FREE["role"]):
        attempts.begin([("address", f"192.0.2.{number}"), ("role", "aide")], 0.0)
    assert attempts.wait_s([("address", "192.0.2.250"), ("role", "aide")], 0.0) == LOCKED_S
    assert attempts.wait_s([("role", "reception")], 0.0) == 0


def gardu(*arguments: str, typed: str = "") -> tuple[int, str]:
    """Run `gardu desk`; return its exit code and output, or its error."""
    done = CliRunner().invoke(app_for(["desk"]), ["desk", *arguments], input=typed)
    return done.exit_code, f"{done.output}{done.exception or ''}"


def test_the_command_sets_and_removes_a_pin(config: Path) -> None:
    """It asks twice, never shows the PIN, and refuses a weak one and a config without a desk."""
    file = config.parent / "desk" / "pins.json"
    code, said = gardu("pin", "reception", "-c", str(config), typed=f"{GOOD}\n{GOOD}\n")
    assert (code, GOOD in said) == (0, False), said
    assert matches(read_pins(file)[Role.RECEPTION], GOOD)
    code, said = gardu("-c", str(config), "pin", "reception", typed="123456\n123456\n")
    assert (code, "guessed first" in said) == (1, True)
    assert matches(read_pins(file)[Role.RECEPTION], GOOD)
    assert gardu("pin", "reception", "--remove", "-c", str(config))[0] == 0
    assert read_pins(file) == {}
    config.write_text(config.read_text(encoding="utf-8").partition("\n[desk]\n")[0], "utf-8")
    for command in (("pin", "aide"), ()):
        assert "no section [desk]" in gardu("-c", str(config), *command)[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to a group")
def test_the_folder_that_root_makes_is_readable_for_the_desk(tmp_path: Path) -> None:
    """Without its folder the first PIN made one of root's alone: every log-in was answered 503."""
    group = grp.getgrall()[-1]
    make_folder(tmp_path / "desk", group.gr_name)
    found = (tmp_path / "desk").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o2750, group.gr_gid)


def test_without_the_unit_the_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    """A trial on any machine: no group of the desk is there. A folder that is there stays."""
    make_folder(tmp_path / "desk", "no-such-group")
    assert stat.S_IMODE((tmp_path / "desk").stat().st_mode) == 0o700
    make_folder(tmp_path / "desk")
    assert stat.S_IMODE((tmp_path / "desk").stat().st_mode) == 0o700
