"""The table of reasons: complete, with a remedy for each, and the same in the documents."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt.diagnosis import CODES
from edge.mqtt.reasons import WORDS, BrokerUnavailable, Word, passed_on, reason

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_sentence_and_a_remedy(word: Word) -> None:
    """A word without words or without advice would leave the office alone with it."""
    found = reason(word)
    assert found.word == word
    assert re.fullmatch(r"[a-z0-9-]+", word)
    assert found.sentence
    assert not found.sentence.endswith(".")
    assert found.remedy[0].isupper()
    assert found.remedy.endswith((".", "?"))


def test_no_sentence_stands_twice() -> None:
    """Two causes with the same words could not be told apart in the journal."""
    sentences = [reason(word).sentence for word in WORDS]
    assert len(set(sentences)) == len(WORDS)


def test_every_word_in_the_code_is_in_the_table() -> None:
    """A word made anywhere in edge/ is one of the table's; none of the table's is without use."""
    text = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "edge").rglob("*.py")
        if file.name != "reasons.py"
    )
    made = set(re.findall(r'\breason\(\s*"([^"]+)"', text))
    assert made <= set(WORDS)
    assert {word for word in WORDS if f'"{word}"' not in text} == set()


def test_every_reason_code_of_mqtt_5_has_a_word() -> None:
    """No refusal of CONNACK, PUBACK, SUBACK or DISCONNECT is without words."""
    names = ReasonCode(PacketTypes.CONNACK).names
    packets = {PacketTypes.CONNACK, PacketTypes.PUBACK, PacketTypes.SUBACK, PacketTypes.DISCONNECT}
    refusals = {
        code
        for code, by_name in names.items()
        if code >= 0x80 and packets & {packet for kinds in by_name.values() for packet in kinds}
    }
    assert len(refusals) > 30
    assert refusals <= set(CODES)
    assert set(CODES.values()) <= set(get_args(Word))


def test_the_document_has_the_same_table() -> None:
    """docs/no-connection.md is for people without the sources: word for word the code's table."""
    text = (ROOT / "docs" / "no-connection.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)
    made = [(word, reason(word).sentence, reason(word).remedy) for word in WORDS]
    assert rows == made


def test_a_reason_is_carried_by_its_exception() -> None:
    """The exception has the sentence as its text, and the reason for programs."""
    error = BrokerUnavailable(reason("banned", "the broker says: no"))
    assert str(error) == "banned: the broker says: no"
    assert error.reason.word == "banned"


@given(st.text(max_size=2000))
def test_texts_of_a_broker_are_bounded_and_printable(text: str) -> None:
    """A Reason String cannot forge a line of the journal, or flood it."""
    shown = passed_on(text)
    assert shown.isprintable()
    assert len(shown) <= 200
