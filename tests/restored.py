"""A state as it comes back from the disk."""

import msgspec

from edge.checkpoint import restore
from edge.sop.state import State


def stored(state: State) -> State:
    """Return *state* as it comes back from the disk."""
    bare = msgspec.structs.replace(state, visits={}, invitations={})
    document = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(bare, str_keys=True)))
    visits = [msgspec.json.decode(msgspec.json.encode(v)) for v in state.visits.values()]
    return restore(document | {"invitations": state.invitations}, visits)
