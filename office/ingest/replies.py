"""Replies: the answers of checkpoints to the office's requests."""

from typing import NamedTuple

import msgspec

from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import ROOT
from edge.mqtt.requests import Answer


class Reply(NamedTuple):
    """An answer of *checkpoint*; None: what came is none."""

    checkpoint: str
    answer: Answer | None


def reply_in(message: IncomingMessage) -> Reply | None:
    """Return the reply in *message*; None if its topic is not one of replies."""
    name, _, suffix = message.topic.removeprefix(f"{ROOT}/").partition("/reply/")
    if not suffix:
        return None
    try:
        answer = msgspec.json.decode(message.payload, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Reply(name, None)
    # A request that was refused for its signature was not read: its answer has no id.
    asked = answer.id or (message.correlation or b"").decode("ascii", "replace")
    return Reply(name, msgspec.structs.replace(answer, id=asked))
