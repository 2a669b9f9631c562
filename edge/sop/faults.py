"""Equipment faults: a record when a device stops working, and one when it works again."""

from edge.sop.records import EquipmentChanged
from edge.sop.turn import Turn


def device_fault(
    turn: Turn,
    device: str,
    why: str,
    visit: str | None = None,
    times: int | None = None,
    remedy: str = "",
) -> None:
    """Record that *device* does not work, once until it is restored."""
    if device not in turn.state.faults:
        turn.state.faults[device] = why
        if remedy:
            turn.state.remedies[device] = remedy
        _equipment_record(turn, "gardu.equipment.fault.v1", device, why, visit, times, remedy)


def device_restored(
    turn: Turn,
    device: str,
    times: int | None = None,
    changes: int | None = None,
    lasted_s: float | None = None,
) -> None:
    """Record that *device* works again, if it did not."""
    turn.state.remedies.pop(device, None)
    if turn.state.faults.pop(device, None) is not None:
        data = EquipmentChanged(
            device=device, why=None, visit=None, clock_synced=turn.at.synced, times=times,
            changes=changes, lasted_s=lasted_s,
        )  # fmt: skip
        turn.record("gardu.equipment.restored.v1", f"equipment/{device}", None, data)


def still_missed(turn: Turn, purpose: str, why: str, visit: str) -> None:
    """Record that a still for *purpose* could not be taken."""
    _equipment_record(turn, "gardu.still.missed.v1", f"still/{purpose}", why, visit)


def _equipment_record(
    turn: Turn,
    record: str,
    device: str,
    why: str | None,
    visit: str | None,
    times: int | None = None,
    remedy: str = "",
) -> None:
    data = EquipmentChanged(
        device=device,
        why=why,
        visit=visit,
        clock_synced=turn.at.synced,
        times=times,
        remedy=remedy or None,
    )
    turn.record(record, f"equipment/{device}", visit, data)
