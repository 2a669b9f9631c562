"""The uplink with a broker that hangs up on one message, and the resend of records.

Such a broker closes the connection without a reason, and all later messages wait.
"""

import asyncio
import hashlib
from pathlib import Path

from edge.mqtt.in_flight import HUNG_UP
from edge.sop.events import DeviceFailed
from edge.store.store import StillRow
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.picky_broker import Answer, Packet, PickyBroker
from tests.uplinks import AT, RARE, make_config, make_store, opened, running, sequences

ALARM = "state/alarm/uplink"
CONNECT = 1


class ChokingBroker(PickyBroker):
    """Accepts every message without *chokes_on* in it; on the others it hangs up.

    :param silently: instead of hanging up it stays connected, and sends no more packets
    """

    def __init__(self, chokes_on: bytes, *, silently: bool = False) -> None:
        super().__init__(self._choke)
        self.chokes_on = chokes_on
        self._silently = silently
        self._silent = False

    def _choke(self, packet: Packet) -> Answer:
        chokes = self.chokes_on in packet.payload
        self._silent = self._silently and (chokes or (self._silent and packet.kind != CONNECT))
        if self._silent:
            return "no answer"
        return "hang up" if chokes else "accept"


def test_record_that_the_broker_hangs_up_on_is_parked(tmp_path: Path) -> None:
    """A poison message is parked after its tries, with an alarm; all others are sent in order."""

    async def scenario() -> None:
        broker = ChokingBroker(b'"visit-17"')
        config = make_config(f"mqtt://{HOST}:{broker.port}", tries=3)
        store = make_store(tmp_path, 60)
        async with broker.listening(), running(config, store, tmp_path, rare=RARE) as run:
            await until(lambda: run.uplink.counts["parked"] == 1)
            await run.drained()
            others = [number for number in range(1, 61) if number != 17]
            assert sorted(set(broker.records)) == others
            first = list(dict.fromkeys(broker.records))
            assert [n for n in first if n < 17] == list(range(1, 17))
            (parked,) = await run.stored(run.store.parked)
            assert (parked.sequence, parked.tries) == (17, 3)
            assert HUNG_UP.words in parked.why
            failed = [event for event in run.events if isinstance(event, DeviceFailed)]
            assert [e.device for e in failed].count("outbox") == 1
            await until(lambda: b"set aside" in dict(broker.taken).get(ALARM, b""))
            calm = broker.connections
            await run.add(opened("afterwards"))
            await run.drained()
            assert broker.connections == calm

    asyncio.run(scenario())


def test_others_need_not_wait_until_it_is_parked(tmp_path: Path) -> None:
    """From the first hang-up on, the record is tried apart: all others are delivered meanwhile."""

    async def scenario() -> None:
        broker = ChokingBroker(b'"visit-2"')
        config = make_config(f"mqtt://{HOST}:{broker.port}", tries=1000)
        store = make_store(tmp_path, 400)
        async with broker.listening(), running(config, store, tmp_path) as run:
            await until(lambda: len(set(broker.records)) == 399)
            assert run.uplink.counts["parked"] == 0

    asyncio.run(scenario())


def test_record_of_the_resend_that_the_broker_hangs_up_on(tmp_path: Path) -> None:
    """A delivered record stays acknowledged: after its tries it is left out of the resend."""

    async def scenario() -> None:
        broker = ChokingBroker(b"nothing yet")
        config = make_config(f"mqtt://{HOST}:{broker.port}", tries=2, resend_window_s=60.0)
        store = make_store(tmp_path, 30)
        async with broker.listening(), running(config, store, tmp_path) as run:
            await run.drained()
            broker.chokes_on = b'"visit-5"'
            assert run.uplink._connection is not None
            run.uplink._connection.drop("so that it sends again")
            await run.add(opened("behind"))
            await run.drained()
            await until(lambda: broker.records.count(30) >= 2)
            ledger = await run.stored(run.store.ledger)
            assert (ledger.acknowledged, ledger.parked) == (31, 0)

    asyncio.run(scenario())


def test_still_that_the_broker_hangs_up_on(tmp_path: Path) -> None:
    """A still that brokers hang up on is left out after its tries; the connection then holds."""

    async def scenario() -> None:
        broker = ChokingBroker(b"choke on this picture")
        config = make_config(f"mqtt://{HOST}:{broker.port}", tries=2)
        store = make_store(tmp_path, 3)
        (tmp_path / "s.jpg").write_bytes(b"\xff\xd8 choke on this picture")
        digest = hashlib.sha256(b"").hexdigest()
        about = {"visit": "v", "step": "penerimaan", "time": AT.iso()}
        store.add_still(StillRow("s", "desk", "s.jpg", digest, 20, about))
        async with broker.listening(), running(config, store, tmp_path) as run:
            await until(lambda: run.uplink.counts["reconnects"] == 3)
            await until(lambda: run.uplink.connected)
            await run.add(opened("afterwards"))
            await run.drained()
            await asyncio.sleep(0.2)
            assert run.uplink.counts["reconnects"] == 3
            assert [row.id for row in await run.stored(lambda: store.waiting_stills(9))] == ["s"]

    asyncio.run(scenario())


def test_silence_is_not_held_against_a_record(tmp_path: Path) -> None:
    """A silent line is not counted as a try of the record, and parks none."""

    async def scenario() -> None:
        broker = ChokingBroker(b'"visit-1"', silently=True)
        url = f"mqtt://{HOST}:{broker.port}"
        config = make_config(url, tries=1, acknowledge_timeout_s=0.1)
        store = make_store(tmp_path, 1)
        async with broker.listening(), running(config, store, tmp_path) as run:
            await until(lambda: broker.connections >= 4)
            (row,) = await run.stored(lambda: run.store.waiting(0, 9))
            assert (row.tries, run.uplink.counts["parked"]) == (0, 0)

    asyncio.run(scenario())


def test_records_asked_for_again_come_in_order(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A resend while connected has the same bytes, in order of sequence, before new records."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with running(
                make_config(mosquitto.url), make_store(tmp_path, 1300), tmp_path
            ) as run:
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 1300)
                before = {m.payload for m in centre.heard("event/visit")}
                resent = await run.stored(lambda: run.store.resend(11, 1210))
                assert resent.marked == 1200
                run.uplink.go_back(11)
                await run.add(opened("new"))
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 2501)
                again = centre.heard("event/visit")[1300:]
                assert sequences(again) == [*range(11, 1211), 1301]
                assert {m.payload for m in again[:-1]} <= before
                ledger = await run.stored(run.store.ledger)
                assert (ledger.acknowledged, ledger.waiting) == (1301, 0)

    asyncio.run(scenario())


def test_asking_again_for_what_is_on_its_way_sends_it_once(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """A resend of waiting records, or of records in flight, sends each once and in order."""

    async def scenario() -> None:
        store = make_store(tmp_path, 1500)
        async with running(make_config(mosquitto.url), store, tmp_path) as run:
            await until(lambda: any(isinstance(e, DeviceFailed) for e in run.events))
            for _ in range(3):  # no subscriber: all are held or read ahead
                assert (await run.stored(lambda: store.resend(1, 900))).waiting == 900
                run.uplink.go_back(1)
                await asyncio.sleep(0.05)
            with Centre(mosquitto.port) as centre:
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) >= 1500)
                assert sequences(centre.heard("event/visit")) == list(range(1, 1501))

    asyncio.run(scenario())
