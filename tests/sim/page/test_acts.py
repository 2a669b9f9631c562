"""The acts that a page may ask for: each is checked, and a wrong one is told in words."""

import msgspec
import pytest

from sim.page.acts import Guest, Press, Step, Trouble, decode


def test_acts_are_read() -> None:
    """Each act has its own keys."""
    assert decode(b'{"do":"press","panel":"reception","button":2,"hold":true}') == Press(
        panel="reception", button=2, hold=True
    )
    assert decode(b'{"do":"step","seconds":60}') == Step(seconds=60)
    assert decode(b'{"do":"guest","procedure":"pimpinan"}') == Guest(procedure="pimpinan")
    fire = decode(b'{"do":"trouble","fault":{"at_s":0,"do":"alarm","input":"fire"}}')
    assert isinstance(fire, Trouble)
    assert fire.fault.input == "fire"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "object"),
        (b'{"do":"explode"}', "explode"),
        (b'{"do":"press","panel":"reception"}', "button"),
        (b'{"do":"press","panel":"reception","button":-1}', ">= 0"),
        (b'{"do":"press","panel":"reception","button":0,"extra":1}', "extra"),
        (b'{"do":"step","seconds":1e9}', "<= 3600"),
        (b'{"do":"guest","procedure":"pimpinan","persons":1000}', "<= 12"),
        (b'{"do":"guest","procedure":"pimpinan","branch":"nonsense"}', "branch"),
    ],
)
def test_a_wrong_act_is_refused(body: bytes, words: str) -> None:
    """A page that is broken, or no page of ours, learns what is wrong, and nothing is done."""
    with pytest.raises(msgspec.MsgspecError, match=words):
        decode(body)
