"""Builds the rules of the core from config, procedures and store."""

from msgspec.structs import replace

from edge.config.hosts import hosts
from edge.config.model import Config
from edge.config.sections.metal_detector import NamedMetalDetector
from edge.sop.detectors import alarm_of
from edge.sop.events import InputKind
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.state import DayRules, Detector, Door, GuestKind, Host, Rules, State
from edge.store.store import Store

# Key of the section [safety] for each of its inputs.
_INPUTS: dict[InputKind, str] = {
    "fire": "fire",
    "duress": "duress",
    "enclosure-tamper": "enclosure_tamper",
    "mains-lost": "mains",
    "battery-low": "battery",
}


def make_rules(config: Config, procedures: dict[str, Procedure], store: Store) -> Rules:
    """Return the rules of the core; procedures of running visits come from the store."""
    known = {procedure.key: procedure for procedure in procedures.values()}
    for key, text in store.procedures_in_use().items():
        if key not in known:
            known[key] = parse_procedure(text, f"{key} (kept by the database)")
    lockers = config.lockers
    return Rules(
        stream=store.stream,
        procedures=known,
        current={procedure.id: procedure.key for procedure in procedures.values()},
        panels={name: tuple(panel.stations) for name, panel in config.panels.items()},
        readers=_readers(config),
        card_readers=frozenset(config.card_readers),
        hosts={
            host.id: Host(
                procedures=tuple(host.procedures), aiphone=host.aiphone, station=host.station
            )
            for host in hosts(config)
        },
        cards=frozenset(config.cards.visitor),
        pools={name: frozenset(cards) for name, cards in config.cards.pools.items()},
        escorts=dict(config.cards.escort),
        guest_kinds={
            kind.id: GuestKind(card_pool=kind.card_pool, priority=kind.priority)
            for kind in config.guest_kinds
        },
        supervisors=dict(config.cards.supervisor),
        opening_reasons=tuple(config.cards.opening_reasons),
        lockers=tuple(locker.number for locker in lockers.locker) if lockers else (),
        left_open_s=lockers.left_open_s if lockers else 0.0,
        return_button=lockers is None or lockers.return_needs == "card-and-button",
        doors=_doors(config),
        day=_day(config),
        abandoned_after_s=config.checkpoint.abandoned_after_s,
        detectors=_detectors(config),
        inputs=fitted_inputs(config),
        purposes=frozenset(p for camera in config.cameras.values() for p in camera.purposes),
        zone=config.checkpoint.zone,
        limits={place.id: place.at_most for place in config.places},
    )


def renewed(rules: Rules, procedures: dict[str, Procedure], state: State) -> Rules:
    """Return *rules* with *procedures* for new visits; running ones continue on their own."""
    running = {visit.procedure_key for visit in state.visits.values()}
    kept = {key: text for key, text in rules.procedures.items() if key in running}
    return replace(
        rules,
        procedures=kept | {procedure.key: procedure for procedure in procedures.values()},
        current={procedure.id: procedure.key for procedure in procedures.values()},
    )


def fitted_inputs(config: Config) -> frozenset[str]:
    """Return the inputs that the checkpoint of *config* has, by the names of their alarms."""
    fitted: set[str] = {
        kind for kind, key in _INPUTS.items() if getattr(config.safety, key, None) is not None
    }
    for name, detector in config.detectors.items():
        if detector.tamper is not None:
            fitted.add(alarm_of(name, "detector-tamper"))
        if detector.beams:
            fitted.add(alarm_of(name, "beam-blocked"))
    return frozenset(fitted)


def _detectors(config: Config) -> dict[str, Detector]:
    return {
        name: Detector(
            stations=tuple(detector.stations) if isinstance(detector, NamedMetalDetector) else None,
            walks=detector.walks,
        )
        for name, detector in config.detectors.items()
    }


def _readers(config: Config) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(device.stations)
        for name, device in [*config.card_readers.items(), *config.scanners.items()]
    }


def _day(config: Config) -> DayRules | None:
    if config.day is None:
        return None
    hours, minutes = config.day.opens.split(":")
    opens_s = 3600 * int(hours) + 60 * int(minutes)
    return DayRules(opens_s=opens_s, zone=config.checkpoint.zone)


def _doors(config: Config) -> dict[str, Door]:
    return {
        name: Door(procedures=tuple(door.procedures), release_s=door.release_s, held_s=door.held_s)
        for name, door in config.doors.items()
    }
