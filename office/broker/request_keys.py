"""Keys of requests: one for each certificate of a desk or an office, and who must know it.

The secret key is in the client's bundle alone; the kit has the public one. A checkpoint's config
has those of all clients that may ask it (docs/mqtt.md, *Signatures*).
"""

import datetime as dt
from collections.abc import Iterator

from edge.config.sections.requests import RequestKind
from office.broker.state import Issued, Kit, Role

# As the broker's access list has it (office/broker/access.py).
MAY: dict[Role, tuple[RequestKind, ...]] = {
    "desk": ("register", "values", "availability"),
    "office": ("availability", "resend"),
}

_KEY = """
# {role}, until {ends:%Y-%m-%d}.
[requests.keys.{id}]
public = "{public}"
may = [{may}]
"""


def key_id(client: Issued) -> str:
    """Return the id of the key that belongs to the certificate *client*."""
    return f"{client.identity}-{client.number}"


def asking(kit: Kit, checkpoint: str, now: dt.datetime) -> Iterator[Issued]:
    """Yield the certificates, in force at *now*, whose owners may ask *checkpoint* (an identity).

    Those without a key were issued by a version of Gardu that made none.
    """
    for one in kit.clients:
        serves = one.role == "office" or one.everywhere or checkpoint in one.checkpoints
        if one.role in MAY and serves and one.revoked is None and one.ends > now:
            yield one


def section(kit: Kit, checkpoint: str, now: dt.datetime) -> str:
    """Return the section ``[requests]`` of the config of *checkpoint* (an identity)."""
    lines = f"# {checkpoint}: who may send requests. It replaces [requests], with its tables.\n"
    keys = [one for one in asking(kit, checkpoint, now) if one.request_key]
    return f"{lines}[requests]\n" + "".join(
        _KEY.format(
            role=one.role,
            ends=one.ends,
            id=key_id(one),
            public=one.request_key,
            may=", ".join(f'"{kind}"' for kind in MAY[one.role]),
        )
        for one in keys
    )


def places(client: Issued) -> str:
    """Return the checkpoints whose config has the key of *client*, in words."""
    if client.role == "office" or client.everywhere:
        return "every checkpoint"
    return ", ".join(one.replace(".", "/") for one in client.checkpoints)
