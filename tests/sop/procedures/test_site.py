"""Procedures against a config: places, pools of cards, escorts, panels of several stations."""

from typing import Any

import msgspec
import pytest

from edge.config.model import Config
from edge.config.validation import Problems, convert
from edge.sop.procedures.equipment import EquipmentFindings, verify_equipment
from edge.sop.procedures.unused import unused_places, unused_pools
from tests.sop.archive import ARCHIVE, archive
from tests.sop.inputs.test_escorts import ESCORTED

BUTTONS = [
    {"pin": pin, "press": press}
    for pin, press in enumerate(("done", "refuse", "leave", "accept"), 4)
]
ARRIVE = {"pin": 8, "press": "arrive", "procedure": "arsip"}
PANELS = {
    "reception": {"stations": ["reception"], "buttons": [*BUTTONS, ARRIVE]},
    "officer-1": {"stations": ["officer-1"], "buttons": BUTTONS},
}
READER = {
    "driver": "rdm6300", "port": "/dev/serial/by-id/a", "stations": ["reception", "officer-1"],
}  # fmt: skip
CARDED = ARCHIVE.replace(
    'on = [{ event = "button.done", to = "@next" }]',
    'on = [{ event = "card.issued", to = "@next" }, { event = "button.done", to = "@next" }]',
    1,
)


def config(**changes: Any) -> Config:
    """Return the config of an archive without cards."""
    raw: dict[str, Any] = {
        "checkpoint": {"site": "arsip", "id": "lobi", "procedures": ["arsip"]},
        "places": [{"id": "ruang-baca", "at_most": 2}],
        "panels": PANELS,
        **changes,
    }
    problems = Problems("f")
    found: Config | None = convert(Config, raw, "", problems)
    assert found is not None, problems.lines
    return found


def found(text: str, **changes: Any) -> EquipmentFindings:
    """Return the findings for the procedure of *text*."""
    return verify_equipment(archive(text), config(**changes))


def test_a_checkpoint_without_cards_lacks_nothing() -> None:
    """No pool, no reader, no [cards]: neither a problem nor a note."""
    assert found(ARCHIVE) == EquipmentFindings()


LACKING: dict[str, tuple[str, dict[str, Any], str]] = {
    "place": (
        ARCHIVE,
        {"places": [{"id": "ruang-bacaan", "at_most": 2}]},
        (
            'step membaca, phase di-dalam: asks for "room:ruang-baca", but there is no place '
            "ruang-baca (did you mean ruang-bacaan?); add [[places]] with that id"
        ),
    ),
    "visitor cards": (
        CARDED,
        {"card_readers": {"desk": READER}},
        (
            'step penerimaan, phase buku: asks for "card.issued", but there are no visitor cards; '
            "add cards.visitor, or card_pool to the procedure"
        ),
    ),
    "pool": (
        'card_pool = "kontraktor"\n' + CARDED,
        {
            "card_readers": {"desk": READER},
            "cards": {"pools": {"kontraktor-1": ["0100D1AE02"]}, "visitor": ["0100D1AE0F"]},
        },
        (
            'step penerimaan, phase buku: asks for "card.issued", but there is no pool kontraktor '
            "(did you mean kontraktor-1?); add it to [cards.pools]"
        ),
    ),
    "escort's card": (
        ESCORTED,
        {"card_readers": {"desk": READER}},
        (
            'step membaca, phase antar: asks for "card.escort", but there is no escort\'s card; '
            "add cards.escort"
        ),
    ),
    "escort's reader": (
        ESCORTED,
        {"cards": {"escort": {"0100EE0001": "pengantar-1"}}},
        (
            'step membaca, phase antar: asks for "card.escort", but no card reader '
            "serves station officer-1; add it to stations of a [card_readers.NAME]"
        ),
    ),
}


@pytest.mark.parametrize("what", LACKING)
def test_what_a_procedure_needs_and_the_config_lacks(what: str) -> None:
    """Each is a problem with its step and phase, and where to add it."""
    text, changes, problem = LACKING[what]
    assert found(text, **changes).problems == (f"procedure arsip: {problem}",)


def test_guests_whose_kinds_have_pools_need_no_visitor_cards() -> None:
    """Each button that opens a visit names a kind with a pool; else visitor cards are missing."""
    kinds = {
        "guest_kinds": [{"id": "tamu", "title": "Tamu", "card_pool": "biru"}],
        "cards": {"pools": {"biru": ["0100D1AE02"]}},
        "card_readers": {"desk": READER},
    }
    named = {**PANELS["reception"], "buttons": [*BUTTONS, {**ARRIVE, "guest_kind": "tamu"}]}
    assert found(CARDED, **kinds, panels={**PANELS, "reception": named}).problems == ()
    assert len(found(CARDED, **kinds).problems) == 1


def test_two_stations_of_one_panel_that_take_one_button_are_noted() -> None:
    """The note names panel, stations and buttons, and the rule that decides; two panels: none."""
    both = {"stations": ["reception", "officer-1"], "buttons": [*BUTTONS, ARRIVE]}
    assert found(ARCHIVE, panels={"all": both}).notes == (
        (
            "procedure arsip: panel all: its stations reception and officer-1 both take done: "
            "a press is for the guest whose card was shown there last, else for the first in line "
            "of both whose phase waits for it (docs/routing.md, rule 2)"
        ),
    )
    assert found(ARCHIVE).notes == ()


def test_places_and_pools_that_no_guest_uses_are_noted() -> None:
    """A name that is spelled otherwise in procedure and config shows on both sides."""
    more = config(
        places=[{"id": "ruang-baca", "at_most": 2}, {"id": "gudang", "at_most": 1}],
        cards={"pools": {"biru": ["0100D1AE02"], "merah": ["0100D1AF02"]}},
        guest_kinds=[{"id": "tamu", "title": "Tamu", "card_pool": "biru"}],
    )
    assert unused_places([archive()], more) == [
        (
            "places[1]: no procedure enters gudang; use it in a phase with needs = "
            '"room:gudang", or remove it'
        )
    ]
    assert unused_pools([archive()], more) == [
        (
            "cards.pools.merah: no guest gets a card of it; name it as card_pool of a procedure "
            "or of a [[guest_kinds]], or remove it"
        )
    ]
    merah = msgspec.structs.replace(archive(), card_pool="merah")
    assert unused_pools([merah], more) == []
