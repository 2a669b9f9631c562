"""The file of a day: arrivals are planned to the last guest, and errors are named."""

from collections import Counter
from pathlib import Path

import pytest

from edge.config.hosts import hosts_of
from edge.config.loading import load_config
from edge.errors import ConfigError
from sim.days import branches, programme
from sim.days.arrivals import arrivals, share
from sim.days.command import expected
from sim.days.stage import merge, write_config
from sim.people.intention import of
from sim.scenario import Fault, Kill, NetworkEvent
from sim.stage.desk import Request

OURS = ("day", "morning")
ONE = """
opens = "07:30"
guests = 10
[title]
id = "a"
en = "b"
[[checkpoint]]
config = "gardu.toml"
guests = 1
procedures = { pimpinan = 1 }
weights = { normal = 1 }
bursts = [{ since = "08:00", until = "09:00" }]
"""


_AT_A_DETECTOR = ("alarm-then-clear", "alarm-twice", "too-fast", "refused")


def has_way(procedure: str, branch: str) -> bool:
    """Return True for all but the branches at a detector in the procedure without one."""
    return branch not in _AT_A_DETECTOR or procedure != "eselon-4-asn"


def day(folder: Path, more: str = "") -> programme.Programme:
    """Return a small day with *more* in its only checkpoint."""
    path = folder / "mine.toml"
    path.write_text(ONE + more, encoding="utf-8")
    return programme.load(path)


@pytest.mark.parametrize("name", OURS)
def test_our_days_load(name: str, tmp_path: Path) -> None:
    """Every shipped day loads, with configs and branches that exist."""
    path = programme.find(name)
    loaded = programme.load(path)
    assert expected(loaded)
    for place in loaded.checkpoint:
        config = load_config(write_config(place, path.parent, tmp_path), elsewhere=True)
        assert set(place.procedures) <= set(config.checkpoint.procedures)


def test_the_day_has_two_hosts_of_one_procedure(tmp_path: Path) -> None:
    """One checkpoint's guests come for one of two hosts, each with an aiphone of their own."""
    path = programme.find("day")
    found = []
    for place in programme.load(path).checkpoint:
        config = load_config(write_config(place, path.parent, tmp_path), elsewhere=True)
        found += [hosts_of(config, procedure) for procedure in place.procedures]
    (several,) = [hosts for hosts in found if len(hosts) > 1]
    assert len({host.aiphone for host in several}) == len(several) == 2


def test_the_day_takes_every_branch_of_the_catalogue() -> None:
    """The full day contains every branch of the catalogue."""
    catalogue = branches.load(programme.DAYS / "branches.toml")
    assert set(expected(programme.load(programme.find("day")))) == set(catalogue)


@pytest.mark.parametrize("guests", [24, 77, 200])
def test_all_guests_come_once(guests: int) -> None:
    """Shares and proportions are whole guests, and together exactly the requested number."""
    loaded = programme.load(programme.find("day"))
    counts = share(loaded, guests)
    assert sum(counts) == guests
    for place, count in zip(loaded.checkpoint, counts, strict=True):
        planned = arrivals(loaded, place, count, seed=5, has_way=has_way)
        assert len(planned) == count
        happened = Counter(arrival.branch for arrival in planned)
        if count < sum(place.branches.values()):
            assert set(happened) <= set(place.branches)
        else:
            assert all(happened[branch] >= times for branch, times in place.branches.items())


@pytest.mark.parametrize("seed", range(8))
def test_what_happens_in_any_case_can_happen(seed: int) -> None:
    """Planned branches avoid absent hosts, have a screening if needed, and hours before evening."""
    loaded = programme.load(programme.find("day"))
    place = loaded.checkpoint[0]
    away = {"pimpinan": (3600, 6000), "eselon-2-3": (11700, 14400)}
    planned = arrivals(loaded, place, 110, seed, has_way)
    for guest in planned:
        since, until = away.get(guest.procedure, (0, 0))
        if guest.branch not in place.weights:
            assert not since - 1800 <= guest.at_s < until
            assert has_way(guest.procedure, guest.branch)
    for host, (since, until) in away.items():
        assert any(g.procedure == host and since <= g.at_s < until for g in planned)
    elsewhere = arrivals(loaded, loaded.checkpoint[1], 90, seed, has_way)
    assert all(g.at_s <= 9000 for g in elsewhere if of(g.branch)[0].unseen)


def test_the_same_seed_plans_the_same_day() -> None:
    """Arrivals, procedures and groups depend on the seed alone."""
    loaded = programme.load(programme.find("day"))
    place = loaded.checkpoint[0]
    once, again, other = (arrivals(loaded, place, 60, seed, has_way) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_guests_come_within_their_bursts(tmp_path: Path) -> None:
    """Arrival times are seconds since opening, and lie between since and until."""
    loaded = day(tmp_path)
    planned = arrivals(loaded, loaded.checkpoint[0], 50, seed=3, has_way=has_way)
    assert all(1800 <= arrival.at_s <= 5400 for arrival in planned)
    assert [a.at_s for a in planned] == sorted(a.at_s for a in planned)


def test_acts_are_sorted_by_what_they_are(tmp_path: Path) -> None:
    """An act goes to the line, the daemon, the desk or the lobby, at its time since opening."""
    loaded = day(
        tmp_path,
        "act = ["
        '{ at = "08:00", do = "cut" }, { at = "08:00:30", do = "kill" },'
        '{ at = "09:00", do = "jam-locker", locker = 2 },'
        '{ at = ["10:00", "11:00"], do = "availability", host = "pimpinan", receiving = false }]',
    )
    place = loaded.checkpoint[0]
    assert programme.acts(loaded, place, NetworkEvent) == (NetworkEvent(at_s=1800, do="cut"),)
    assert programme.acts(loaded, place, Kill) == (Kill(at_s=1830),)
    assert programme.acts(loaded, place, Fault) == (Fault(at_s=5400, do="jam-locker", locker=2),)
    requests = programme.acts(loaded, place, Request)
    assert [(one.at_s, one.host) for one in requests] == [(9000, "pimpinan"), (12600, "pimpinan")]
    assert programme.scenario(loaded, place).kill == (Kill(at_s=1830),)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('act = [{ at = "25:00", do = "cut" }]', "HH:MM"),
        ('act = [{ do = "cut" }]', "HH:MM"),
        ('act = [{ at = ["08:00", "8"], do = "cut" }]', "HH:MM"),
        ('act = [{ at = "08:00", do = "dance" }]', "jam-locker"),
        ('act = [{ at = "08:00", do = "jam-locker" }]', "needs it"),
        ('act = [{ at = "08:00", do = "cut", loker = 1 }]', "is no key here"),
        ("colour = 1", "is no key here"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, more: str, words: str) -> None:
    """A wrong act names the allowed values."""
    with pytest.raises(ConfigError) as raised:
        day(tmp_path, more)
    assert words in str(raised.value)


def test_wrong_times_and_procedures_are_said(tmp_path: Path) -> None:
    """A burst that ends before it begins, and an unknown procedure, are named."""
    text = ONE.replace('until = "09:00"', 'until = "07:00"').replace("pimpinan = 1", "x = 1")
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        programme.load(path)
    assert "later than since" in str(raised.value)


def test_an_unknown_day_names_ours() -> None:
    """An unknown day is refused with the names of the shipped ones."""
    with pytest.raises(ConfigError) as raised:
        programme.find("no-such")
    assert "day, morning" in str(raised.value)


def test_merge_replaces_values_and_keeps_tables() -> None:
    """A day's additions replace values in the config table by table."""
    base = {"a": {"x": 1, "y": 2}, "b": [1, 2]}
    assert merge(base, {"a": {"y": 3}, "b": [4]}) == {"a": {"x": 1, "y": 3}, "b": [4]}
    assert base == {"a": {"x": 1, "y": 2}, "b": [1, 2]}
