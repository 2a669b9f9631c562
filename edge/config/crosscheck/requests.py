"""Checks and notes of requests over MQTT: who may send them, and what needs no signature."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import get_args

from edge.config.model import Config
from edge.config.sections.requests import RequestKind
from edge.config.validation import Problems, note_twice

EXAMPLE = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
"""The public key of the example in docs/mqtt.md."""

_KINDS: tuple[RequestKind, ...] = get_args(RequestKind)


def check_requests(config: Config, problems: Problems) -> None:
    """Add to *problems* a public key, a kind or a right that is there twice."""
    section = config.requests
    named = [(key.public, f"requests.keys.{name}.public") for name, key in section.keys.items()]
    # Else a key whose section is removed could go on under the other id.
    note_twice(problems, [*named], "key", "each key once")
    lists = {f"requests.keys.{name}.may": key.may for name, key in section.keys.items()}
    lists["requests.unsigned"] = section.unsigned
    for where, kinds in lists.items():
        entries = [(kind, f"{where}[{number}]") for number, kind in enumerate(kinds)]
        note_twice(problems, [*entries], "kind", "each kind once")


def check_signature_library(config: Config, problems: Problems) -> None:
    """Add a problem if there are keys but no library to check signatures."""
    if config.requests.keys and find_spec("nacl") is None:
        problems.add("requests.keys", "need PyNaCl; install it: pip install 'gardu[signatures]'")


def request_notes(config: Config) -> Iterator[str]:
    """Yield what an unsigned kind, a key that all know, or an untrusted clock leads to."""
    section = config.requests
    for kind in _KINDS:
        if kind in section.unsigned:
            yield (
                f"requests.unsigned: cmd/{kind} is carried out without a signature, for every "
                "client that the broker lets write it, and for the one who governs the broker"
            )
    for name, key in section.keys.items():
        if key.public == EXAMPLE:
            yield (
                f"requests.keys.{name}.public is the example of docs/mqtt.md, whose secret key is "
                "printed there: for tests and simulations only"
            )
    signed = {kind for key in section.keys.values() for kind in key.may}
    if signed & {"register", "values"} and not config.guestbook.need_synced_clock:
        yield (
            "guestbook.need_synced_clock is false: while the clock is not trusted, a recorded "
            "request can be sent again (docs/mqtt.md, Signatures)"
        )
