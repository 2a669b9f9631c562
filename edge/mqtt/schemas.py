"""Schemas of every message, generated from the code's own types: JSON Schema and AsyncAPI 3.

``python -m edge.mqtt.schemas > docs/asyncapi.json`` writes the document of the whole topic tree.
"""

import sys
from inspect import cleandoc
from typing import Any

import msgspec

from edge.mqtt.live_schemas import DOCUMENTS, TEXT, TIME
from edge.mqtt.messages import (
    LIVE_CONTENT,
    ROOT,
    SEALED_CONTENT,
    SEALED_STILL_TYPE,
    STILL_CONTENT,
    STILL_TYPE,
    LedgerState,
    StandingAlarm,
    Status,
)
from edge.mqtt.requests import (
    ANSWER_EXPIRY_S,
    AVAILABILITY,
    REGISTER,
    RESEND,
    VALUES,
    Answer,
    Availability,
    EnterValues,
    Register,
    ResendRange,
)
from edge.mqtt.schema_words import described, example
from edge.mqtt.signatures import Header
from edge.sop.records import KINDS
from edge.store.cloudevent import RECORD_CONTENT, REPORT_TYPE, Envelope, dataschema

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Constraints of the envelope's attributes, beyond their types.
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "format": "uuid"},
    "source": {
        "type": "string",
        "format": "uri-reference",
        "pattern": "^/gardu/[a-z0-9-]+/[a-z0-9-]+$",
    },
    "subject": TEXT,
    "time": TIME,
    "recordedtime": TIME,
    "streamid": {"type": "string", "format": "uuid"},
    "sequence": {"type": "string", "pattern": "^[0-9]{16}$"},
    "correlationid": TEXT,
}

# Suffix → (title, retained, seconds to expiry, names of its messages). One row per topic.
_EVENTS = sorted({suffix for suffix, _ in KINDS.values()})
_TOPICS: dict[str, tuple[str, bool, int | None, list[str]]] = {
    "status": ("Online or offline; also the will", True, None, ["status"]),
    "meta": ("Birth: versions, procedures, equipment, schemas", True, None, ["meta"]),
    "health": ("Health: devices, uplink, disk, clock", True, 300, ["health"]),
    "ledger": ("The range of records, and the acknowledged part of it", True, None, ["ledger"]),
    "state/occupancy": ("Open visits, lockers and cards in use", True, None, ["occupancy"]),
    "state/day": ("The office day: open, closing, closed", True, None, ["day"]),
    "state/alarm/{kind}": ("An alarm that stands; deleted when cleared", True, None, ["alarm"]),
    **{
        suffix: (
            "Records, stored until delivered",
            False,
            None,
            [kind for kind, (where, _) in KINDS.items() if where == suffix],
        )
        for suffix in _EVENTS
        if not suffix.startswith("report/")
    },
    "still/{purpose}": ("A JPEG, or the box with it", False, None, [STILL_TYPE, SEALED_STILL_TYPE]),
    "report/{month}": ("The month's recapitulation", True, None, [REPORT_TYPE]),
}

# Requests to a checkpoint: rows like those above; the requester sets the retain flag.
_REQUESTS: dict[str, tuple[str, bool, int | None, list[str]]] = {
    REGISTER: ("Details of a guest; never retained", False, None, ["register"]),
    VALUES: ("Values of a visit; never retained", False, None, ["values"]),
    RESEND: ("Records that a consumer misses; never retained", False, None, ["resend"]),
    f"{AVAILABILITY}/{{host}}": (
        "A host receives guests, or does not",
        True,
        None,
        ["availability"],
    ),
}
_REPLY = {
    "address": None,
    "title": "Answers, with the correlation data of the request; below reply/ of the checkpoint",
    "messages": {"answer": {"$ref": "#/components/messages/answer"}},
    "x-retained": False,
    "x-expiry-seconds": ANSWER_EXPIRY_S,
}

# Titles of the messages whose first words are not one.
_TITLES = {
    "status": "The connection of the checkpoint",
    "ledger": "The records that exist, and those that are acknowledged",
    "alarm": "An alarm that stands now",
    "answer": "The answer to a request",
    STILL_TYPE: "A still",
}

_PARAMETERS = {
    "site": "The office: lower-case letters, digits and dashes",
    "checkpoint": "The checkpoint in it: lower-case letters, digits and dashes",
    "host": "A host's id; or a procedure's or a called station's, for all their hosts",
    "kind": "The kind of alarm, for example metal-detector",
    "purpose": "The purpose of the still, for example desk",
    "month": "Year and month, for example 2026-11",
}


_ABOUT = (
    "What a checkpoint publishes and which requests it answers, over MQTT 5 at QoS 1. *send* means "
    "that the checkpoint sends; *receive*, that it receives. `docs/mqtt.md` is the contract in "
    "words: delivery, duplicates, gaps, the hash chain, access rights. Consumers ignore keys that "
    "they do not know."
)
_CERTIFICATE = "Each client has a certificate of its own; the broker takes its name from it."
_SERVERS = {
    "office": {
        "host": "broker.example.go.id:8883",
        "protocol": "secure-mqtt",
        "protocolVersion": "5",
        "description": "The broker of the central office, with TLS. The address is an example.",
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
    },
    "local": {
        "host": "127.0.0.1:1883",
        "protocol": "mqtt",
        "protocolVersion": "5",
        "description": "A broker on the same machine, without TLS.",
    },
}


def data_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of the data of every kind of record, by CloudEvents type."""
    return {kind: _schema(data) for kind, (_, data) in KINDS.items()}


def record_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a whole record of *kind*: envelope and data."""
    envelope = _schema(Envelope)
    properties = {**envelope["properties"], **_ATTRIBUTES}
    properties["specversion"] = {"const": "1.0"}
    properties["type"] = {"const": kind}
    properties["datacontenttype"] = {"const": "application/json"}
    properties["dataschema"] = {"const": dataschema(kind)}
    properties["data"] = data_schemas()[kind]
    constants = ["specversion", "datacontenttype"]
    return {
        "type": "object",
        "description": properties["data"]["description"],
        "properties": properties,
        "required": sorted({*envelope["required"], *constants}),
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document of the whole topic tree."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gardu: the topics of a checkpoint, and the requests that it answers",
            "version": "1.0.0",
            "description": _ABOUT,
        },
        "servers": _SERVERS,
        "defaultContentType": RECORD_CONTENT,
        "channels": {_key(suffix): _channel(suffix) for suffix in (*_TOPICS, *_REQUESTS)}
        | {"reply": _REPLY},
        "operations": {_key(suffix): _operation(suffix) for suffix in _TOPICS}
        | {_key(suffix): _asked(suffix) for suffix in _REQUESTS},
        "components": {
            "messages": _messages(),
            "securitySchemes": {"certificate": {"type": "X509", "description": _CERTIFICATE}},
        },
    }


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the complete JSON Schema of one type: types within it are written in place."""
    schema = msgspec.json.schema(kind)
    parts = schema.get("$defs", {})
    whole = _inlined(schema, parts)
    assert isinstance(whole, dict)
    return whole


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    whole = {key: _inlined(value, parts) for key, value in schema.items() if key != "$defs"}
    if isinstance(whole.get("pattern"), str):  # JSON Schema writes Python's \Z as $
        whole["pattern"] = whole["pattern"].replace(r"\Z", "$")
    if isinstance(whole.get("description"), str):  # msgspec before 0.23 left the indent in
        whole["description"] = cleandoc(whole["description"])
    return whole


def _key(name: str) -> str:
    """Return *name* as an AsyncAPI key: letters, digits, dots, dashes."""
    return name.replace("/", ".").replace("{", "").replace("}", "")


def _asked(suffix: str) -> dict[str, Any]:
    """Return the operation of a request, with the address of its answer."""
    return {
        "action": "receive",
        "summary": _REQUESTS[suffix][0],
        "channel": {"$ref": f"#/channels/{_key(suffix)}"},
        "description": "Sent as a compact JWS (RFC 7515) with Ed25519: the message of the channel "
        "is the payload of the JWS",
        "bindings": {"mqtt": {"qos": 1, "bindingVersion": "0.2.0"}},
        "x-jws-header": _schema(Header),
        "reply": {
            "address": {
                "description": "The MQTT 5 response topic of the request",
                "location": "$message.header#/responseTopic",
            },
            "channel": {"$ref": "#/channels/reply"},
        },
    }


def _channel(suffix: str) -> dict[str, Any]:
    title, retained, expiry_s, messages = (_TOPICS | _REQUESTS)[suffix]
    address = f"{ROOT}/{{site}}/{{checkpoint}}/{suffix}"
    return {
        "address": address,
        "title": title,
        "parameters": {
            name: {"description": text}
            for name, text in _PARAMETERS.items()
            if f"{{{name}}}" in address
        },
        "messages": {
            _key(name): {"$ref": f"#/components/messages/{_key(name)}"} for name in messages
        },
        "x-retained": retained,
        "x-expiry-seconds": expiry_s,
    }


def _operation(suffix: str) -> dict[str, Any]:
    title, retained, expiry_s, _ = _TOPICS[suffix]
    mqtt: dict[str, Any] = {"qos": 1, "retain": retained, "bindingVersion": "0.2.0"}
    if expiry_s is not None:
        mqtt["messageExpiryInterval"] = expiry_s
    return {
        "action": "send",
        "summary": title,
        "channel": {"$ref": f"#/channels/{_key(suffix)}"},
        "bindings": {"mqtt": mqtt},
    }


def _messages() -> dict[str, Any]:
    records = {kind: _message(kind, RECORD_CONTENT, record_schema(kind)) for kind in KINDS}
    live = {
        "status": _schema(Status),
        "ledger": _schema(LedgerState),
        "alarm": _schema(StandingAlarm),
        "register": _schema(Register),
        "values": _schema(EnterValues),
        "availability": _schema(Availability),
        "resend": _schema(ResendRange),
        "answer": _schema(Answer),
        **DOCUMENTS,
    }
    sealkey = {
        "type": "string",
        "pattern": "^[0-9a-f]{16}$",
        "description": "The id of the office's key that opens it",
    }
    return {
        _key(name): message
        for name, message in {
            **{name: _message(name, LIVE_CONTENT, schema) for name, schema in live.items()},
            **records,
            STILL_TYPE: _still(STILL_TYPE, STILL_CONTENT, "The JPEG", {}),
            SEALED_STILL_TYPE: _still(
                SEALED_STILL_TYPE, SEALED_CONTENT, "The box with the JPEG", {"sealkey": sealkey}
            ),
        }.items()
    }


def _still(kind: str, content: str, what: str, more: dict[str, Any]) -> dict[str, Any]:
    """Return the message of a still: *what* in words; *more* are attributes of its kind."""
    still = _message(kind, content, {"type": "string", "format": "binary", "description": what})
    names = ("id", "source", "subject", "time", "correlationid")
    attributes = {name: _ATTRIBUTES[name] for name in names} | more
    attributes["specversion"] = {"const": "1.0"}
    attributes["type"] = {"const": kind}
    still["headers"] = described(
        {
            "type": "object",
            "description": "CloudEvents attributes, each an MQTT user property",
            "properties": attributes,
            "required": sorted(attributes),
        }
    )
    still["examples"] = [{"name": "example", "headers": example(still["headers"])}]
    return still


def _message(name: str, content: str, schema: dict[str, Any]) -> dict[str, Any]:
    payload = described(schema, name)
    message = {
        "name": name,
        "title": _TITLES.get(name) or payload.get("description", "").split(". ")[0].rstrip("."),
        "contentType": content,
        "payload": {"$schema": _DRAFT, **payload},
    }
    if content not in (STILL_CONTENT, SEALED_CONTENT):
        message["examples"] = [{"name": "example", "payload": example(payload, name)}]
    return message


def main() -> None:
    """Write the AsyncAPI document to stdout."""
    text = msgspec.json.format(msgspec.json.encode(asyncapi()), indent=2)
    sys.stdout.write(text.decode() + "\n")


if __name__ == "__main__":
    main()
