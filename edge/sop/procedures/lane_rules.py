"""Rules about the lanes of a procedure's flow chart (edge/paper/flowchart/). Pure."""

from collections.abc import Iterator

from edge.config.spelling import did_you_mean
from edge.sop.procedures.model import Procedure


def lane_problems(procedure: Procedure) -> Iterator[str]:
    """Yield a line for each lane of a called station that no step calls."""
    called = sorted({step.aiphone for step in procedure.steps if step.aiphone is not None})
    for number, lane in enumerate(procedure.lanes):
        if lane.aiphone is not None and lane.aiphone not in called:
            meant, allowed = did_you_mean(lane.aiphone, called), ", ".join(called) or "none"
            yield (
                f"lanes[{number}].aiphone: is {lane.aiphone!r}, which no step calls{meant}; "
                f"allowed: {allowed}"
            )
