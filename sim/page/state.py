"""The state of the lobby as the page shows it: plain JSON values, in three parts.

``clock`` changes all the time, ``lobby`` with each lamp and door, ``records`` with each record that
the central office receives.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from edge.config.office_time import office_time
from sim.people.crew import People
from sim.people.guests import Guest
from sim.people.pace import PLACES
from sim.people.player import GUEST, role_of
from sim.people.visit import Visit
from sim.stage.own_time import OwnTimeKeeper
from sim.stage.received import VisitSeen
from sim.stage.stage import Stage
from sim.zone import office_zone

_VISITS = 40


def clock_state(stage: Stage, keeper: OwnTimeKeeper) -> dict[str, Any]:
    """Return the time at the office, and how it passes."""
    wall = office_time(stage.clock.wall_ms(), office_zone(stage.config))
    return {
        "time": f"{wall:%H:%M:%S}",
        "date": f"{wall:%Y-%m-%d}",
        "speed": keeper.pace.speed,
        "paused": keeper.pace.paused,
    }


def lobby_state(stage: Stage, said: Iterable[str]) -> dict[str, Any]:
    """Return all that is visible in the lobby.

    :param said: the latest messages of the stage, newest last
    """
    lobby, people = stage.world.lobby, stage.world.people
    return {
        "awake": lobby.awake,
        "restarts": stage.daemon.restarts,
        "network": stage.network.state,
        "panels": {
            name: {lamp: twin.lit for lamp, twin in panel.lamps.items()}
            for name, panel in lobby.panels.items()
        },
        "lockers": {
            number: {
                "open": twin.door_open,
                "jammed": twin.jammed,
                "guest": people.taken.get(number),
            }
            for number, twin in lobby.lockers.items()
        },
        "detectors": {name: twin.alarming for name, twin in lobby.detectors.items()},
        "aiphones": {name: twin.ringing for name, twin in lobby.aiphones.items()},
        "doors": {
            name: {"open": door.is_open, "released": door.released}
            for name, door in lobby.doors.items()
        },
        "alarms": [] if lobby.safety is None else lobby.safety.alarms,
        "beeping": lobby.buzzer is not None and lobby.buzzer.sounding,
        "stills": {name: camera.stills for name, camera in lobby.cameras.items()},
        "guests": [_guest(people, guest) for guest in people.guests if guest.state == "here"],
        "cards": {card: one.number for one in people.guests for card in _cards(one)},
        "roles": sorted(people.player.roles),
        "awaited": [_awaited(people, *one) for one in people.player.awaited],
        "said": list(said),
    }


def _awaited(people: People, visit: Visit, event: str, times: int) -> dict[str, Any]:
    """Return the act of the player that *visit* waits for, how often, and where it is done."""
    station = visit.station_of(event)
    lockers = visit.guest.lockers
    detector = people.lobby.detector_at(visit.station)
    return {
        "guest": visit.guest.number,
        "role": role_of(visit, event),
        "event": event,
        "times": times,
        "procedure": visit.guest.procedure,
        "host": visit.guest.host,
        "panel": people.hands.panel_at(station),
        "reader": people.hands.reader_at(station),
        "aiphone": visit.equipment.aiphone_at(visit.at),
        "detector": next(
            (name for name, twin in people.lobby.detectors.items() if twin is detector), None
        ),
        "card": _card_for(people, visit, event),
        "locker": lockers[-1] if lockers else None,
    }


def _card_for(people: People, visit: Visit, event: str) -> str | None:
    """Return the card with which *event* of *visit* is done; None without one."""
    if event == "card.escort":
        return min(people.escorts, key=lambda card: people.escorts[card], default=None)
    place = visit.at.cards if event == "card.issued" else visit.at.shown
    return next(iter(visit.guest.cards[place:]), None)


def _guest(people: People, guest: Guest) -> dict[str, Any]:
    return {
        "number": guest.number,
        "visit": guest.account.opened,
        "procedure": guest.procedure,
        "host": _host_title(people, guest),
        "branch": guest.branch,
        "persons": guest.persons,
        "step": guest.step,
        "done": len(guest.visit.at.events) if guest.visit is not None else 0,
        "station": guest.station,
        "place": PLACES.get(guest.station, "office") if guest.station else "entrance",
        "served": guest.served,
        "lockers": list(guest.lockers),
        "cards": _cards(guest),
    }


def _host_title(people: People, guest: Guest) -> str:
    """Return the title of the guest's host; "" if the procedure has one host only."""
    return (people.host(guest).title or guest.host) if len(people.hosts_of(guest)) > 1 else ""


def _cards(guest: Guest) -> list[str]:
    """Return the cards that *guest* has been given; others wait on the desk for the guest."""
    return guest.cards[: guest.visit.at.cards] if guest.visit is not None else []


def records_state(stage: Stage) -> dict[str, Any]:
    """Return what the central office has received: the last records, and the visits."""
    received = stage.received
    zone = office_zone(stage.config)
    return {
        "written": received.written,
        "delivered": received.delivered,
        "gaps": received.gaps,
        "overdue": received.overdue,
        "status": received.status,
        "lines": [
            {
                "time": f"{datetime.fromisoformat(line.time).astimezone(zone):%H:%M:%S}",
                "kind": line.kind,
                "visit": line.visit,
                "about": line.about,
            }
            for line in received.lines
        ],
        "visits": [_visit(visit) for visit in received.of_this_run[-_VISITS:]],
    }


def _visit(visit: VisitSeen) -> dict[str, Any]:
    return {
        "number": visit.number,
        "procedure": visit.procedure,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "steps": [
            {
                key: step.get(key)
                for key in ("step", "number", "outcome", "reason", "duration_s", "standard_s")
            }
            | {"evidence": list(step.get("evidence", ()))}
            for step in visit.steps
        ],
    }


def roles(stage: Stage) -> list[str]:
    """Return the roles that can be played here: each station, and the guests."""
    config = stage.config
    stations = [name for panel in config.panels.values() for name in panel.stations]
    aide = ["aide"] if config.aiphone else []
    return list(dict.fromkeys([*stations, *aide, GUEST]))
