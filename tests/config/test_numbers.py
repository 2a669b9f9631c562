"""Numbers and times of the config: the odd ones are refused by their key, line and range."""

from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.config.model import HEALTH_EXPIRY_S
from edge.config.places import default_config_folder
from edge.errors import ConfigError

SHIPPED = (default_config_folder() / "gardu.toml").read_text(encoding="utf-8")


def refused(folder: Path, section: str, line: str) -> str:
    """Return the problem of the shipped config with *line* in [*section*], without the file."""
    path = folder / "gardu.toml"
    key = line.split(" ", 1)[0]
    head, _, rest = SHIPPED.partition(f"[{section}]\n")
    kept = [old for old in rest.splitlines() if not old.startswith(f"{key} = ")]
    path.write_text("\n".join([f"{head}[{section}]", line, *kept]), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    number = head.count("\n") + 2
    assert problem.startswith(f"{path}: line {number}: {section}.{key}: ")
    return problem.split(f"{section}.{key}: ", 1)[1]


ODD = ["nan", "-nan", "inf", "-inf", "1e400", "true", "2026-11-21", "07:30:00", '"5"', "[5]"]
HUGE = ["9" * 400, "-1", "0x" + "f" * 5000]


@pytest.mark.parametrize("value", [*ODD, *HUGE, "1e-9", "1e308"])
@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("broker", "acknowledge_timeout_s"),
        ("reporting", "health_s"),
        ("reporting", "ledger_s"),
        ("checkpoint", "abandoned_after_s"),
        ("lockers", "left_open_s"),
        ("metal_detector", "blocked_s"),
        ("card_readers.desk", "removed_after_s"),
        ("cameras.lobby", "timeout_s"),
    ],
)
def test_no_odd_number_of_seconds_is_accepted(
    tmp_path: Path, section: str, key: str, value: str
) -> None:
    """Neither nan nor inf nor a number out of range is a time; a busy loop would follow."""
    assert "; allowed: seconds from " in refused(tmp_path, section, f"{key} = {value}")


@pytest.mark.parametrize("value", [*ODD, *HUGE, "1.5"])
@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ("broker", "keepalive_s", "seconds from 5 to 600"),
        ("retention", "delivered_days", "days from 1 to 3650"),
        ("buzzer", "pin", "a BCM GPIO number from 2 to 27"),
    ],
)
def test_no_odd_whole_number_is_accepted(
    tmp_path: Path, section: str, key: str, words: str, value: str
) -> None:
    """What is no whole number in range is refused with the range."""
    assert refused(tmp_path, section, f"{key} = {value}").endswith(f"; allowed: {words}")


@pytest.mark.parametrize(
    ("section", "line", "problem"),
    [
        (
            "broker",
            "keepalive_s = 0x" + "f" * 5000,
            "is a number that is too long; allowed: seconds from 5 to 600",
        ),
        ("day", "opens = 07:30:00", 'is 07:30:00; allowed: a local time such as "21:00"'),
        (
            "reporting",
            "health_s = 3600",
            "is 3600; allowed: seconds from 0.5 to 150",
        ),
        (
            "metal_detector",
            "stuck_s = 5",
            (
                "is 5, and blocked_s is 5: a blocked beam would be a stuck contact; allowed: a "
                "longer time than blocked_s"
            ),
        ),
        (
            "checkpoint",
            'data = "a\\u0000b"',
            (
                "has the character U+0000 (a control character), which steers a terminal; "
                "allowed: text without it"
            ),
        ),
        (
            "checkpoint",
            'site = "kantor\\n"',
            "is 'kantor\\n'; allowed: lower-case letters, digits and single dashes, at most 64",
        ),
    ],
)
def test_the_problem_is_in_words(tmp_path: Path, section: str, line: str, problem: str) -> None:
    """The value is shown as it stands in the file, with what is allowed."""
    assert refused(tmp_path, section, line) == problem


def test_one_lost_health_message_does_not_delete_the_health() -> None:
    """The longest interval fits twice into the time after which the broker deletes the message."""
    assert HEALTH_EXPIRY_S == 300  # docs/mqtt.md


def test_a_hold_longer_than_stuck_is_refused(tmp_path: Path) -> None:
    """One alarm that is held longer than ``stuck_s`` would be reported as a stuck contact."""
    path = tmp_path / "gardu.toml"
    head, _, rest = SHIPPED.partition("[metal_detector]\n")
    times = "hold_s = 8\nstuck_s = 7\nblocked_s = 2\n"
    path.write_text(f"{head}[metal_detector]\n{times}{rest}", encoding="utf-8")
    with pytest.raises(ConfigError, match="is 7, and hold_s is 8: a single alarm would be a stuck"):
        load_config(path)


def test_a_card_is_not_removed_between_two_polls(tmp_path: Path) -> None:
    """A PN532 must be asked more often than it takes for a card to count as removed."""
    path = tmp_path / "gardu.toml"
    text = SHIPPED.replace(
        'driver = "rdm6300"', 'driver = "pn532"\npoll_s = 2\nremoved_after_s = 1'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="removed_after_s: is 1, and poll_s is 2"):
        load_config(path)
