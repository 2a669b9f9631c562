"""The desk application of an office: its messages and requests to a checkpoint over MQTT.

The messages follow the contract (docs/mqtt.md) and are built here from its text alone.
"""

import json
import random
import uuid
from typing import Any, Literal

from edge.clock import iso
from sim.scenario import Moment, Part

_REPLY = "reply/desk"
# Sixteen digits, as on an e-KTP, but the number of no person.
_IDENTITY_NUMBER = "NIK 1506000000000000"


class Request(Part, frozen=True, kw_only=True):
    """A message of the desk at one time of the day.

    :ivar do: ``availability``: *host* (a procedure) receives guests or does not; ``register``:
        attach a guest's details to the newest visit at the desk
    :ivar reason: one word of the reasons' data
    :ivar for_s: for how long the host is away, seconds; None: until another message
    :ivar misplaced: the guest's identity number is in the purpose, where no number is allowed
    :ivar twice: the same message is sent a second time, as after a lost answer
    """

    at_s: Moment
    do: Literal["availability", "register"]
    host: str | None = None
    receiving: bool = True
    reason: str | None = None
    for_s: Moment | None = None
    misplaced: bool = False
    twice: bool = False


class Message(Part, frozen=True, kw_only=True):
    """One MQTT message; *suffix* and *reply* are topics below the checkpoint's."""

    suffix: str
    payload: bytes
    retain: bool
    reply: str | None


def message(request: Request, now_ms: int, chance: random.Random) -> Message:
    """Return the message of *request* at *now_ms* (wall clock, milliseconds since 1970 UTC)."""
    about = {"id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "time": iso(now_ms)}
    if request.do == "register":
        guest = _guest(chance) | ({"purpose": _IDENTITY_NUMBER} if request.misplaced else {})
        return _message("cmd/register", {**about, "guest": guest}, reply=_REPLY)
    told = {**about, "host": request.host, "receiving": request.receiving}
    if request.reason is not None:
        told["reason"] = request.reason
    if request.for_s is not None:
        told["until"] = iso(now_ms + round(request.for_s * 1000))
    return _message(f"cmd/availability/{request.host}", told, retain=True)


def _message(
    suffix: str, payload: dict[str, Any], *, retain: bool = False, reply: str | None = None
) -> Message:
    data = json.dumps(payload).encode()
    return Message(suffix=suffix, payload=data, retain=retain, reply=reply)


def _guest(chance: random.Random) -> dict[str, Any]:
    """Return the details of an invented guest."""
    name = chance.choice(("Tamu Uji", "Tamu Contoh", "Tamu Percobaan"))
    number = f"{chance.randrange(10**7):07}"
    return {
        "name": f"{name} {number}",
        "organisation": "Kantor Contoh",
        "purpose": "koordinasi",
        "phone": f"+62 800 {number}",
    }
