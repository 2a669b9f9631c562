"""The messages of the simulated desk application, as the daemon's own code reads them."""

import base64
import json
import random
from datetime import datetime

import msgspec
import pytest
from nacl.signing import SigningKey

from edge.config.sections.requests import Requests
from edge.guestbook import invitations
from edge.mqtt.signatures import opened, public_keys
from sim.people.invitation import make_code
from sim.stage.desk import Request, message
from sim.stage.signing import KEY_ID, section, signed

NOW_MS = 1_795_305_600_000
PUBLIC = base64.b64encode(bytes(SigningKey(bytes(range(32))).verify_key)).decode()
KEYS = invitations.key_ring([PUBLIC])


def test_a_code_of_the_simulation_is_read_by_the_daemon() -> None:
    """A code made by docs/invitations.md alone is a valid invitation, here and now."""
    code = make_code("kantor", "lobi", "pimpinan", NOW_MS, random.Random(1))
    read = invitations.read(code, KEYS, NOW_MS, "kantor", "lobi", ["pimpinan"])
    assert (read.site, read.checkpoint, read.procedure) == ("kantor", "lobi", "pimpinan")
    assert read.guest is not None


def test_two_guests_have_two_codes() -> None:
    """Each code has an id of its own, from the guest's random numbers; elsewhere it is refused."""
    chance = random.Random(1)
    first, second = (make_code("kantor", "lobi", "pimpinan", NOW_MS, chance) for _ in range(2))
    assert invitations.verified(first, KEYS).id != invitations.verified(second, KEYS).id
    with pytest.raises(invitations.BadInvitation):
        invitations.read(first, KEYS, NOW_MS, "kantor", "elsewhere", ["pimpinan"])


def test_a_host_is_away_until_a_time() -> None:
    """``for_s`` seconds after the message, in the retained topic of that host."""
    request = Request(
        at_s=0, do="availability", host="pimpinan", receiving=False, reason="host-absent", for_s=60
    )
    sent = message(request, NOW_MS, random.Random(1))
    told = json.loads(sent.payload)
    until = datetime.fromisoformat(told["until"]).timestamp()
    assert (sent.suffix, sent.retain) == ("cmd/availability/pimpinan", True)
    assert (until, told["reason"]) == (NOW_MS / 1000 + 60, "host-absent")


def test_a_request_of_the_simulation_is_accepted_by_the_daemon() -> None:
    """Signed by docs/mqtt.md alone, with a key that the simulated checkpoint's config has."""
    keys = public_keys(msgspec.convert(section(), Requests))
    topic = "gardu/v1/kantor/lobi/cmd/register"
    found = opened(signed(topic, b'{"id":"x"}'), topic, "register", keys)
    assert found == (b'{"id":"x"}', KEY_ID)


def test_a_misplaced_identity_number_is_in_the_request() -> None:
    """Only a misplaced request has an identity number, which the checkpoint must refuse."""
    said = [
        message(Request(at_s=0, do="register", misplaced=wrong), NOW_MS, random.Random(1)).payload
        for wrong in (True, False)
    ]
    assert [b"1506000000000000" in payload for payload in said] == [True, False]
