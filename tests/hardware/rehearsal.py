"""A program in the place of the technician: reads the words, moves simulated equipment."""

from typing import Any

from tests.hardware.bench import NAMES
from tests.hardware.hands import UNDO, Hand


class Rehearsed:
    """Carries out the words on *twin*, the contract's own bench of simulated equipment.

    The words are its only input: an instruction that could mean two actions, or lacks an argument,
    fails here as it would in the lobby.

    :ivar heard: all words given to it
    """

    def __init__(self, twin: Any, hands: tuple[Hand, ...]) -> None:
        self.heard: list[str] = []
        self._twin = twin
        self._hands = hands

    def hears(self, words: str) -> None:
        """Note *words*."""
        self.heard.append(words)

    def does(self, instruction: str) -> None:
        """Carry out *instruction*."""
        self.heard.append(instruction)
        if instruction != UNDO:
            self._act(instruction)

    def says(self, question: str) -> bool:
        """Carry out the check and return its result; a check that only waits returns True."""
        self.heard.append(question)
        answer = self._act(question)
        return answer is None or bool(answer)

    def counts(self, question: str) -> int:
        """Return the number that was asked for."""
        self.heard.append(question)
        return int(self._act(question))

    def _act(self, words: str) -> Any:
        meant = [(hand, told) for hand in self._hands if (told := hand.heard(words)) is not None]
        ((hand, told),) = meant
        if hand.verb == "present":
            held = [self._twin.cards[NAMES.index(name)] for name in told["cards"].split(" and ")]
            return self._twin.present(*held)
        if hand.verb == "most_at_once":
            return self._twin.most_at_once() > 1
        return getattr(self._twin, hand.verb)(**told)
