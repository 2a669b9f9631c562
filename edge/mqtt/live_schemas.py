"""Schemas of the live documents that no type describes: occupancy, day, health, meta.

Consumers must ignore keys that they do not know.
"""

from typing import Any

TIME = {"type": "string", "format": "date-time", "pattern": r"Z$"}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "occupancy": {
        "description": "Open visits, lockers and cards in use: counts only",
        "type": "object",
        "properties": {
            "visits": COUNT,
            "persons": COUNT,
            "steps": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"procedure": TEXT, "step": TEXT, "visits": COUNT},
                    "required": ["procedure", "step", "visits"],
                },
            },
            "overdue": COUNT,
            "lockers_in_use": COUNT,
            "ids_held": COUNT,
            "lockers_open": COUNT,
            "cards_out": COUNT,
            "cards_missing": COUNT,
            "hosts": {
                "description": "Open visits by host",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"host": TEXT, "visits": COUNT},
                    "required": ["host", "visits"],
                },
            },
            "hosts_away": {
                "description": "Hosts (or procedures, called stations) announced to be away",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "host": TEXT,
                        "until": {"anyOf": [TIME, {"type": "null"}]},
                        "reason": {"anyOf": [TEXT, {"type": "null"}]},
                    },
                    "required": ["host", "until", "reason"],
                },
            },
            "card_pools": {
                "description": "Further pools of visitor cards: their cards, and those out",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"pool": TEXT, "cards": COUNT, "out": COUNT},
                    "required": ["pool", "cards", "out"],
                },
            },
            "places": {
                "description": "Places with limited room: persons there, persons who wait for room",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "place": TEXT,
                        "at_most": {"type": "integer", "minimum": 1},
                        "persons": COUNT,
                        "waiting": COUNT,
                    },
                    "required": ["place", "at_most", "persons", "waiting"],
                },
            },
        },
        "required": ["visits", "steps", "lockers_in_use", "cards_out"],
    },
    "day": {
        "description": "The office day: its visits, and what is still out; counts only",
        "type": "object",
        "properties": {
            "number": COUNT,
            "status": {"enum": ["open", "closing", "closed"]},
            "opened": TIME,
            "closed": {"anyOf": [TIME, {"type": "null"}]},
            "visits_carried": COUNT,
            "visits_opened": COUNT,
            "persons": COUNT,
            "outcomes": {"type": "object", "additionalProperties": COUNT},
            "visits_open": COUNT,
            "cards_out": COUNT,
            "lockers_out": COUNT,
            "ids_held": COUNT,
        },
        "required": ["number", "status", "opened", "closed"],
    },
    "health": {
        "description": "How the checkpoint is; forgotten by the broker after 300 s",
        "type": "object",
        "properties": {
            "time": TIME,
            "clock_synced": {"type": "boolean"},
            "clock_error_ms": {
                "description": "The wall clock's error, at most; null if unknown",
                "anyOf": [COUNT, {"type": "null"}],
            },
            "clock_confirmed_s": {
                "description": "Time since the clock was confirmed; null: not in this boot",
                "anyOf": [COUNT, {"type": "null"}],
            },
            "certificate_ends": {
                "description": "Until when this checkpoint's certificate is valid; null: none",
                "type": ["string", "null"],
                "format": "date-time",
            },
            "devices": {"type": "object", "additionalProperties": {"type": "string"}},
            "uplink": {"type": "object"},
            "last_outage": {
                "description": "Why there was no connection the last time; null if there always "
                "was one since the start",
                "type": ["object", "null"],
                "properties": {"word": TEXT, "why": TEXT, "remedy": TEXT, "time": TIME},
            },
            "procedures": {
                "description": "Refusals of new procedures since the start, and the problem of the "
                "present files; the last good procedures stay in force",
                "type": "object",
                "properties": {"refused": COUNT, "problem": {"type": ["string", "null"]}},
                "required": ["refused", "problem"],
            },
            "config_refused": {
                "description": "The config file was changed, and the next start would refuse it",
                "type": "boolean",
            },
            "disk_free_bytes": COUNT,
            "temperature_c": {"type": ["number", "null"]},
            "power": {
                "description": "The machine's supply; null where its kernel does not report it",
                "type": "object",
                "properties": {
                    "under_voltage": {"type": ["boolean", "null"]},
                    "under_voltage_times": COUNT,
                    "throttled": {"type": ["boolean", "null"]},
                },
            },
            "card": {
                "description": "The memory card; commits are those of the last ten minutes",
                "type": "object",
                "properties": {
                    "read_only": {"type": ["boolean", "null"]},
                    "errors": {"type": ["integer", "null"]},
                    "life_used_percent": {"type": ["integer", "null"]},
                    "commits_slow": COUNT,
                    "commit_p95_ms": {"type": ["integer", "null"]},
                    "commit_longest_ms": {"type": ["integer", "null"]},
                },
            },
            "rtc": {
                "description": "The battery-backed clock; null if there is none",
                "type": ["object", "null"],
                "properties": {
                    "name": TEXT,
                    "ahead_s": {"type": ["number", "null"]},
                    "battery_mv": {"type": ["integer", "null"]},
                },
            },
        },
        "required": [
            "time",
            "clock_synced",
            "devices",
            "uplink",
            "procedures",
            "disk_free_bytes",
        ],  # fmt: skip,
    },
    "meta": {
        "description": "Birth: versions, procedures, equipment and record types",
        "type": "object",
        "properties": {
            "software": {"const": "gardu"},
            "version": TEXT,
            "procedures": {"type": "array", "items": {"type": "object"}},
            "hosts": {
                "description": "The officials whom guests visit: titles, never names",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": TEXT,
                        "title": TEXT,
                        "procedures": {"type": "array", "items": TEXT},
                    },
                    "required": ["id", "title", "procedures"],
                },
            },
            "equipment": {"type": "object"},
            "reasons": {
                "description": "Polite words for a guest, by the reason in the records",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "id": TEXT,
                        "en": TEXT,
                        "hosts": {
                            "description": "The same with the host's title, by the host's id; "
                            "where there are such words, and for hosts with a title",
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "properties": {"id": TEXT, "en": TEXT},
                                "required": ["id", "en"],
                            },
                        },
                    },
                    "required": ["id", "en"],
                },
            },
            "schemas": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["software", "version", "procedures", "equipment", "schemas"],
    },
}
