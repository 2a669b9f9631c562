"""Buttons and pins: no meaning is lost, no grave one is near a frequent one, no pin is twice."""

from hypothesis import given
from hypothesis import strategies as st

from edge.commands.init.buttons import AMOUNTS, faces
from edge.commands.init.needs import needs_of
from edge.commands.init.places import FREE_PINS, Part, assign
from edge.config.crosscheck.buttons import FREQUENT, GRAVE
from edge.config.places import default_config_folder
from edge.config.wiring import RXD, TXD, boot_pull
from edge.sop.procedures.loading import known_procedures, load_procedures
from tests.sop.data_centre import PROCEDURE as DATA_CENTRE

SOP = default_config_folder() / "sop"
KNOWN = {**load_procedures(SOP, known_procedures(SOP)), DATA_CENTRE.id: DATA_CENTRE}


@given(
    chosen=st.lists(st.sampled_from(sorted(KNOWN)), min_size=1, unique=True),
    amount=st.sampled_from(list(AMOUNTS)),
    day=st.booleans(),
    data=st.data(),
)
def test_a_panel_has_each_meaning_once_and_none_at_a_dangerous_place(
    chosen: list[str], amount: str, day: bool, data: st.DataObject
) -> None:
    """For any procedures and stations: all meanings but in "few", and rule 2 of the layout."""
    needs = needs_of(KNOWN[one] for one in chosen)
    stations = data.draw(st.lists(st.sampled_from(list(needs.stations)), min_size=1, unique=True))
    found = faces(stations, needs, amount, day=day, choices=True)
    meanings = [f"{one.press} {one.procedure}" for one in found]
    meanings += [f"{one.hold} " for one in found if one.hold]
    assert len(meanings) == len(set(meanings))
    for face in found:
        assert face.press != "lost"
        assert not (face.press in FREQUENT and face.hold in GRAVE)
        assert not (face.press in GRAVE and face.hold in FREQUENT)
    if amount != "few":
        accepted = {action for one in stations for action in needs.stations[one]} - {"arrive"}
        assert accepted <= {one.rstrip() for one in meanings}
    begun = [one.id for one in needs.procedures if one.steps[0].station in stations]
    assert [face.procedure for face in found if face.press == "arrive"] == begun


def test_choices_and_reasons_of_refusals_have_buttons() -> None:
    """A button for each choice that a step waits for; reasons where an officer can refuse."""
    needs = needs_of([DATA_CENTRE])
    meanings = {
        station: {one for face in faces([station], needs, amount, day=False)
                  for one in (face.press, face.hold)}
        for station, amount in (("reception", "usual"), ("security", "all"))
    }  # fmt: skip
    assert {"choice-1", "choice-2", "choice-3"} <= meanings["reception"]
    assert {"choice-1", "choice-2", "reason-1", "reason-2", "reason-3"} <= meanings["security"]
    assert "choice-3" not in meanings["security"]
    assert needs.ringing == ("pusat-data",)


PART = st.builds(
    Part,
    role=st.sampled_from(["relay", "lamp", "contact"]),
    at=st.sampled_from(["pi", "pi", "hall"]),
    keys=st.sampled_from([{}, {"wired": "normally-closed"}]),
)


@given(
    parts=st.lists(PART, max_size=40),
    relays=st.sampled_from(["low", "high", "either"]),
    kept=st.lists(st.sampled_from(list(FREE_PINS)), unique=True),
)
def test_each_part_has_a_good_place_or_the_shortage_is_named(
    parts: list[Part], relays: str, kept: list[str]
) -> None:
    """Any parts: pins and channels once, outputs at rest while the Pi boots, free pins free."""
    free = [pin for name in kept for pin in FREE_PINS[name]]
    modules = {"hall": "waveshare-io-8ch"}
    placed, short = assign(parts, modules, relays=relays, free=free)  # type: ignore[arg-type]
    assert bool(short) == ({} in placed)
    pins = [one["pin"] for one in placed if "pin" in one]
    assert len(pins) == len(set(pins))
    assert set(pins).isdisjoint(free)
    channels = [(one.get("input"), one.get("output")) for one in placed if "module" in one]
    assert len(channels) == len(set(channels))
    for part, place in zip(parts, placed, strict=True):
        if "pin" not in place:
            continue
        if part.role != "contact":
            assert place["pin"] not in (TXD, RXD)
            rest = "up" if place.get("active", "high") == "low" else "down"
            assert boot_pull(place["pin"]) == rest
        elif part.keys:
            assert place["pin"] != TXD
