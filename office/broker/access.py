"""The broker's access list: which topics each client may read and write.

A checkpoint has lines of its own topics, because no pattern of mosquitto can: ``%u`` fills one
level, and ``gardu/v1/+/%u/#`` would be the same for two sites that have a checkpoint of one name.
"""

from collections.abc import Iterable

from edge.mqtt.messages import ROOT
from office.broker.state import Issued, Kit

# What a checkpoint publishes, below its two levels. It also reads what is retained, to repair it.
CHECKPOINT_RETAINED = ("status", "meta", "health", "ledger", "state/#", "report/+")
CHECKPOINT_SENT = ("event/#", "still/#", "reply/#")
CHECKPOINT_REQUESTS = ("cmd/#",)

# What a desk application sends to the checkpoints that it serves, and reads of them.
DESK_REQUESTS = ("cmd/register", "cmd/values", "cmd/availability/#")
DESK_READS = ("meta", "status")

# What the office asks of every checkpoint. Guests' details are for the checkpoint alone.
OFFICE_REQUESTS = ("cmd/availability/#", "cmd/resend")
OFFICE_DENIED = ("cmd/register", "cmd/values")

_HEAD = """\
# Written by gardu office broker: changes are lost. Put lines of your own into own.acl of the kit.
"""


def access_list(kit: Kit, own: str = "") -> str:
    """Return the access list of all clients of *kit* that have a certificate.

    :param own: further lines, the office's own
    """
    clients = sorted(kit.in_use().values(), key=lambda one: one.identity)
    blocks = ["\n".join([f"user {one.identity}", *_lines(one), ""]) for one in clients]
    return "\n".join([_HEAD, *blocks, *([f"# own.acl\n{own}"] if own else [])])


def topic_base(identity: str) -> str:
    """Return the first levels of the topics of the checkpoint *identity*."""
    return f"{ROOT}/{identity.replace('.', '/')}"


def _lines(client: Issued) -> list[str]:
    if client.role == "checkpoint":
        base = topic_base(client.identity)
        return [
            *_rights("readwrite", base, CHECKPOINT_RETAINED),
            *_rights("write", base, CHECKPOINT_SENT),
            *_rights("read", base, CHECKPOINT_REQUESTS),
        ]
    if client.role == "office":
        every = f"{ROOT}/+/+"
        return [
            f"topic read {ROOT}/#",
            "topic read $SYS/#",
            *_rights("write", every, OFFICE_REQUESTS),
            *_rights("deny", every, OFFICE_DENIED),
        ]
    places = (
        [f"{ROOT}/+/+"] if client.everywhere else [topic_base(one) for one in client.checkpoints]
    )
    return [line for base in places for line in _desk(base, client.identity)]


def _desk(base: str, name: str) -> list[str]:
    return [
        *_rights("write", base, DESK_REQUESTS),
        *_rights("read", base, (*DESK_READS, f"reply/{name}/#")),
    ]


def _rights(right: str, base: str, suffixes: Iterable[str]) -> list[str]:
    return [f"topic {right} {base}/{suffix}" for suffix in suffixes]
