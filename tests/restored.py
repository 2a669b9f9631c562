"""A state written to JSON and read again, as a restart does."""

import msgspec

from edge.daemon.checkpoint import restore
from edge.sop.state import State


def stored(state: State) -> State:
    """Return *state* as it is after a restart: written to JSON, read again."""
    document = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(state, visits={})))
    visits = [msgspec.json.decode(msgspec.json.encode(visit)) for visit in state.visits.values()]
    return restore(document, visits)
