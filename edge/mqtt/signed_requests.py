"""Signed requests: checks who has sent a request over MQTT, before it is carried out.

Rules
-----
1. A request whose kind the config does not list as ``unsigned`` needs a signature that is right
   (edge/mqtt/signatures.py). A signature that is there is always checked: a wrong one is refused
   even where none is needed.
2. A refusal is counted under its word, and answered like every other. Nothing of a request that is
   refused here is remembered, not even its id.
3. The keys can be replaced while the daemon runs; the next request meets the new ones.
4. While the clock is trusted, the request's own time bounds how long it can be sent again. While it
   is not, a key's request must not be more than GOOD_FOR_S older than the newest one of this key
   that was carried out since the start, and each that is carried out is counted as "time not
   checked".
5. The desk's pages ask over a socket of this machine, and not through here.
"""

from collections.abc import Mapping
from typing import get_args

import msgspec

from edge import ed25519
from edge.clock import Clock
from edge.config.sections.requests import RequestKind, Requests
from edge.mqtt.request_handler import Request, RequestHandler
from edge.mqtt.requests import AVAILABILITY, GOOD_FOR_S, Answer, Moment, RequestRefused
from edge.mqtt.signatures import PublicKey, is_signed, opened, public_keys

_KINDS: Mapping[str, RequestKind] = {f"cmd/{kind}": kind for kind in get_args(RequestKind)}


class _Dated(msgspec.Struct):
    """The part of every request that is read here; the handler reads the whole."""

    time: Moment


class SignedRequests:
    """Lets the requests through to *handler* that are signed, or need not be.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    """

    def __init__(
        self, section: Requests, base: str, handler: RequestHandler, *, clock: Clock
    ) -> None:
        self._base = base
        self._handler = handler
        self._clock = clock
        self._keys: Mapping[str, PublicKey]
        self._unsigned: frozenset[RequestKind]
        self._newest: dict[str, float] = {}
        self.adopt(section)

    def adopt(self, section: Requests) -> None:
        """Use the keys of *section* from the next request on."""
        if section.keys:
            ed25519.prepare()  # not at the first request: presses would wait meanwhile
        self._keys = public_keys(section)
        self._unsigned = frozenset(section.unsigned)
        self._newest = {key: at for key, at in self._newest.items() if key in self._keys}

    @property
    def key_ids(self) -> list[str]:
        """The ids of the keys in use."""
        return sorted(self._keys)

    async def answer(self, message: Request) -> Answer | None:
        """Carry out *message* and return the answer; None if it only deletes a retained message."""
        kind = _kind(message.suffix)
        if kind is None:  # a topic that was not subscribed to
            return self._handler.refuse(RequestRefused("malformed", "no request has that topic"))
        if kind == "availability" and not message.payload:
            return await self._handler.answer(message)
        if not is_signed(message.payload) and kind in self._unsigned:
            return await self._handler.answer(message)
        try:
            found = opened(message.payload, self._base + message.suffix, kind, self._keys)
            at = _time(found.payload)
            self._check_newest(found.key_id, at, retained=message.retained)
        except RequestRefused as refused:
            return self._handler.refuse(refused)
        answer = await self._handler.answer(message._replace(payload=found.payload))
        if answer is not None and answer.ok and at is not None:
            self._note(found.key_id, at)
        return answer

    def _check_newest(self, key: str, at: float | None, *, retained: bool) -> None:
        """Refuse a request that rule 4 does not allow.

        A retained one may be a year old; the newest of its host holds.

        :raises RequestRefused: with the reason
        """
        newest = self._newest.get(key)
        if newest is None or at is None or retained or self._clock.now().synced:
            return
        if newest - at > GOOD_FOR_S:
            why = f"this key has sent one that is {newest - at:.0f} s newer"
            raise RequestRefused("too old", why)

    def _note(self, key: str, at: float) -> None:
        self._newest[key] = max(at, self._newest.get(key, at))
        if not self._clock.now().synced:
            self._handler.count("time not checked")


def _kind(suffix: str) -> RequestKind | None:
    """Return the kind of a request on the topic *suffix*; None if there is none of that name."""
    return _KINDS.get(AVAILABILITY if suffix.startswith(f"{AVAILABILITY}/") else suffix)


def _time(payload: bytes) -> float | None:
    """Return the time of the request in *payload*, seconds since 1970 UTC; None if it has none."""
    try:
        return msgspec.json.decode(payload, type=_Dated).time.timestamp()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return None
