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

from edge.sop import events
from edge.sop.alarms import SILENT, clear_alarm, input_of, raise_alarm
from edge.sop.detectors import alarm_of
from edge.sop.evacuation import FIRE
from edge.sop.inputs.doors import hold
from edge.sop.turn import Turn


def started(turn: Turn) -> None:
    """Clear the alarms of inputs that are no longer in the config: no event would clear them."""
    for alarm in list(turn.state.alarms):
        if input_of(alarm) is not None and alarm not in turn.rules.inputs:
            _clear(turn, alarm)


def alarmed(turn: Turn, event: events.InputAlarmed) -> None:
    """Raise the alarm of the input. Fire also holds the doors, again after each restart."""
    if event.kind == FIRE:
        hold(turn, released=True)
    alarm = alarm_of(event.detector, event.kind)
    raise_alarm(turn, alarm, None, silent=event.kind in SILENT)


def restored(turn: Turn, event: events.InputRestored) -> None:
    """Clear the alarm of the input. The end of a fire also lets the doors lock again."""
    _clear(turn, alarm_of(event.detector, event.kind))


def _clear(turn: Turn, alarm: str) -> None:
    if alarm in turn.state.alarms:
        clear_alarm(turn, alarm)
        if alarm == FIRE:
            hold(turn, released=False)
