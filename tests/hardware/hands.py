"""Instructions and questions for a technician, by the verbs of the contracts' benches.

Data: one row a verb (and a flag, if it has one), in the words for the person at the terminal.
The return type of a verb in its Protocol decides: None: an instruction; bool: yes or no; int: a
number. A verb without a row cannot be done by hand, and its test is skipped.
"""

import re
from typing import Any, NamedTuple


class Hand(NamedTuple):
    """One instruction or question.

    :ivar verb: a method of the bench
    :ivar words: for the technician; {} are the verb's other arguments
    :ivar flags: the argument values that these words are for
    """

    verb: str
    words: str
    flags: tuple[tuple[str, Any], ...] = ()

    def fits(self, verb: str, arguments: dict[str, Any]) -> bool:
        """Return True if these are the words for *verb* with *arguments*."""
        return verb == self.verb and all(arguments[name] == value for name, value in self.flags)

    def heard(self, words: str) -> dict[str, Any] | None:
        """Return the arguments in *words*; None if they are other words."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(self.words))
        found = re.fullmatch(pattern, words)
        if found is None:
            return None
        told = found.groupdict().items()
        numbers = {name: int(text) if text.isdigit() else text for name, text in told}
        return {**numbers, **dict(self.flags)}


# Verbs whose effect lasts until the test ends.
LASTING = frozenset({"jam", "press_for_ever", "cut", "break_alarm", "wedge", "alarm", "breaks"})
UNDO = "The test has ended: undo what was to last until now (bridges, wires, wedges, plugs)."


def flag(name: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """Return the flag that a row is for, with its value."""
    return ((name, value),)


LOCKERS = (
    Hand("open_door", "Open the door of locker {locker} with its emergency key."),
    Hand("close_door", "Shut the door of locker {locker}."),
    Hand("is_open", "Does the door of locker {locker} stand open?"),
    Hand("jam", "Hold the latch of locker {locker} so that it cannot let go, until the test ends."),
    Hand("pulses", "How often has the lock of locker {locker} clicked in this test?"),
    Hand("most_at_once", "Did two locks ever click at the same time in this test?"),
    Hand("wait_for_current", "Is the lock of locker {locker} at rest (it neither hums nor pulls)?",
         flag("flowing", False)),
    Hand("take_away", "Pull the plug of the lockers' RS-485 adapter."),
    Hand("bring_back", "Plug the lockers' RS-485 adapter in again."),
    Hand("silence", "Switch off the board of locker {locker}, and only that."),
    Hand("speak", "Switch on the board of locker {locker} again."),
)  # fmt: skip

DETECTOR = (
    Hand("walk", "Walk through the metal detector at walking pace with a bunch of keys.",
         flag("metal", True)),
    Hand("walk", "Walk through the metal detector at walking pace without metal.",
         flag("metal", False)),
    Hand("run", "Throw a soft ball through the beam, as fast as you can."),
    Hand("block", "Put a box into the detector's beam and leave it there for ten seconds.",
         flag("blocked", True)),
    Hand("block", "Take the box out of the detector's beam.", flag("blocked", False)),
    Hand("warble", "Move a bunch of keys in and out of the frame {times} times, within 3 s each."),
    Hand("meddle", "Open the detector's cabinet.", flag("opened", True)),
    Hand("meddle", "Close the detector's cabinet.", flag("opened", False)),
    Hand("break_alarm", "Pull a wire of the detector's alarm contact out of its terminal.",
         flag("how", "cut")),
    Hand("break_alarm", "Hold metal in the frame so that the alarm goes on, until the test ends.",
         flag("how", "stuck active")),
    Hand("break_alarm", "Put the wire of the detector's alarm contact back.", flag("how", None)),
)  # fmt: skip

READER = (
    Hand("present", "Hold the {cards} to the reader, and leave it there."),
    Hand("remove", "Take every card away from the reader."),
    Hand("unplug", "Pull the plug of the reader."),
    Hand("plug", "Plug the reader in again, into another socket."),
)

AIPHONE = (
    Hand("press", "Press {answer} at the aide's station, and let go."),
    Hand("press_for_ever", "Bridge the contact {answer} at its terminal, until the test ends."),
    Hand("talk", "Take up a call at the aide's station, so that it is in use.",
         flag("talking", True)),
    Hand("talk", "Hang up at the aide's station.", flag("talking", False)),
    Hand("rung", "Of how many tones was the ring that you just heard at the aide's station?"),
    Hand("ringing", "Does the aide's station ring now?"),
    Hand("rings", "How often has the aide's station rung in this test?"),
)  # fmt: skip

DOOR = (
    Hand("push", "Push the door once and let it close behind you: did it give way?"),
    Hand("force", "Open the door with its key, and let it close."),
    Hand("wedge", "Open the door with its key and keep it open.", flag("wedged", True)),
    Hand("wedge", "Let the door close.", flag("wedged", False)),
)

SAFETY = (
    Hand("alarm", "Make the loop {loop} alarm."),
    Hand("reset", "End the alarm of the loop {loop}, with its key where it latches."),
    Hand("cut", "Pull a wire of the loop {loop} out of its terminal."),
    Hand("mend", "Put the wire of the loop {loop} back."),
)

CAMERA = (
    Hand("cover", "Cover the camera's lens with your hand, and keep it there."),
    Hand("uncover", "Take your hand from the camera's lens."),
    Hand("breaks", "Pull the camera's plug.", flag("fault", "gone")),
    Hand("recovers", "Plug the camera in again, and wait until it has started."),
)

PANEL = (
    Hand("press", "Press the button {button} of the panel for a moment."),
    Hand("hold", "Hold the button {button} of the panel for a second and a half."),
    Hand("reverses",
         "Press the button {button} for a moment: did the lamp flicker once (green, or white)?"),
    Hand("tremble", "Press the button {button} of the panel twice, as fast as you can."),
    Hand("lean", "Press both buttons at the same moment; let go after {seconds} s."),
    Hand("shows", "Are all lamps of the panel dark?", flag("mode", "off")),
    Hand("shows", "Is one lamp lit steadily, green or white (or the only one)?",
         flag("mode", "on")),
    Hand("shows", "Does a lamp blink slowly (once in 2 s), blue if there is one?",
         flag("mode", "slow")),
    Hand("shows", "Is a lamp lit that goes out for a moment every 2 s, amber if there is one?",
         flag("mode", "amber")),
    Hand("shows", "Is red lit steadily, or else does amber blink slowly, or else the lamp fast?",
         flag("mode", "red")),
    Hand("shows", "Does a lamp blink fast (twice a second), red if there is one?",
         flag("mode", "fast")),
)  # fmt: skip

BUZZER = (
    Hand("heard", "Was it one short beep?", flag("pattern", "accepted")),
    Hand("heard", "Was it two short beeps?", flag("pattern", "refused")),
    Hand("heard", "Was it one long beep?", flag("pattern", "alarm")),
    Hand("sounds", "Does the buzzer sound now?"),
)
