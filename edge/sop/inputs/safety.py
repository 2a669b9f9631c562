"""The safety inputs: each is an alarm of its own name, for as long as its contact says so.

============================= ====================================================================
``fire``                      every door is held released at once, until the loop closes again.
                              Visits go on: what they are told is for the officers to decide
``duress``                    silent: recorded and published, and nothing is heard or seen here
``mains-lost``                silent: nobody at the panels can do anything about it, and a long
``battery-low``               beep would call them away from their guests; the office is told
``enclosure-tamper``          the alarm's long beep: somebody should look now
``detector-tamper``           the same
``beam-blocked``              the same; nobody passes the metal detector meanwhile
============================= ====================================================================
"""

from typing import get_args

from edge.sop import events
from edge.sop.alarms import SILENT, clear_alarm, raise_alarm
from edge.sop.evacuation import FIRE
from edge.sop.events import InputKind
from edge.sop.inputs.doors import hold
from edge.sop.turn import Turn


def started(turn: Turn) -> None:
    """What the config no longer has cannot be in alarm; nobody else would ever clear it."""
    for kind in get_args(InputKind):
        if kind not in turn.rules.inputs:
            _clear(turn, kind)


def alarmed(turn: Turn, event: events.InputAlarmed) -> None:
    """Raise the alarm of the input. Fire also holds the doors, again after each restart."""
    if event.kind == FIRE:
        hold(turn, released=True)
    raise_alarm(turn, event.kind, None, silent=event.kind in SILENT)


def restored(turn: Turn, event: events.InputRestored) -> None:
    """Clear the alarm of the input, and let the doors lock again once there is no fire."""
    _clear(turn, event.kind)


def _clear(turn: Turn, kind: InputKind) -> None:
    if kind in turn.state.alarms:
        clear_alarm(turn, kind)
        if kind == FIRE:
            hold(turn, released=False)
