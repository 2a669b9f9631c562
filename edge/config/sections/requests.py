"""Requests over MQTT: the keys of those who may send them, and what needs no signature."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.values import PUBLIC_KEY, Section

RequestKind = Literal["register", "values", "availability", "resend"]
"""The kinds of requests: the word behind ``cmd/`` in their topics (docs/mqtt.md)."""

LONGEST_KEY_ID = 80
"""Longest id of a key, characters: the longest name of a client, a dash, and a number."""

KeyId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
        max_length=LONGEST_KEY_ID,
        description=f"lower-case letters, digits and single dashes, at most {LONGEST_KEY_ID}",
    ),
]

PublicKey = Annotated[
    str,
    Meta(
        pattern=PUBLIC_KEY,
        description="a public key as `gardu request key` prints it (44 characters)",
    ),
]


class RequestKey(Section, frozen=True, kw_only=True):
    """The public key of a desk application or an office.

    :ivar public: the key (Ed25519), base64, as `gardu request key` or `gardu office broker keys`
        prints it
    :ivar may: the kinds of requests that it may sign
    """

    public: PublicKey
    may: Annotated[
        list[RequestKind],
        Meta(min_length=1, description="a list of register, values, availability, resend"),
    ]


class Requests(Section, frozen=True, kw_only=True):
    """The requests that this checkpoint carries out (docs/mqtt.md, *Signatures*).

    :ivar keys: the public keys of those who may send them, one section for each:
        [requests.keys.ID]; a reload reads them again
    :ivar unsigned: the kinds that are carried out without a signature too
    """

    keys: dict[KeyId, RequestKey] = msgspec.field(default_factory=dict)
    unsigned: Annotated[
        list[RequestKind], Meta(description="a list of register, values, availability, resend")
    ] = msgspec.field(default_factory=list)
