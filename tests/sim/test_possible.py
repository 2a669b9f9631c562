"""Procedures and intentions: which have a way at the checkpoints of the shipped configs."""

from functools import cache
from pathlib import Path

import pytest

from edge.errors import ConfigError
from sim.people.prospect import Prospects
from sim.possible import fit
from sim.scenario import BRANCHES, Guests, Scenario, Title

CONFIG = Path(__file__).parents[2] / "config"
CONFIGS = {
    "pimpinan": CONFIG / "gardu.toml",
    "eselon-2-3": CONFIG / "gardu.toml",
    "eselon-4-asn": CONFIG / "gardu.toml",
    "jatim": CONFIG / "gardu-jatim.toml",
    "pelayanan-terpadu": CONFIG / "sop/examples/config/pelayanan-terpadu.toml",
    "pusat-data": CONFIG / "sop/examples/config/pusat-data.toml",
    "ruang-rawat": CONFIG / "sop/examples/config/ruang-rawat.toml",
}

# What is missing, by the intentions that have no way.
NO_EXTENSION = {"long-meeting": "button.extend or aiphone.extend"}
NO_ROOM = {"waits-for-room": "button.* (waits:room.free)"}
NO_WALKS = {"alarm-on-the-way-out": "detector.alarm* (waits:detector.exit)"}
NO_LIMIT = {"above-the-limit": "value.* (compared)"}
NO_ESCORT = {"with-escort": "card.escort"}
NO_DOOR = {"no-door-release": "button.decline (waits:aiphone.release)"}
NO_ABSENT = {"host-absent": "button.absent (ring)"}
NO_SECOND_CALL = {"second-declines": "no way leads to declined"}
NO_LOCKER = {"nothing-to-store": "button.nothing (waits:button.locker)"}
NO_DETECTOR = {
    "alarm-then-clear": "detector.alarm*",
    "alarm-twice": "detector.alarm*",
    "too-fast": "detector.too-fast",
    **NO_WALKS,
}
NO_REASONS = {f"reason-{number}": f"button.reason-{number} (decision)" for number in range(1, 5)}
KEEPS_THE_CARD = (
    "loses-card", "forgets-belongings", "overnight", "card-in-the-tray", "vanishes",
)  # fmt: skip
NO_CARD = {
    "unknown-card": "card.issued",
    "shared-card": "card.issued",
    "corrects-card": "card.issued",
    "no-identity": "button.decline (waits:card.issued)",
    **dict.fromkeys(KEEPS_THE_CARD, "button.leave (return, waits:card.presented)"),
}

OFFICE = NO_EXTENSION | NO_ROOM | NO_WALKS | NO_LIMIT | NO_ESCORT | NO_DOOR | NO_REASONS
LACKING: dict[str, dict[str, str]] = {
    "pimpinan": OFFICE | NO_SECOND_CALL,
    "eselon-2-3": OFFICE | NO_SECOND_CALL,
    "eselon-4-asn": OFFICE | NO_SECOND_CALL | NO_DETECTOR | {"refused": "detector.alarm*"},
    "jatim": NO_DETECTOR | NO_LOCKER | NO_EXTENSION | NO_SECOND_CALL | NO_LIMIT | NO_ROOM
    | NO_ESCORT,
    "pelayanan-terpadu": NO_ABSENT | NO_DETECTOR | NO_LOCKER | NO_CARD | NO_DOOR | NO_EXTENSION
    | NO_LIMIT | NO_ESCORT | {"waits-for-room": "no way leads to rescheduled"},
    "pusat-data": NO_ABSENT | NO_ROOM,
    "ruang-rawat": NO_ABSENT | NO_DETECTOR | NO_LOCKER | NO_DOOR | NO_SECOND_CALL | NO_ESCORT
    | {"waits-for-room": "no way leads to rescheduled"},
}  # fmt: skip


@cache
def prospects(config: Path) -> Prospects:
    """Return the prospects at the checkpoint of *config*."""
    return Prospects(config)


@pytest.mark.parametrize("procedure", CONFIGS)
def test_every_intention_has_a_way_or_says_what_is_missing(procedure: str) -> None:
    """A procedure is simulated with all that it allows, and a person reads why not the rest."""
    found = {one: prospects(CONFIGS[procedure]).of(procedure, one) for one in BRANCHES}
    without = {branch: one.why for branch, one in found.items() if one.intention is None}
    lacking = LACKING[procedure]
    assert set(without) == set(lacking)
    assert {one: why for one, why in without.items() if lacking[one] not in why} == {}


def scenario(**guests: object) -> Scenario:
    """Return a scenario with *guests*."""
    return Scenario(title=Title(id="Uji", en="Test"), guests=Guests(**guests))  # type: ignore[arg-type]  # of one key


def test_an_order_that_cannot_be_had_is_refused_with_what_can() -> None:
    """A scenario about one intention is not played without it; the reader gets a choice."""
    with pytest.raises(ConfigError) as caught:
        fit(scenario(order=("normal", "too-fast")), "jatim", CONFIGS["jatim"])
    first, second = caught.value.problems
    assert first.startswith("jatim: no way for guests of too-fast: no phase has the event detector")
    assert second.startswith("jatim has a way for: normal, host-declines, ")
    assert "too-fast" not in second


def test_a_weight_that_cannot_be_had_is_left_out() -> None:
    """The other guests of a scenario come, in their proportions, and it says who does not."""
    found, words = fit(
        scenario(weights={"normal": 3, "too-fast": 1, "leaves": 2}), "jatim", CONFIGS["jatim"]
    )
    assert found.guests.weights == {"normal": 3, "leaves": 2}
    assert [one.endswith("none of them comes") for one in words] == [True]


def test_weights_of_which_none_can_be_had_are_refused() -> None:
    """A scenario without guests is none."""
    with pytest.raises(ConfigError, match="has a way for"):
        fit(scenario(weights={"too-fast": 1}), "jatim", CONFIGS["jatim"])
