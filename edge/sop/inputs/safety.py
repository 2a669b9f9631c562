"""Safety inputs: each is an alarm of its own name while its contact is in alarm.

============================= ====================================================================
``fire``                      every door is held released at once, until the loop closes again.
                              Visits go on: the officers decide about the guests in a fire
``duress``                    silent: recorded and published; no lamp and no beep here
``mains-lost``                silent: officers cannot repair it, and a long beep would call them
``battery-low``               away from their guests; the central office is informed
``enclosure-tamper``          the alarm's long beep: an officer should check it now
``detector-tamper``           the same
``beam-blocked``              the same; no guest can pass the metal detector meanwhile
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
    """Clear the alarms of inputs that are no longer in the config: no event would clear them."""
    for kind in get_args(InputKind):
        if kind not in turn.rules.inputs:
            _clear(turn, kind)


def alarmed(turn: Turn, event: events.InputAlarmed) -> None:
    """Raise the alarm of the input. Fire also holds the doors, again after each restart."""
    if event.kind == FIRE:
        hold(turn, released=True)
    raise_alarm(turn, event.kind, None, silent=event.kind in SILENT)


def restored(turn: Turn, event: events.InputRestored) -> None:
    """Clear the alarm of the input. The end of a fire also lets the doors lock again."""
    _clear(turn, event.kind)


def _clear(turn: Turn, kind: InputKind) -> None:
    if kind in turn.state.alarms:
        clear_alarm(turn, kind)
        if kind == FIRE:
            hold(turn, released=False)
