"""From the config to the core's rules: the fitted equipment is in the rules."""

from pathlib import Path

import msgspec
import pytest

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.card_readers import Gm65
from edge.config.sections.doors import Safety
from edge.config.sections.guest_kinds import GuestKind
from edge.config.sections.guests import Cards
from edge.config.sections.pins import Contact, Loop
from edge.config.sections.places import Place
from edge.daemon.rules import fitted_inputs, make_rules
from edge.sop.procedures.loading import load_procedures
from edge.sop.state import Detector, Rules
from edge.store.store import Store

FOLDER = default_config_folder()
JATIM = load_config(FOLDER / "gardu-jatim.toml", elsewhere=True)
TANJABBAR = load_config(FOLDER / "gardu.toml", elsewhere=True)
BARE = msgspec.structs.replace(JATIM, lockers=None, doors={}, safety=None, metal_detector=None)


def rules_of(config: Config, folder: Path) -> Rules:
    """Return the rules of *config* with a store of its own."""
    store = Store(folder, "/gardu/test/lobby", Clock())
    try:
        wanted = config.checkpoint.procedures
        return make_rules(config, load_procedures(FOLDER / "sop", wanted), store)
    finally:
        store.close()


def test_doors_of_the_config_are_the_doors_of_the_core(tmp_path: Path) -> None:
    """A door has its procedures and its times of release and of standing open."""
    rules = rules_of(JATIM, tmp_path)
    (section,) = JATIM.doors.values()
    (door,) = rules.doors.values()
    assert list(rules.doors) == list(JATIM.doors)
    assert (door.procedures, door.release_s, door.held_s) == (
        ("jatim",), section.release_s, section.held_s,
    )  # fmt: skip


def test_places_pools_kinds_and_escorts_are_in_the_rules(tmp_path: Path) -> None:
    """The core works with the guests, cards and places of the config, and with its time zone."""
    cards = Cards(pools={"emas": ["0100D1AE02"]}, escort={"0100EE0001": "pengantar-1"})
    config = msgspec.structs.replace(
        BARE,
        cards=cards,
        guest_kinds=[GuestKind(id="vip", title="VIP", card_pool="emas", priority=3)],
        places=[Place(id="ruang-baca", at_most=2)],
        checkpoint=msgspec.structs.replace(BARE.checkpoint, timezone="Asia/Jayapura"),
    )
    rules = rules_of(config, tmp_path)
    assert rules.pools == {"emas": frozenset({"0100D1AE02"})}
    assert rules.escorts == {"0100EE0001": "pengantar-1"}
    assert rules.limits == {"ruang-baca": 2}
    assert (rules.guest_kinds["vip"].card_pool, rules.guest_kinds["vip"].priority) == ("emas", 3)
    assert str(rules.zone) == "Asia/Jayapura"


def test_lockers_bring_the_time_that_they_may_stand_open(tmp_path: Path) -> None:
    """The rules have the section's left_open_s with any driver."""
    assert TANJABBAR.lockers is not None
    longer = msgspec.structs.replace(TANJABBAR.lockers, left_open_s=77.0)
    rules = rules_of(msgspec.structs.replace(TANJABBAR, lockers=longer), tmp_path)
    assert rules.left_open_s == 77.0
    assert rules.lockers == tuple(locker.number for locker in longer.locker)


def test_a_scanner_stands_at_stations_as_a_reader_does(tmp_path: Path) -> None:
    """A scanner is at stations like a reader, so that its refusals show at the panel there."""
    scanner = Gm65(port="/dev/serial/by-id/scanner", stations=["security"])
    rules = rules_of(msgspec.structs.replace(JATIM, scanners={"gate": scanner}), tmp_path)
    assert rules.readers["gate"] == ("security",)
    assert set(JATIM.card_readers) < set(rules.readers)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("fire", "fire"),
        ("duress", "duress"),
        ("enclosure_tamper", "enclosure-tamper"),
        ("mains", "mains-lost"),
        ("battery", "battery-low"),
    ],
)
def test_each_safety_input_that_is_fitted_is_known(key: str, kind: str) -> None:
    """Each key of the config is one input of the core."""
    safety = Safety(**{key: Loop(pin=4)})
    assert fitted_inputs(msgspec.structs.replace(BARE, safety=safety)) == {kind}


def test_the_detectors_own_inputs_are_known(tmp_path: Path) -> None:
    """A beam and a tamper contact are inputs if fitted; a bare detector has neither."""
    assert TANJABBAR.metal_detector is not None
    bare = msgspec.structs.replace(TANJABBAR.metal_detector, passage=None, tamper=None)
    both = msgspec.structs.replace(bare, passage=Contact(pin=4), tamper=Loop(pin=5))
    rules = rules_of(msgspec.structs.replace(TANJABBAR, metal_detector=both), tmp_path)
    assert {"detector-tamper", "beam-blocked"} <= rules.inputs
    assert rules.detectors == {"": Detector(walks=frozenset({"in"}))}
    assert fitted_inputs(msgspec.structs.replace(BARE, metal_detector=bare)) == frozenset()
