"""Scenario files: the shipped ones load, and a wrong one reports all of its problems."""

from collections import Counter
from pathlib import Path

import pytest

from edge.errors import ConfigError
from sim import scenario
from sim.scenario import BRANCHES

SHIPPED = {
    "alarm-and-second-pass", "alarms", "good-day", "host-declines", "mixed", "network-cut",
    "no-answer", "nothing-to-store", "power-cut", "refused", "rescheduled",
    "wire-faults",
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    """Write a scenario file and return its path."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ours_are_all_there_and_load() -> None:
    """Every shipped scenario loads and has both titles."""
    assert set(scenario.names()) == SHIPPED
    for name in scenario.names():
        loaded = scenario.load(scenario.find(name))
        assert loaded.title.id
        assert loaded.title.en


def test_mixed_meets_every_branch() -> None:
    """The mixed day has a guest of every branch, except those that last hours or a night."""
    loaded = scenario.load(scenario.find("mixed"))
    hours = {"stays", "vanishes", "overnight"}
    assert set(loaded.branches(len(BRANCHES), seed=1)) == set(BRANCHES) - hours


def test_order_is_kept_and_repeated() -> None:
    """An exact list of branches is followed in order and repeated, with any seed."""
    loaded = scenario.load(scenario.find("refused"))
    assert loaded.branches(5, seed=1) == ["refused", "normal", "refused", "normal", "refused"]
    assert loaded.branches(5, seed=1) == loaded.branches(5, seed=2)


def test_weights_draw_by_seed(tmp_path: Path) -> None:
    """Weights draw only the named branches, about in proportion, the same for a seed."""
    path = write(
        tmp_path,
        '[title]\nid="a"\nen="b"\n[guests]\nweights={normal=3, refused=1}\n',
    )
    loaded = scenario.load(path)
    drawn = loaded.branches(400, seed=9)
    assert drawn == loaded.branches(400, seed=9)
    counts = Counter(drawn)
    assert set(counts) == {"normal", "refused"}
    assert 240 < counts["normal"] < 360


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    """Unknown keys, wrong words and values out of range are all named, with the allowed ones."""
    path = write(
        tmp_path,
        '[title]\nid="a"\nname="b"\n[guests]\norder=["normal","happy"]\n'
        '[[network]]\nat_s=-1\ndo="explode"\n',
    )
    with pytest.raises(ConfigError) as caught:
        scenario.load(path)
    words = "\n".join(caught.value.problems)
    for expected in ("title.name", "title.en", "happy", "network[0].at_s", "explode"):
        assert expected in words
    assert "half-open" in words
    assert all(str(path) in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("guests", "fault", "expected"),
    [
        ("", "", "order or weights"),
        ('order=["normal"]\nweights={normal=1}', "", "order or weights"),
        ('order=["normal"]', '[[fault]]\nat_s=1\ndo="jam-locker"', "fault[0].locker"),
        ('order=["normal"]', '[[fault]]\nat_s=1\ndo="noise"\nlocker=1', "fault[0].reader"),
    ],
)
def test_what_must_fit_together(tmp_path: Path, guests: str, fault: str, expected: str) -> None:
    """Order and weights exclude each other; a fault names its equipment."""
    path = write(tmp_path, f'[title]\nid="a"\nen="b"\n[guests]\n{guests}\n{fault}\n')
    with pytest.raises(ConfigError) as caught:
        scenario.load(path)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ('do="chatter"', ("fault[0].contact: is missing", "fault[0].hz", "fault[0].for_s")),
        ('do="chatter"\ncontact="locker/1"\nhz=21\nfor_s=1', ("fault[0].hz", "2 to 20")),
        ('do="lost-edge"\ncontact="lemari/1"', ("fault[0].contact", "door/NAME")),
        ('do="lost-edge"\ncontact="detector/lamp"', ("fault[0].contact", "detector/KEY")),
        ('do="crosstalk"\ncontact="door/a"', ("fault[0].into: is missing", "fault[0].for_s")),
        (
            'do="crosstalk"\ncontact="door/a"\ninto="door/a"\nfor_s=1',
            ("fault[0].into: must be another contact",),
        ),
        ('do="renumber"\nadapter="desk"', ("fault[0].adapter", "reader/NAME")),
        ('do="slow-disk"\nsync_s=61', ("fault[0].sync_s",)),
        ('do="stalled-disk"', ("fault[0].for_s: is missing; stalled-disk needs it",)),
        ('do="poison-packet"\npacket="arsenic"', ("fault[0].packet", "oversized")),
        ('do="flap-broker"', ("fault[0].times", "fault[0].every_s")),
    ],
)
def test_faults_of_wires_name_what_is_allowed(
    tmp_path: Path, fault: str, expected: tuple[str, ...]
) -> None:
    """A wrong key of a fault is named with its file and the allowed values."""
    text = '[title]\nid="a"\nen="b"\n[guests]\norder=["normal"]\n[[fault]]\nat_s=1\n'
    path = write(tmp_path, f"{text}{fault}\n")
    with pytest.raises(ConfigError) as caught:
        scenario.load(path)
    words = "\n".join(caught.value.problems)
    for one in expected:
        assert one in words
    assert all(str(path) in problem for problem in caught.value.problems)


def test_a_file_of_ones_own_is_found(tmp_path: Path) -> None:
    """A scenario may be a path; an unknown name lists the shipped ones."""
    path = write(tmp_path, "")
    assert scenario.find(str(path)) == path
    with pytest.raises(ConfigError, match="good-day"):
        scenario.find("no-such-day")
