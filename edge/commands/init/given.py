"""The answers as a config is composed of them. Pure."""

from collections.abc import Mapping
from typing import Any

from edge.commands.init.places import PI


class Answers:
    """Answers by key; those of questions that were not asked have a value that means no."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def __getitem__(self, key: str) -> Any:
        return self._answers.get(key)

    def place(self, key: str) -> str:
        """Return the place of parts that *key* names; by default the Pi."""
        return str(self._answers.get(key) or PI)

    def names(self, key: str) -> list[str]:
        """Return the names that the answer ``equipment.KEY`` lists."""
        return list(self._answers.get(f"equipment.{key}") or ())
