"""Who may write and read what, tried by every client at a real mosquitto with the kit's files."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.mqtt.messages import ROOT
from edge.mqtt.schemas import asyncapi
from office.broker.access import topic_base
from office.broker.state import read_kit
from tests.longer import either, longer
from tests.office.broker.conftest import Meet
from tests.office.broker.kits import CHECKPOINTS, KitBroker, Person, unpacked, wait

# Every topic of the contract, with an example in the place of each parameter.
EXAMPLES = {"{kind}": "fire", "{host}": "pimpinan", "{purpose}": "desk", "{month}": "2026-11"}
# Who may publish a topic, by the first word of its suffix; "own" is the checkpoint itself.
WRITERS = {
    "cmd/register": {"meja", "semua"},
    "cmd/values": {"meja", "semua"},
    "cmd/availability": {"meja", "semua", "pusat", "pusat-2"},
    "cmd/resend": {"pusat", "pusat-2"},
}
CLIENTS = (*CHECKPOINTS, "meja", "semua", "pusat", "pusat-2")
# One of each kind: each refusal costs a new connection.
TRIED = either(("kantor.lobi", "lain.lobi", "meja", "pusat"), CLIENTS)


def suffixes() -> list[str]:
    """Return every topic of the contract below a checkpoint's two levels."""
    found = []
    for channel in asyncapi()["channels"].values():
        address = channel["address"]
        if address is None:
            continue
        for parameter, example in EXAMPLES.items():
            address = address.replace(parameter, example)
        found.append(address.removeprefix(f"{ROOT}/{{site}}/{{checkpoint}}/"))
    return sorted({*found, "cmd/availability", "cmd/resend", "reply/meja", "reply/semua/a"})


SUFFIXES = suffixes()
# The rights of all events are one line.
KINDS = either(
    [
        one
        for one in SUFFIXES
        if one not in {"event/alarm", "event/equipment", "event/visit", "state/day"}
    ],
    SUFFIXES,
)


def may_write(client: str, checkpoint: str, suffix: str) -> bool:
    """Return True if the contract lets *client* publish that topic of *checkpoint*."""
    if not suffix.startswith("cmd/"):
        return client == checkpoint
    writers = WRITERS["/".join(suffix.split("/")[:2])]
    return client in writers and (client != "meja" or checkpoint == "kantor.lobi")


def may_read(client: str, checkpoint: str, suffix: str) -> bool:
    """Return True if the contract lets *client* receive that topic of *checkpoint*."""
    secret = suffix in {"cmd/register", "cmd/values"}
    match client:
        case "pusat" | "pusat-2":
            return not secret
        case "meja" | "semua":
            served = client == "semua" or checkpoint == "kantor.lobi"
            return served and (suffix in {"meta", "status"} or suffix.startswith(f"reply/{client}"))
        case _:
            sent = suffix.startswith(("event/", "still/", "reply/"))
            return client == checkpoint and not sent


def has_last(person: Person) -> bool:
    """Return True if the last message to *person* has come."""
    return any(message.topic.endswith("/last") for message in person.messages)


def every_topic(below: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield checkpoint, suffix and whole topic."""
    for checkpoint in CHECKPOINTS:
        for suffix in below:
            yield checkpoint, suffix, f"{topic_base(checkpoint)}/{suffix}"


def test_the_matrix_has_every_topic() -> None:
    """A new topic of the contract is tried here without being written down."""
    assert {"status", "event/step", "still/desk", "report/2026-11", "state/alarm/fire"} < set(
        SUFFIXES
    )


@longer
@pytest.mark.parametrize("client", TRIED)
def test_a_client_writes_its_own_topics_alone(client: str, meet: Meet) -> None:
    """Another checkpoint's topics, the same id at another site, forged status, events of a desk."""
    with meet(client) as person:
        for checkpoint, suffix, topic in every_topic(KINDS):
            code = person.publish(topic)
            allowed = may_write(client, checkpoint, suffix)
            assert (code < 0x80) == allowed, (topic, code)
            assert allowed or code == 0x87, (topic, code)


@pytest.mark.parametrize("client", ["kantor.lobi", "meja", "pusat"])
def test_a_client_writes_nothing_outside(client: str, meet: Meet) -> None:
    """Neither other roots nor the broker's own topics, nor odd forms of its own topics."""
    base = topic_base(client) if client in CHECKPOINTS else topic_base("kantor.lobi")
    odd = (
        f"{ROOT}/kantor/tidak-ada/status", "gardu/v2/kantor/lobi/status", "x", "gardu", ROOT, base,
        f"/{base}/status", f"{base}/", f"{base}//status", f"{base}/status/x", f"{base}x/status",
        f"{base}/reportx", "$SYS/x", "$CONTROL/dynamic-security/v1",
    )  # fmt: skip
    with meet(client) as person:
        for topic in odd:
            assert person.publish(topic) >= 0x80, topic


def test_a_client_reads_its_own_topics_alone(meet: Meet) -> None:
    """All subscribe to everything; each topic is published by one who may; compare what arrived."""
    listeners = {client: meet(client) for client in CLIENTS}
    topics = list(every_topic(SUFFIXES))
    try:
        for person in listeners.values():
            person.connect()
            person.subscribe("#", f"{ROOT}/#", *(topic for *_, topic in topics))
        for checkpoint, suffix, topic in topics:
            writer = next(c for c in CLIENTS if may_write(c, checkpoint, suffix))
            assert listeners[writer].publish(topic, b"look") < 0x80
        # The last message to each of them: all before it have arrived.
        for client in CHECKPOINTS:
            listeners["pusat"].publish(f"{topic_base(client)}/cmd/availability/last")
        for client in ("meja", "semua", "pusat", "pusat-2"):
            listeners["kantor.lobi"].publish(f"{topic_base('kantor.lobi')}/reply/{client}/last")
        for person in listeners.values():
            wait(partial(has_last, person))
        for client, person in listeners.items():
            got = {m.topic for m in person.messages if m.payload == b"look"}
            wanted = {topic for cp, suffix, topic in topics if may_read(client, cp, suffix)}
            assert got == wanted, client
    finally:
        for person in listeners.values():
            person.__exit__()


def test_ingests_share_a_subscription(broker: KitBroker, meet: Meet) -> None:
    """Two processes divide the records; a client that does not know the group takes none away."""
    group = read_kit(broker.kit).group
    with meet("pusat") as one, meet("pusat-2") as two, meet("lain.lobi") as thief:
        one.subscribe(f"$share/{group}/{ROOT}/#")
        two.subscribe(f"$share/{group}/{ROOT}/#")
        # mosquitto checks no subscription: in the office's group, this client would have a share,
        # which the broker would acknowledge and drop.
        thief.subscribe(*(f"$share/{name}/{ROOT}/#" for name in ("office", "pusat", "pusat-2")))
        with meet("kantor.lobi") as checkpoint:
            for number in range(20):
                checkpoint.publish("gardu/v1/kantor/lobi/event/visit", str(number).encode())
        wait(lambda: received(one) + received(two) == 20)
        assert received(one)
        assert received(two)
        assert not received(thief)


def received(person: Person) -> int:
    """Return the number of the records of visits that *person* has received."""
    return sum(message.topic.endswith("/event/visit") for message in person.messages)


def test_the_group_is_in_the_bundles_of_the_office_alone(broker: KitBroker, tmp_path: Path) -> None:
    """All ingests have the same; no checkpoint and no desk reads it."""
    group = read_kit(broker.kit).group
    told = {
        client: group in (unpacked(bundle, tmp_path) / "broker.toml").read_text(encoding="utf-8")
        for client in CLIENTS
        for bundle in [broker.kit / f"bundles/{client}-1.tar.gz"]
    }
    assert {client for client, knows in told.items() if knows} == {"pusat", "pusat-2"}
