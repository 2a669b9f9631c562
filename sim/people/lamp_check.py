"""A look at the lamp, where only the checkpoint knows if the need of a phase is met."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from sim.people.visit import Visit

# Needs that are met or not by things that only the checkpoint knows.
_SEEN_BY_LAMP = ("free-locker", "another-locker", "reader", "hours", "room")
# How long people look at a lamp to know its rhythm, seconds.
_TWICE_S = 9.0


def in_doubt(visit: "Visit") -> bool:
    """Return True if only the lamp shows whether the need of the phase is met."""
    if visit.at.over is not None:
        return False
    phase = visit.at.present(visit.text)
    need = (phase.needs or "").partition(":")[0]
    if need not in _SEEN_BY_LAMP or phase.otherwise in (None, "@next"):
        return False
    other = visit.text.steps[visit.at.step].phase(phase.otherwise or "")
    return other.lamp != phase.lamp and "slow" in (other.lamp, phase.lamp)


async def look_twice(visit: "Visit") -> None:
    """Look at the lamp: if it shows the phase ``otherwise``, the need is not met."""
    people, phase = visit.people, visit.at.present(visit.text)
    panel = people.hands.panel_at(visit.station)
    other = visit.text.steps[visit.at.step].phase(phase.otherwise or "")
    if panel is None or not people.lobby.config.panels[panel].fitted_lamps:
        return
    others = [one.visit for one in people.guests if one is not visit.guest]
    if any(one is not None and _hides(one, panel, other.lamp) for one in others):
        return
    await people.hands.awake()
    if phase.waits_for("locker.opened") and people.open_door is not None:
        return
    if await people.hands.wait_lamp(visit.station, other.lamp, _TWICE_S):
        visit.stand(replace(visit.at, phase=other.id, lockers=visit.lockers_before))


def _hides(visit: "Visit", panel: str, lamp: str) -> bool:
    """Return True if *panel* may show *lamp* for the phase of *visit*."""
    if not visit.is_open or visit.people.hands.panel_at(visit.station) != panel:
        return False
    shown = visit.at.present(visit.text).lamp
    return shown == "slow" if lamp == "slow" else shown != "off"
