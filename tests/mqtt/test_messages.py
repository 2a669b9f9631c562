"""Messages: every kind is a CloudEvent that others can read, and its schema is right."""

import json
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from cloudevents.core.bindings.common import get_event_factory_for_version
from cloudevents.core.formats.json import JSONFormat

from edge.clock import Clock, Stamp
from edge.clock_trust import Confirmation
from edge.config.loading import load_config
from edge.config.model import CheckpointSection, Config
from edge.config.sections.guests import Cards
from edge.config.sections.hosts import Host
from edge.config.zone import month_named
from edge.daemon.health import health, meta
from edge.daemon.machine.card import Card
from edge.daemon.machine.power import Power
from edge.daemon.machine.readings import Readings
from edge.daemon.machine.readings import document as machine_document
from edge.daemon.machine.rtc import Rtc
from edge.mqtt import schemas
from edge.mqtt.messages import (
    ROOT,
    SEALED_STILL_TYPE,
    STILL_TYPE,
    LedgerState,
    StandingAlarm,
    Status,
    document,
    still_attributes,
    topic,
)
from edge.report.tally import summarise
from edge.sop.day import summary
from edge.sop.lamps import occupancy
from edge.sop.records import (
    KINDS,
    AlarmChanged,
    CardLost,
    DaemonRestarted,
    Data,
    DatabaseRestored,
    DayClosed,
    DayOpened,
    EquipmentChanged,
    GuestBookPurged,
    HostChosen,
    LockerOpened,
    MonthlyReport,
    Record,
    StepCompleted,
    StepOverdue,
    StillReference,
    VisitClosed,
    VisitCorrected,
    VisitExtended,
    VisitJoined,
    VisitOpened,
    VisitReconciled,
    VisitUnseen,
)
from edge.sop.state import DayState, State
from edge.store.cloudevent import dataschema, encode, source
from edge.store.commit_times import Commits
from tests.sop.stand import rules

ROOT_FOLDER = Path(__file__).parents[2]
AT = Stamp(5_000_000_000, 1_795_233_097_412, synced=True, boot="b")
ID = "01938f7e-1c3a-7c44-8000-0123456789ab"
STREAM = "6e8bc430-9c3a-41d9-9669-0800200c9a66"
_VISIT: dict[str, Any] = {
    "visit": "v-1",
    "procedure": "pimpinan",
    "procedure_version": "1+0a1b2c3d",
}
_STEP: dict[str, Any] = {
    **_VISIT,
    "step": "pemeriksaan",
    "number": 4,
    "station": "officer-3",
    "role": "Petugas 3",
}

# One example of the data of every kind of record.
EXAMPLES: dict[type[Data], Data] = {
    StepCompleted: StepCompleted(
        **_STEP,
        outcome="completed",
        reason=None,
        started=AT.iso(),
        duration_s=35.3,
        waited_s=2.0,
        standard_s=180,
        over_s=0.0,
        attempts=2,
        evidence=("passage", "alarm", "passage", "button"),
        clock_synced=True,
        stills=(StillReference(ID, "alarm", "ab" * 32), StillReference(ID, "desk")),
        guest_kind="vip",
        escort="pengantar-1",
    ),
    StepOverdue: StepOverdue(**_STEP, started=AT.iso(), standard_s=180.0, clock_synced=True),
    VisitOpened: VisitOpened(**_VISIT, clock_synced=True),
    VisitClosed: VisitClosed(
        **_VISIT,
        outcome="declined",
        reason="host-absent",
        opened=AT.iso(),
        duration_s=60.0,
        steps=1,
        card_out=False,
        locker_out=None,
        clock_synced=False,
    ),
    VisitReconciled: VisitReconciled(visit="v-1", returned="card", clock_synced=True),
    VisitCorrected: VisitCorrected(
        **_VISIT,
        correction="back",
        from_step="penitipan",
        to_step="menunggu",
        station="officer-2",
        clock_synced=True,
    ),
    VisitJoined: VisitJoined(**_VISIT, persons=2, station="reception", clock_synced=True),
    CardLost: CardLost(visit="v-1", clock_synced=True),
    HostChosen: HostChosen(
        visit="v-1",
        procedure="pimpinan",
        procedure_version="1.0",
        host="wakil-bupati",
        before="bupati",
        by="button",
        called=True,
        station="reception",
        clock_synced=True,
    ),
    LockerOpened: LockerOpened(
        locker=3, visit=None, who="duty-officer", why="inspection", clock_synced=True
    ),
    VisitExtended: VisitExtended(
        **_VISIT,
        step="menghadap",
        number=5,
        extensions=1,
        extended_s=300.0,
        standard_s=600.0,
        clock_synced=True,
    ),
    VisitUnseen: VisitUnseen(
        **_VISIT,
        step="pengembalian",
        number=6,
        station="officer-1",
        unseen_s=7200.0,
        uncertainty_s=0.0,
        asked=1,
        clock_synced=True,
    ),
    DayOpened: DayOpened(
        number=1,
        date="2026-11-23",
        by="arrival",
        visits_carried=0,
        cards_out=1,
        lockers_out=1,
        clock_synced=True,
    ),
    DayClosed: DayClosed(
        number=1,
        date="2026-11-23",
        how="carried-over",
        opened=AT.iso(),
        visits_carried=0,
        visits_opened=3,
        persons=5,
        outcomes={"completed": 2},
        reconciled=0,
        visits_open=1,
        cards_out=2,
        cards_lost=0,
        lockers_out=1,
        ids_held=2,
        clock_synced=True,
    ),
    AlarmChanged: AlarmChanged(
        alarm="metal-detector", visit=None, detail=None, since=AT.iso(), clock_synced=True
    ),
    MonthlyReport: MonthlyReport(
        month="2026-11",
        revision=1,
        summary=summarise([], month_named("2026-11", UTC)),
        clock_synced=True,
    ),
    DaemonRestarted: DaemonRestarted(ended="crashed", crashes=1, clock_synced=True),
    DatabaseRestored: DatabaseRestored(
        made="2026-11-22T03:15:07.000Z",
        stream=STREAM,
        sequence=4711,
        head="cd" * 32,
        waiting=3,
        visits=2,
        lost=None,
        clock_synced=True,
    ),
    GuestBookPurged: GuestBookPurged(
        visits=40, before="2026-08-24T00:00:00.000Z", by="retention", clock_synced=True
    ),
    EquipmentChanged: EquipmentChanged(
        device="card-reader/desk", why="gone", visit=None, clock_synced=True
    ),
}

# The constraints of the CloudEvents 1.0 specification on its JSON format.
_OPTIONAL_TEXT = {"type": ["string", "null"], "minLength": 1}
CLOUDEVENTS: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"type": "string", "minLength": 1},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "type": {"type": "string", "minLength": 1},
        "subject": _OPTIONAL_TEXT,
        "datacontenttype": _OPTIONAL_TEXT,
        "dataschema": {**_OPTIONAL_TEXT, "format": "uri"},
        "time": {**_OPTIONAL_TEXT, "format": "date-time"},
        "data": {"type": ["object", "string", "number", "array", "boolean", "null"]},
        "data_base64": {"type": ["string", "null"], "contentEncoding": "base64"},
    },
    "propertyNames": {"pattern": "^[a-z0-9]+$|^data_base64$"},
}


def make(kind: str, visit: str | None = "v-1") -> bytes:
    """Return the payload of an example record of *kind*."""
    record = Record(kind, "visit/v-1/step/pemeriksaan", AT, visit, EXAMPLES[KINDS[kind][1]])
    return encode(
        record, id=ID, source="/gardu/kantor/lobi", stream=STREAM, sequence=4711,
        previous="cd" * 32,
        recorded_ms=AT.wall_ms + 6,
    )  # fmt: skip


def check(document: Any, schema: dict[str, Any]) -> None:
    """Validate *document*, formats included."""
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)


def test_envelope_is_the_contract_s() -> None:
    """Names, order and forms of the attributes are those of the contract with the centre."""
    event = json.loads(make("gardu.step.completed.v1"))
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": ID,
        "source": "/gardu/kantor/lobi",
        "type": "gardu.step.completed.v1",
        "subject": "visit/v-1/step/pemeriksaan",
        "time": "2026-11-21T03:51:37.412Z",
        "recordedtime": "2026-11-21T03:51:37.418Z",
        "streamid": STREAM,
        "sequence": "0000000000004711",
        "prevhash": "cd" * 32,
        "correlationid": "v-1",
        "datacontenttype": "application/json",
        "dataschema": "urn:gardu:schema:step.completed:1",
    }
    assert data["evidence"] == ["passage", "alarm", "passage", "button"]
    assert data["stills"][1] == {"id": ID, "purpose": "desk", "sha256": None}


def test_no_visit_no_correlation() -> None:
    """A record of no visit has no correlationid at all: CloudEvents has no null attributes."""
    assert "correlationid" not in json.loads(make("gardu.equipment.fault.v1", visit=None))


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_is_a_cloudevent(kind: str) -> None:
    """The official SDK reads every kind, and it satisfies CloudEvents' own constraints."""
    payload = make(kind)
    event = JSONFormat().read(None, payload)
    assert (event.get_type(), event.get_id(), event.get_specversion()) == (kind, ID, "1.0")
    assert event.get_extension("sequence") == "0000000000004711"
    check(json.loads(payload), CLOUDEVENTS)


def test_kind_and_escort_are_optional_in_the_schema() -> None:
    """Records without them have no such key, and the schema accepts both, but no null."""
    schema = schemas.record_schema("gardu.step.completed.v1")
    event = json.loads(make("gardu.step.completed.v1"))
    without = {k: v for k, v in event["data"].items() if k not in ("guest_kind", "escort")}
    check({**event, "data": without}, schema)
    assert b"guest_kind" not in make("gardu.visit.opened.v1")
    with pytest.raises(jsonschema.ValidationError):
        check({**event, "data": {**event["data"], "escort": None}}, schema)


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_fits_its_schema(kind: str) -> None:
    """The published schema accepts a sent record, and refuses changed ones."""
    schema = schemas.record_schema(kind)
    event = json.loads(make(kind))
    check(event, schema)
    for broken in (
        {**event, "sequence": "4711"},
        {**event, "prevhash": "cd"},
        {**event, "data": {}},
        {**event, "type": "x"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(broken, schema)
    check(event["data"], schemas.data_schemas()[kind])


@pytest.mark.parametrize(
    ("kind", "sealkey"), [(STILL_TYPE, None), (SEALED_STILL_TYPE, "0123456789abcdef")]
)
def test_still_is_a_binary_cloudevent(kind: str, sealkey: str | None) -> None:
    """The user properties of a still are complete CloudEvents attributes, readable by the SDK."""
    attributes = still_attributes(
        id=ID, source="/gardu/kantor/lobi", time=AT.iso(), visit="v-1", step="penerimaan",
        sealkey=sealkey,
    )  # fmt: skip
    message = schemas.asyncapi()["components"]["messages"][kind]
    check(attributes, message["headers"])
    check(attributes, CLOUDEVENTS)
    read = {**attributes, "datacontenttype": message["contentType"]}
    event = JSONFormat().read(
        get_event_factory_for_version("1.0"), json.dumps({**read, "data_base64": "/9j/2Q=="})
    )
    assert event.get_data() == b"\xff\xd8\xff\xd9"
    assert event.get_type() == kind


def test_live_documents_fit_their_schemas(tmp_path: Path) -> None:
    """The daemon's live documents fit the schemas of the AsyncAPI document."""
    messages = schemas.asyncapi()["components"]["messages"]
    report = health(
        Clock(), tmp_path, devices={"a": "ok"}, refusals={}, uplink={},
        procedures={"refused": 1, "problem": "pimpinan.toml"}, config_refused=False,
        events_waiting=0, events_dropped=0,
        machine=machine_document(
            Readings(
                at=AT, power=Power(True), temperature_c=51.5, card=Card(False, 30, False),
                commits=Commits(1, 20, 3000), rtc=Rtc("rtc-ds1307", 5, None), rtc_ahead_s=0.4,
                confirmed=Confirmation("b", 0, 0, 500),
            ),
            2,
        ),
    )  # fmt: skip
    config = Config(
        checkpoint=CheckpointSection(site="kantor", id="lobi", procedures=["pimpinan"]),
        cards=Cards(visitor=["0000000001"]),
        hosts=[Host(id="wakil-bupati", title="Wakil Bupati", procedures=["pimpinan"])],
    )
    shown = {
        "status": document(Status(status="online", session=1, reason="connected", time=AT.iso())),
        "ledger": document(
            LedgerState(
                streamid=STREAM, oldest_seq=1, last_seq=2, acked_seq=2, head_seq=2, head="ab" * 32
            )
        ),
        "alarm": document(StandingAlarm(alarm="metal-detector", since=AT.iso())),
        "occupancy": occupancy(
            rules(limits={"ruang-baca": 2}, pools={"vip": frozenset(["0000000002"])}), State()
        ),
        "day": summary(State(day=DayState(number=1, opened=AT, closing="reception"))),
        "health": report,
        "meta": meta(config, []),
    }
    for name, value in shown.items():
        check(json.loads(msgspec.json.encode(value)), messages[name]["payload"])


def test_meta_has_the_words_for_each_host_with_a_title() -> None:
    """Hosts of ``[[hosts]]`` are named; a procedure without one has the general words only."""
    config = Config(
        checkpoint=CheckpointSection(site="kantor", id="lobi", procedures=["pimpinan"]),
        cards=Cards(visitor=["0000000001"]),
    )
    assert set(meta(config, [])["reasons"]["host-absent"]) == {"id", "en"}
    hosts = [Host(id="wakil-bupati", title="Wakil Bupati", procedures=["pimpinan"])]
    words = meta(msgspec.structs.replace(config, hosts=hosts), [])["reasons"]
    assert words["host-absent"]["hosts"]["wakil-bupati"]["id"].startswith(
        "Mohon maaf, Bapak/Ibu Wakil Bupati"
    )
    assert "hosts" not in words["other-office"]


def test_asyncapi_document_is_current() -> None:
    """The file in docs is the same as the generated one."""
    made = subprocess.run(
        [sys.executable, "-m", "edge.mqtt.schemas"], capture_output=True, text=True, check=True
    ).stdout
    kept = (ROOT_FOLDER / "docs/asyncapi.json").read_text(encoding="utf-8")
    assert made == kept, "run: python -m edge.mqtt.schemas > docs/asyncapi.json"


def test_asyncapi_references_lead_somewhere() -> None:
    """Every reference in the document resolves, and every channel has messages."""
    document = schemas.asyncapi()
    for operation in document["operations"].values():
        channel = _resolve(document, operation["channel"]["$ref"])
        assert channel["messages"]
        for message in channel["messages"].values():
            assert _resolve(document, message["$ref"])["payload"]
        assert channel["address"].startswith(f"{ROOT}/{{site}}/{{checkpoint}}/")


def _resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_names_follow_from_the_config() -> None:
    """Topics and source name the site and the checkpoint of the example config."""
    config = load_config(ROOT_FOLDER / "config/gardu.toml")
    assert topic(config, "event/step") == "gardu/v1/setda-tanjabbar/lobi-utama/event/step"
    assert source(config) == "/gardu/setda-tanjabbar/lobi-utama"
    assert dataschema("gardu.visit.closed.v2") == "urn:gardu:schema:visit.closed:2"
