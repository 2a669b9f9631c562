"""Rounds of polls that a simulation with its own time leaves out. Pure.

A driver that polls a device fifty times a second reads the same each time as long as nothing but
polls happens. A round costs as much real time as any other event, so only those are played that can
find something, or on whose time something depends:

1. those of one period after the lobby has done anything but answer polls: each device is polled
   again after a change. A driver that finds one polls on, without leave to leave anything out;
2. those of the last period before the next moment that is waited for by anything but polls:
   what happens then meets readings as fresh as those of a driver that polls all the time.

The rounds between are left out: the driver goes on with a round as late as possible before (2), on
the beat of its period.

Of checks that are made again and again (edge/waits.py, ``pause_checks``) only (1) is played: each
finds what has happened before it, and nothing depends on its time.
"""

from edge.own_time import NEVER


def next_round(due: int, every: int, changed: int, other: int) -> int:
    """Return the moment of the next round to be played (all: boot ns).

    :param due: when the driver waits for its next round
    :param every: its period; 0: it is a wait within a poll
    :param changed: when the lobby last did anything but answer polls
    :param other: the next moment that is waited for by anything but polls; NEVER: none is
    """
    if not every or due <= changed + every or other >= NEVER:
        return due
    return due + max(0, (other - every - due) // every) * every


def next_deferred(due: int, every: int, end: int, changed: int) -> int:
    """Return the moment at which a deferrable pause is to end (all: boot ns); NEVER: not yet.

    :param due: when it would end
    :param every: its beat
    :param end: when it ends in any case
    :param changed: as above
    """
    if due > changed + every:
        return end
    late = max(0, changed - due)
    return min(end, due + -(-late // every) * every)
