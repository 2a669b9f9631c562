"""Requests and answers by the examples of the standard, and the fitting of answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.modbus import requests as modbus
from edge.errors import ProtocolError

# Request, its PDU and a good answer in hexadecimal: the examples of the application protocol
# specification V1.1b3, chapter 6, where it has one.
EXAMPLES = [
    (modbus.read_bits(1, 0x13, 0x13), "01 0013 0013", "01 03 CD6B05"),
    (modbus.read_bits(2, 0xC4, 0x16), "02 00C4 0016", "02 03 ACDB35"),
    (modbus.read_registers(3, 0x6B, 3), "03 006B 0003", "03 06 022B 0000 0064"),
    (modbus.read_registers(4, 0x08, 1), "04 0008 0001", "04 02 000A"),
    (modbus.write_coil(0xAC, modbus.ON), "05 00AC FF00", "05 00AC FF00"),
    (modbus.write_register(1, 3), "06 0001 0003", "06 0001 0003"),
    (
        modbus.write_coils(0x13, [bool(0x01CD >> bit & 1) for bit in range(10)]),
        "0F 0013 000A 02 CD01",
        "0F 0013 000A",
    ),
    (modbus.write_registers(1, [0x0A, 0x0102]), "10 0001 0002 04 000A 0102", "10 0001 0002"),
]


@pytest.mark.parametrize(("request_", "pdu", "answer"), EXAMPLES)
def test_examples_of_the_standard(request_: modbus.Request, pdu: str, answer: str) -> None:
    """Each request has the standard's bytes, and takes the standard's answer."""
    assert request_.pdu == bytes.fromhex(pdu)
    assert modbus.answer_data(request_, bytes.fromhex(answer)) == bytes.fromhex(answer)[1:]


def test_bits_and_registers_are_read_in_the_standards_order() -> None:
    """The first bit is bit 0 of the first byte; a register has its high byte first."""
    assert modbus.bits(bytes.fromhex("03 ACDB35"), 22) == 0x35DBAC
    assert modbus.bits(bytes.fromhex("01 FF"), 3) == 0b111
    assert modbus.registers(bytes.fromhex("06 022B 0000 0064")) == (0x22B, 0, 0x64)


@pytest.mark.parametrize(
    ("code", "words", "busy"),
    [(2, "illegal data address", False), (6, "busy", True), (99, "unknown", False)],
)
def test_an_exception_is_a_refusal_with_words_and_remedy(code: int, words: str, busy: bool) -> None:
    """An exception code becomes a fault that names it; only BUSY may be sent again."""
    with pytest.raises(modbus.Refused, match=words) as refused:
        modbus.answer_data(modbus.read_bits(2, 0, 8), bytes([0x82, code]))
    assert (refused.value.busy, bool(refused.value.remedy)) == (busy, True)


@given(pdu=st.binary(max_size=8))
def test_only_a_fitting_answer_counts(pdu: bytes) -> None:
    """Any other bytes are an error, never a level."""
    asked = modbus.read_bits(2, 0, 8)
    fits = len(pdu) == 3 and pdu[:2] == b"\x02\x01"
    if fits:
        assert modbus.answer_data(asked, pdu) == pdu[1:]
    else:
        with pytest.raises((ProtocolError, modbus.Refused)):
            modbus.answer_data(asked, pdu)
