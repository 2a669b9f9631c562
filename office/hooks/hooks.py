"""All hooks of the office: all that may be told is offered to each; the outcomes are counted."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

from edge.clock import Clock
from office.hooks.notices import BrokenChain, StoredRecord, notice_of_break
from office.hooks.settings import HookSection


class Hooks:
    """The hooks of *sections*; without any, nothing is loaded and nothing is done.

    :raises ConfigError: if a file of a section cannot be used
    """

    def __init__(self, sections: Sequence[HookSection], clock: Clock) -> None:
        self._hooks = []
        self._counted: Counter[str] = Counter()
        if sections:
            from office.hooks.hook import Hook

            self._hooks = [Hook(section, clock) for section in sections]

    def offer(self, records: Iterable[StoredRecord]) -> None:
        """Offer *records* to every hook; never waits, from any thread."""
        if self._hooks:
            for record in records:
                for hook in self._hooks:
                    hook.offer(record)

    def offer_breaks(self, found: Iterable[BrokenChain]) -> None:
        """Offer broken chains to every hook; never waits, from any thread."""
        for broken in found if self._hooks else ():
            for hook in self._hooks:
                hook.tell(notice_of_break(broken))

    async def run(self) -> None:
        """Send what is offered, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for hook in self._hooks:
                group.create_task(hook.run())
            await asyncio.Event().wait()

    def new_counts(self) -> Counter[str]:
        """Return what became of notices since the last call, each word with ``hook`` before it."""
        total = sum((hook.counts for hook in self._hooks), Counter[str]())
        new, self._counted = total - self._counted, total
        return Counter({f"hook {word}": count for word, count in new.items()})
