"""The devices that Home Assistant discovers: topic and document of each checkpoint. Pure.

The form is Home Assistant's *device discovery* (its page on MQTT, from version 2024.11).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from edge import __version__
from edge.mqtt.messages import ROOT
from office.database.alarm_kinds import KINDS, NAMED, base_kind

ORIGIN = "Gardu central office"
"""Names who announced a device, so that the office deletes no other program's."""

# Alarms of one device, at most: more come only from a hostile publisher.
_MOST_ALARMS = 200
_ALARM = re.compile(r"[a-z0-9-]{1,100}")

# Alarms of inputs, doors and detectors, which a checkpoint has only if it is fitted with them.
_FITTED = frozenset(NAMED) | {
    "fire", "duress", "enclosure-tamper", "mains-lost", "battery-low",
}  # fmt: skip
_DANGERS = frozenset({"fire", "duress", "metal-detector", "locker-forced", "door-forced"})

_Text = Annotated[str, Meta(max_length=100)]


class _Equipment(msgspec.Struct, frozen=True):
    metal_detector: bool = False
    metal_detectors: tuple[_Text, ...] = ()
    doors: tuple[_Text, ...] = ()
    safety_inputs: tuple[_Text, ...] = ()


class CheckpointMeta(msgspec.Struct, frozen=True):
    """The part of a checkpoint's ``meta`` that a device needs."""

    version: _Text = ""
    place: _Text = ""
    equipment: _Equipment = _Equipment()


class Known(NamedTuple):
    """What is known of a checkpoint.

    :ivar meta: its newest ``meta``; empty if none came
    :ivar alarms: kinds of alarms that it has raised
    """

    site: str
    checkpoint: str
    meta: bytes = b""
    alarms: frozenset[str] = frozenset()


def topic_of(prefix: str, site: str, checkpoint: str) -> str:
    """Return the topic of the device of a checkpoint.

    Names of sites and checkpoints have no underscore, so no two have the same one.
    """
    return f"{prefix}/device/gardu_{site}_{checkpoint}/config"


def site_of(prefix: str, topic: str) -> str | None:
    """Return the site of the device at *topic*; None if it is no checkpoint's."""
    found = re.fullmatch(rf"{re.escape(prefix)}/device/gardu_([a-z0-9-]+)_[a-z0-9-]+/config", topic)
    return None if found is None else found[1]


def device_of(known: Known) -> bytes:
    """Return the document of the device of a checkpoint; always the same bytes for the same."""
    meta, base = _meta(known.meta), f"{ROOT}/{known.site}/{known.checkpoint}"
    name = f"gardu_{known.site}_{known.checkpoint}"
    document = {
        "device": {
            "identifiers": [name],
            "name": meta.place.strip() or f"{known.site}/{known.checkpoint}",
            "manufacturer": "Gardu",
            "model": "Checkpoint",
            **({"sw_version": meta.version} if meta.version else {}),
        },
        "origin": {"name": ORIGIN, "sw_version": __version__},
        "availability_topic": f"{base}/status",
        "availability_template": "{{ value_json.status }}",
        "payload_available": "online",
        "payload_not_available": "offline",
        "qos": 1,
        "components": {**_counts(name, base), **_alarms(name, base, _kinds(meta, known.alarms))},
    }
    return msgspec.json.encode(document, order="sorted")


def announced_alarms(document: bytes) -> frozenset[str] | None:
    """Return the alarms in the *document* of a device; None if this office did not make it."""
    try:
        found = msgspec.json.decode(document, type=_Announced)
    except (msgspec.DecodeError, RecursionError):
        return None
    if found.origin.name != ORIGIN:
        return None
    return frozenset(
        topic.rpartition("/state/alarm/")[2]
        for topic in (one.state_topic for one in found.components.values())
        if "/state/alarm/" in topic
    )


class _Origin(msgspec.Struct, frozen=True):
    name: str = ""


class _Component(msgspec.Struct, frozen=True):
    state_topic: str = ""


class _Announced(msgspec.Struct, frozen=True):
    origin: _Origin = _Origin()
    components: dict[str, _Component] = msgspec.field(default_factory=dict)


def _meta(payload: bytes) -> CheckpointMeta:
    try:
        return msgspec.json.decode(payload, type=CheckpointMeta)
    except (msgspec.DecodeError, RecursionError):
        return CheckpointMeta()


def _kinds(meta: CheckpointMeta, seen: Iterable[str]) -> list[str]:
    """Return the alarms of a checkpoint: those that it is fitted for, and those that it raised."""
    fitted = meta.equipment
    wanted = [kind for kind in KINDS if kind not in _FITTED]
    wanted += fitted.safety_inputs
    wanted += ["metal-detector"] if fitted.metal_detector and not fitted.metal_detectors else []
    wanted += [f"metal-detector-{name}" for name in fitted.metal_detectors]
    wanted += [f"{kind}-{name}" for name in fitted.doors for kind in ("door-forced", "door-held")]
    found = dict.fromkeys([*wanted, *sorted(seen)])
    return [kind for kind in found if _ALARM.fullmatch(kind)][:_MOST_ALARMS]


def _counts(name: str, base: str) -> dict[str, Mapping[str, Any]]:
    """Return the sensors of what ``state/occupancy`` counts."""
    return {
        key: {
            "platform": "sensor",
            "unique_id": f"{name}_{key}",
            "name": words,
            "state_topic": f"{base}/state/occupancy",
            "value_template": f"{{{{ value_json.{key} }}}}",
            "state_class": "measurement",
        }
        for key, words in (
            ("persons", "Persons"),
            ("visits", "Open visits"),
            ("overdue", "Overdue visits"),
        )
    }


def _alarms(name: str, base: str, kinds: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    return {
        f"alarm_{kind}": {
            "platform": "binary_sensor",
            "unique_id": f"{name}_alarm_{kind}",
            "name": kind.replace("-", " ").capitalize(),
            "state_topic": f"{base}/state/alarm/{kind}",
            # An alarm that was cleared is an empty message.
            "value_template": "{{ 'ON' if value else 'OFF' }}",
            "device_class": _device_class(kind),
            **({} if (base_kind(kind) or kind) in _FITTED else {"entity_category": "diagnostic"}),
        }
        for kind in kinds
    }


def _device_class(kind: str) -> str:
    plain = base_kind(kind) or kind
    if plain in _DANGERS:
        return "safety"
    return "tamper" if plain.endswith("-tamper") else "problem"
