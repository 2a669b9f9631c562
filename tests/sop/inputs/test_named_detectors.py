"""Several alarms of several detectors in one step: each leads where its own transition says."""

import pytest
from msgspec.structs import replace

from edge.config.sections.metal_detector import NamedMetalDetector
from edge.config.sections.pins import AlarmContact, Signal
from edge.sop.events import WalkDirection
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.verify import verify
from edge.sop.state import Detector, Visit
from tests.sop.archive import ARCHIVE, archive, archive_rules, registered
from tests.sop.procedures.test_site import config
from tests.sop.stand import Stand

IN: frozenset[WalkDirection] = frozenset({"in"})
DETECTORS = {
    "frame": Detector(stations=("officer-1",), walks=IN),
    "xray": Detector(stations=("officer-1",)),
}
# The guest walks through the frame; the bag goes through the X-ray beside it.
SCREENED = (
    ARCHIVE.replace("number = 3", "number = 4")
    .replace("number = 2", "number = 3")
    .replace(
        """[[steps]]
number = 3""",
        """[[steps]]
number = 2
id = "pemeriksaan"
role = "Petugas"
station = "officer-1"
activity = "Petugas memeriksa tamu dan tas"
title = "Screening"
source = "none"

[[steps.phases]]
id = "periksa"
on = [
    { event = "detector.alarm:xray", to = "tas" },
    { event = "detector.alarm", to = "orang" },
    { event = "detector.passage", clear = "one", to = "bersih", otherwise = "periksa" },
    { event = "button.accept", clear = "one", to = "bersih", otherwise = "periksa" },
]

[[steps.phases]]
id = "tas"
lamp = "fast"
do = ["alarm:tas"]
on = [
    { event = "button.done", to = "periksa" },
    { event = "button.refuse", to = "@refused", reason = "security" },
]

[[steps.phases]]
id = "orang"
lamp = "fast"
do = ["alarm:metal-detector"]
on = [{ event = "detector.passage", to = "periksa" }, { event = "button.done", to = "periksa" }]

[[steps.phases]]
id = "bersih"
needs = "all-clear"
otherwise = "periksa"
do = ["clear:tas", "clear:metal-detector"]
on = [{ event = "button.done", to = "@next" }]

[[steps]]
number = 3""",
    )
)


def screening(persons: int = 1) -> tuple[Stand, str]:
    """Return a stand with a group before frame and X-ray, and the visit."""
    stand = Stand(archive_rules(SCREENED, detectors=DETECTORS))
    return stand, registered(stand, persons)


def of(stand: Stand, visit: str) -> Visit:
    """Return the open visit."""
    return stand.state.visits[visit]


def test_each_detector_has_its_own_way_and_alarm() -> None:
    """The bag is searched, the person walks again; both alarms have names of their own."""
    stand, visit = screening()
    stand.detector("alarm", "clear", at="xray")
    assert of(stand, visit).phase == "tas"
    stand.press("officer-1", "done")
    stand.detector("alarm", "clear", at="frame")
    assert of(stand, visit).phase == "orang"
    assert set(stand.state.alarms) == {"tas", "metal-detector-frame"}
    stand.detector("passage", "passage", at="frame")
    assert (of(stand, visit).phase, stand.state.alarms) == ("bersih", {})
    assert of(stand, visit).evidence.count("alarm") == 2


def test_an_xray_takes_no_person_out_of_the_count() -> None:
    """Its alarm right after a walk through the frame is about the bag: the walk stays clear."""
    stand, visit = screening(2)
    stand.detector("passage", at="frame")
    assert of(stand, visit).passed == 1
    stand.detector("alarm", at="xray")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("tas", 1)


def test_a_late_alarm_of_the_frame_still_belongs_to_its_walk() -> None:
    """Metal behind the person, within half a second after the walk: the person is not clear."""
    stand, visit = screening(2)
    stand.detector("passage", "alarm", at="frame")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("orang", 0)


def test_without_a_transition_of_its_own_a_detector_is_any() -> None:
    """A step that names no detector takes the alarms of all of them, as before."""
    text = SCREENED.replace('    { event = "detector.alarm:xray", to = "tas" },\n', "")
    stand = Stand(archive_rules(detectors=DETECTORS))
    procedure = parse_procedure(text, "arsip.toml")
    stand.rules = replace(
        stand.rules,
        procedures={procedure.key: procedure},
        current={"arsip": procedure.key},
    )
    visit = registered(stand)
    stand.detector("alarm", at="xray")
    assert of(stand, visit).phase == "orang"
    assert set(stand.state.alarms) == {"metal-detector-xray"}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("detector.alarm:X-Ray", "names a detector 'X-Ray'; allowed: lower-case letters"),
        ("detector.alarms:xray", "unknown event (did you mean detector.alarm?); allowed: button"),
        ("button.done:xray", "unknown event (did you mean button.done?); allowed: button"),
    ],
)
def test_only_events_of_detectors_name_one(event: str, problem: str) -> None:
    """Other events with a name behind them, and names that no section can have, are problems."""
    text = SCREENED.replace("detector.alarm:xray", event)
    found = verify(parse_procedure(text, "arsip.toml"))
    assert any(f'on "{event}": {problem}' in one for one in found), found


def test_a_named_detector_must_be_at_the_station() -> None:
    """An unknown name, with what may be meant; and one that screens other stations."""
    alarm = AlarmContact(pin=20)
    for name, station, problem in (
        (
            "xrays",
            "officer-1",
            "there is no metal detector xray (did you mean xrays?); add [metal_detectors.xray]",
        ),
        (
            "xray",
            "reception",
            (
                "no metal detector screens guests of station officer-1; add it to stations of a "
                "[metal_detectors.xray]"
            ),
        ),
    ):
        frame = NamedMetalDetector(stations=["officer-1"], alarm=alarm, passage=Signal(pin=21))
        other = NamedMetalDetector(stations=[station], alarm=alarm)
        site = replace(config(), metal_detectors={"frame": frame, name: other})
        found = verify_equipment(archive(SCREENED), site).problems
        assert found == (
            (
                "procedure arsip: step pemeriksaan, phase periksa: asks for "
                f'"detector.alarm:xray", but '
                f"{problem}"
            ),
        )
