"""`gardu doctor` and `gardu watch-inputs` with readers that type, and on two pins."""

import asyncio
import tomllib
from pathlib import Path

import tomli_w

from tests.commands.doctor.office import SOURCE, Office, in_office, sole
from tests.commands.test_watch_inputs import Watching
from tests.longer import slow

SHORT, LONG = "00A4C101", "0100A4C101"


def source(folder: Path) -> Path:
    """Write the shipped config with a USB reader and a Wiegand reader; return its path."""
    raw = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    raw["checkpoint"]["sop"] = str(SOURCE.parent / "sop")
    raw["lockers"]["boards"] = [
        {"lockers": "1-2", "relays": {"pins": "5, 6"}, "doors": {"pins": "17, 27"}}
    ]
    stations = raw["card_readers"]["desk"]["stations"]
    raw["card_readers"] = {
        "desk": {
            "driver": "keyboard", "port": "/dev/input/by-id/usb-Reader-event-kbd",
            "number": "decimal", "first_byte": "01", "stations": stations,
        },
        "gate": {
            "driver": "wiegand", "d0": {"pin": 7}, "d1": {"pin": 22}, "stations": ["officer-3"],
        },
    }  # fmt: skip
    path = folder / "source.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return path


def test_the_doctor_finds_both_and_their_faults(tmp_path: Path) -> None:
    """Each pin and port has its finding; a missing reader and a low line have their remedies."""

    async def act(office: Office) -> None:
        names = ("card-reader/desk", "card-reader/gate")
        code, found = await office.doctor(*names)
        assert (code, set(found)) == (0, set(names))
        assert [finding["saw"] for finding in found["card-reader/gate"]] == [
            "card reader gate d0: at rest (GPIO 7 is high).",
            "card reader gate d1: at rest (GPIO 22 is high).",
        ]
        office.lobby.reader_ports["desk"].unplug()
        gate = office.lobby.readers["gate"]
        gate.hold(1, low=True)  # type: ignore[union-attr]
        code, found = await office.doctor(*names)
        assert code == 1
        assert "/dev/input/by-id/" in sole(found["card-reader/desk"], "wrong")["try"]
        low = [finding for finding in found["card-reader/gate"] if finding["state"] == "wrong"]
        assert low[0]["saw"] == "card reader gate d1: low (GPIO 22 is low)."
        assert "supply" in low[0]["try"]
        assert office.driven == []

    in_office(tmp_path, act, source=source(tmp_path))


@slow
def test_cards_of_both_are_shown(tmp_path: Path) -> None:
    """The technician reads the numbers of new cards, and sees the lines of the Wiegand reader."""

    async def act(office: Office) -> None:
        watching = Watching(await office.start("watch-inputs"))
        await watching.until("card reader gate d1", "at rest")
        lobby = office.lobby
        while not {7, 22} <= lobby._pins.claimed:
            await asyncio.sleep(0.01)
        for name, card in (("gate", SHORT), ("desk", LONG)):
            words = f"Card {card}."
            shown = asyncio.create_task(watching.until(words))
            while not shown.done():
                await lobby.readers[name].present(card)
                await asyncio.wait([shown], timeout=3.0)
            shown.result()
        assert await watching.end() == 0
        assert office.driven == []

    in_office(tmp_path, act, source=source(tmp_path), speed=1.0)
