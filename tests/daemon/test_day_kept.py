"""The office day, hosts, alarms and times, in the config and on the disk, over a restart."""

from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.guests import Day
from edge.config.zone import zone_of
from edge.daemon.checkpoint import restore
from edge.daemon.rules import make_rules
from edge.sop import events
from edge.sop.procedures.loading import load_procedures
from edge.sop.state import DayRules
from edge.store.store import Store
from tests.restored import stored
from tests.sop.stand import CARDS
from tests.sop.test_day import Office
from tests.sop.visit.test_course import register, screen

FOLDER = default_config_folder()


def test_everything_of_the_day_outlives_a_restart() -> None:
    """A closing day, an absent host, a seen alarm and an extended meeting are restored."""
    office = Office(abandoned_after_s=60.0)
    register(office, "pimpinan", CARDS[0])
    office.press("officer-1", "done")
    office.press("officer-2", "nothing")
    screen(office)
    office.answer("accept")
    office.wait(500)
    office.answer("extend")
    office.press("reception", "arrive", "eselon-2-3")
    office.press("reception", "more")
    office.wait(290)
    office.send(events.AvailabilitySet(office.now, "pimpinan", False, 99, None))
    office.send(events.AvailabilitySet(office.now, "jatim", False, None, "host-absent"))
    office.opened(2)
    office.press("reception", "acknowledge")
    office.press("reception", "close-day")
    assert stored(office.state) == office.state  # refused, because guests are inside
    office.press("reception", "close-day")
    state = office.state
    meeting, waiting = state.visits.values()
    assert (meeting.extensions, waiting.pace, waiting.asked > 0) == (1, "red", True)
    assert state.day is not None
    assert state.day.closing == "reception"
    assert set(state.availability) == {"jatim"}
    assert stored(state) == state


def test_a_state_from_before_there_were_days_is_taken_up() -> None:
    """A state without day, hosts and pace, as of an older database, is restored; visits go on."""
    office = Office()
    office.press("reception", "arrive", "pimpinan")
    (visit,) = office.state.visits.values()
    old = msgspec.to_builtins(visit)
    for name in ("pace", "extensions", "extended_s", "chosen", "seen", "asked"):
        old.pop(name, None)
    office.state = restore({"alarms": {}, "lockers": {}, "opened": 1, "places": 1}, [old])
    office.restart()
    office.wait(46)
    office.press("reception", "decline")
    assert office.outcomes() == ["declined"]


def test_days_are_kept_where_the_config_says_so(tmp_path: Path) -> None:
    """The config's hour is in the office's time zone; without the section there are no days."""
    config = load_config(FOLDER / "gardu.toml", elsewhere=True)
    office = msgspec.structs.replace(config.checkpoint, timezone="Asia/Jayapura")
    kept = msgspec.structs.replace(config, checkpoint=office, day=Day(opens="07:45"))
    without = msgspec.structs.replace(config, day=None)
    store = Store(tmp_path, "/gardu/test/lobby", Clock())
    try:
        texts = load_procedures(FOLDER / "sop", config.checkpoint.procedures)
        assert make_rules(without, texts, store).day is None
        zone = zone_of("Asia/Jayapura")
        assert make_rules(kept, texts, store).day == DayRules(opens_s=27_900, zone=zone)
    finally:
        store.close()
