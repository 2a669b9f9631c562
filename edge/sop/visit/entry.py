"""Entry to places with limited room: visits that wait enter, first come, first served."""

from edge.sop.procedures.vocabulary import ROOM_FREE
from edge.sop.turn import Turn
from edge.sop.visit import room
from edge.sop.visit.course import deliver


def settle(turn: Turn) -> None:
    """Let the visits enter for which there is room now: some persons have left, or a limit rose."""
    places = {room.awaited(turn.rules, visit) for visit in turn.state.visits.values()}
    for place in sorted(place for place in places if place is not None):
        for visit in room.waiting(turn.rules, turn.state, place):
            present = turn.state.visits.get(visit.id)
            if present is not None and room.has_room(turn, present, place):
                deliver(turn, present, ROOM_FREE)
