"""The GM65: codes byte for byte, and the events that the scanner posts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.config.sections.card_readers import Gm65
from edge.drivers.serial.gm65 import Gm65Scanner
from edge.drivers.serial.gm65_frames import ACKNOWLEDGED, LONGEST, TRIGGER, CodeFramer
from edge.errors import DeviceUnavailable
from edge.sop.events import (
    DeviceFailed,
    DeviceRestored,
    InputRefused,
    InvitationPresented,
    InvitationRefused,
)
from sim.twins.scanner import ScannerTwin
from tests.drivers.conftest import Posted, told
from tests.own_time import Own

NAME = "scanner/desk"
CODE = "GARDU1:ABC234"
ACK = bytes.fromhex("02 00 00 01 00 33 31")

texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
pieces = st.one_of(st.just(ACK), texts.map(lambda text: text.encode() + b"\r"))


def fed(*parts: bytes) -> list[str]:
    """Return the items that a framer finds in *parts*; refusals as their words."""
    framer = CodeFramer()
    return [str(item) for part in parts for item in framer.feed(part)]


def test_the_worked_example_byte_for_byte() -> None:
    """Trigger, acknowledgement, and a code right after it, without the acknowledgement's ``31``."""
    assert bytes.fromhex("7E 00 08 01 00 02 01 AB CD") == TRIGGER
    assert ACK == ACKNOWLEDGED
    framer = CodeFramer()
    assert framer.feed(ACK + CODE.encode() + b"\r") == [CODE]
    assert framer.acknowledged == 1


@pytest.mark.parametrize(
    ("data", "told_as"),
    [
        (b"ABC\rDEF\r\n", ["ABC", "DEF"]),
        (b"\r\n\r\nABC\r\n", ["ABC"]),
        (ACK + ACK + b"31\r", ["31"]),
        (b"AB" + ACK + b"C\r", ["ABC"]),
        (ACK[:4] + b"ABC\r", ["noise", "ABC"]),
        (ACK[:6] + ACK + b"ABC\r", ["noise", "ABC"]),
        (b"\xff\xfe\x80ABC\r", ["noise", "ABC"]),
        (b"\xffA\xffB\r\xffC\r", ["noise", "AB", "noise", "C"]),
        (b"\xef\xbb\xbfABC\r", ["ABC"]),
        (b"\xef\xbbABC\r", ["noise", "ABC"]),
        (b"\xef" + ACK + b"ABC\r", ["noise", "ABC"]),
        (b"\x1dABC\x1d\r", ["\x1dABC\x1d"]),
        (b"\tABC\tDEF\t", ["ABC", "DEF"]),
        (b"x" * LONGEST + b"\r", ["x" * LONGEST]),
        (b"x" * (LONGEST + 1) + b"\rABC\r", ["code too long", "ABC"]),
        (b"x" * 5000 + b"\rABC\r", ["code too long", "ABC"]),
    ],
)
def test_codes_and_every_kind_of_trouble(data: bytes, told_as: list[str]) -> None:
    """Ends of both kinds, acknowledgements anywhere, noise and overlong codes are handled."""
    assert fed(data) == told_as


def test_a_code_without_an_end_is_thrown_away_in_silence() -> None:
    """Half a code, or a code without an end, is discarded before the next one."""
    framer = CodeFramer()
    assert framer.feed(CODE[:5].encode()) == []
    assert [str(item) for item in framer.silence()] == ["code without an end"]
    assert framer.silence() == []
    assert framer.feed(CODE.encode() + b"\r") == [CODE]


@given(st.lists(pieces, max_size=8), st.data())
def test_codes_survive_any_split(parts: list[bytes], data: st.DataObject) -> None:
    """Serial reads cut codes and acknowledgements anywhere; the codes stay the same."""
    stream = b"".join(parts)
    codes = [part[:-1].decode() for part in parts if part != ACK]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    cut = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*cut) == codes


@given(st.binary(max_size=60), st.integers(0, 60))
def test_noise_does_not_outlast_its_line(noise: bytes, cut: int) -> None:
    """After any noise the code behind the next end is read, and memory is bounded."""
    stream = noise + b"\r" + CODE.encode() + b"\r"
    assert fed(stream)[-1] == CODE
    assert fed(stream[:cut], stream[cut:]) == fed(stream)


def read(text: str, reader: str, at: Stamp) -> InvitationPresented | InvitationRefused:
    """Accept codes that begin with GOOD; the rest of the text is the id."""
    if not text.startswith("GOOD"):
        return InvitationRefused(at, reader, "not an invitation")
    return InvitationPresented(at, reader, text[4:], "pimpinan", 7000)


class Rig:
    """A driver and its twin."""

    def __init__(
        self, folder: Path, own: Own, mode: Literal["presence", "host"], repeat_s: float
    ) -> None:
        clock, loop = own.clock, own.loop
        self.posted = Posted(clock)
        self.loop = loop
        self.twin = ScannerTwin(folder / "scanner", clock, Random(1), mode, 5.0)
        loop.call(self.twin.port.plug)
        own.keeper.deliver_first(self.twin.port.deliver)
        config = Gm65(port=str(folder / "scanner"), stations=["x"], mode=mode, repeat_s=repeat_s)
        self.driver = Gm65Scanner(NAME, config, read, clock, self.posted)

    def show(self, code: str) -> None:
        """Show *code* until the next one."""
        self.loop.run(self.twin.show(code))


Make = Callable[..., Rig]


@pytest.fixture
def make(own_time: Own, tmp_path: Path) -> Iterator[Make]:
    """Yield a maker of rigs."""
    rigs: list[Rig] = []
    before = threading.active_count()

    def made(mode: Literal["presence", "host"] = "presence", repeat_s: float = 1000.0) -> Rig:
        rigs.append(Rig(tmp_path, own_time, mode, repeat_s))
        return rigs[-1]

    yield made
    for rig in rigs:
        rig.driver.close()
        rig.loop.call(rig.twin.close)
    assert threading.active_count() == before


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
@pytest.mark.parametrize("mode", ["presence", "host"])
def test_a_code_is_posted_once_however_long_it_is_shown(
    make: Make, mode: Literal["presence", "host"], end: bytes
) -> None:
    """A good code gives id, procedure and end, another its reason; repeats are not posted."""
    rig = make(mode)
    rig.twin.end = end
    rig.driver.open()
    rig.show("GOOD1")
    rig.posted.wait(1)
    rig.show("other")
    rig.posted.wait(2)
    rig.show("GOOD2")
    assert told(rig.posted.wait(3)) == [
        (InvitationPresented, "desk", "1", "pimpinan", 7000, None),
        (InvitationRefused, "desk", "not an invitation"),
        (InvitationPresented, "desk", "2", "pimpinan", 7000, None),
    ]


@pytest.mark.parametrize("added", ["\\000026", "]Q1", "]Q2\\000026", "\x1d"])
def test_what_the_scanner_adds_is_no_part_of_the_code(make: Make, added: str) -> None:
    """An ECI, an AIM identifier or a GS before a code changes neither the code nor its identity."""
    rig = make()
    rig.driver.open()
    rig.show(added + "GOOD1")
    rig.posted.wait_for(InvitationPresented)
    rig.show("GOOD1")
    rig.show("GOOD2")
    rig.posted.until(lambda seen: len(seen) == 2)
    assert [getattr(event, "invitation", None) for event in rig.posted.take()] == ["1", "2"]


def test_a_code_that_was_away_is_posted_again(make: Make) -> None:
    """A code shown again is posted again: the scanner does not decide if it may come twice."""
    rig = make(repeat_s=0.001)
    rig.driver.open()
    rig.show("GOOD1")
    assert [kind for kind, *_ in told(rig.posted.wait(3))] == [InvitationPresented] * 3


def test_half_a_code_and_noise_are_refused_and_the_next_code_is_read(make: Make) -> None:
    """Half a code is refused input, counted for the device, and not a refused invitation."""
    rig = make()
    rig.driver.open()
    rig.loop.call(lambda: rig.twin.half("GOOD1"))
    assert rig.posted.wait_for(InputRefused).why == "code without an end"
    rig.loop.call(lambda: rig.twin.port.send(b"\xff\xfe"))
    rig.posted.wait(2)
    rig.show("GOOD2")
    rig.posted.wait_for(InvitationPresented)
    assert told(rig.posted.take()) == [
        (InputRefused, NAME, "code without an end"),
        (InputRefused, NAME, "noise"),
        (InvitationPresented, "desk", "2", "pimpinan", 7000, None),
    ]


def test_a_scanner_that_does_not_acknowledge_is_not_there(make: Make) -> None:
    """In mode host a dead scanner is noticed at opening, later, and when it works again."""
    rig = make("host")
    rig.twin.dead = True
    with pytest.raises(DeviceUnavailable, match=NAME):
        rig.driver.open()
    rig.twin.dead = False
    rig.driver.open()
    rig.twin.dead = True
    assert "no answer to a trigger" in rig.posted.wait_for(DeviceFailed).why
    rig.twin.dead = False
    rig.posted.wait_for(DeviceRestored)
    rig.show("GOOD1")
    rig.posted.wait_for(InvitationPresented)


def test_a_scanner_that_vanishes_is_restored_when_it_is_back(make: Make) -> None:
    """A scanner plugged in again under another number is restored."""
    rig = make()
    rig.driver.open()
    rig.loop.call(rig.twin.port.unplug)
    assert rig.posted.wait_for(DeviceFailed).device == NAME
    rig.loop.call(rig.twin.port.plug)
    rig.posted.wait_for(DeviceRestored)
    rig.show("GOOD1")
    rig.posted.wait_for(InvitationPresented)


def test_nothing_that_a_code_says_is_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """A code may hold a guest's name: its text is neither logged nor posted."""
    caplog.set_level(0)
    rig = make()
    rig.driver.open()
    rig.show("SITI AMINAH")
    rig.posted.wait_for(InvitationRefused)
    rig.driver.close()
    assert "SITI" not in caplog.text
    assert "SITI" not in repr(rig.posted.take())
