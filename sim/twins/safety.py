"""The building's and the enclosure's alarm contacts: fire, duress, tamper, mains and battery."""

from random import Random

from edge.clock import Clock
from edge.config.sections.doors import Safety
from sim.twins.wiring import Switch
from sim.world.header import Header, terminal


class SafetyTwin:
    """The loops that are wired here, by the names of the config's keys.

    A duress button stays pressed until a person resets it with its key, so there too an alarm lasts
    from :meth:`raise_alarm` to :meth:`reset`.

    :ivar loops: the contacts; *fail* one to have its wire cut
    """

    def __init__(self, header: Header, safety: Safety, clock: Clock, chance: Random) -> None:
        wired = {name: getattr(safety, name) for name in safety.__struct_fields__}
        self.loops = {
            name: Switch(terminal(header, contact), contact, clock, chance)
            for name, contact in wired.items()
            if contact is not None
        }

    @property
    def alarms(self) -> list[str]:
        """The inputs that are in alarm now."""
        return [name for name, loop in self.loops.items() if loop.active]

    def raise_alarm(self, name: str) -> None:
        """Put the input *name* in alarm: there is a fire, a button is pressed, the mains fail.

        :raises LookupError: if that contact is not wired
        """
        self._loop(name).set(True)

    def reset(self, name: str) -> None:
        """End the alarm of input *name*: the panel is reset, the key is turned.

        :raises LookupError: if that contact is not wired
        """
        self._loop(name).set(False)

    def _loop(self, name: str) -> Switch:
        if name not in self.loops:
            raise LookupError(f"there is no contact {name!r} here")
        return self.loops[name]
