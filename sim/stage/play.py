"""A simulation that is set up from parts; each part is closed again, however the run ends."""

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from typing import Self


class Play(ABC):
    """A simulation to open and run: ``async with await Play(...).open() as play``."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def open(self) -> Self:
        """Start everything.

        :raises GarduError: if a part does not start; the others are stopped again
        """
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()

    @abstractmethod
    async def _set_up(self) -> None:
        """Start the parts; push the function that closes each onto the stack."""
