"""Plausibility of contacts: decides which levels count, what is noise, and when a contact is loose.

Pure: it is given edges and readings with their moments (seconds of the clock since boot) and
returns what follows. ``contacts.py`` reads the channels, keeps the times and hands the results on.

Rules for every input
---------------------
1. A level counts once it has lasted: for the bounce time, and for the input's own shortest times
   (:class:`Limits`). Between two edges their moments decide: a late callback does not lengthen a
   level. Until the second edge comes, time runs from when the first was heard: if that was late,
   the second may be late too.
2. A channel hands an edge over only after the bounce time. Where that is 0, nothing filters
   bounces, so every level has to last for :data:`DWELL_S` here.
3. A second edge to the same level means that the edge between was lost: the level began again.
   A reading that differs from the level seen last is a lost edge too. It is not known when that
   was: what counts is the time for which the level is known for certain. If the edge comes after
   all, it is the same change, and its moment is known from then on.
4. If the level cannot be read, it is unknown, and nothing is decided until it is known again; then
   it begins again.
5. An active level that is too short is noise: counted, and reported at most once per
   :data:`NOISE_EVERY_S` with its number. A second one within ``rest_s`` is no chance but a relay
   that warbles: it counts from its beginning.
6. Rate: each change that counts adds 1 to a fill, each that does not adds :data:`LIGHT`; every
   ``each_s`` takes 1 away. Above ``most`` the contact is *loose*: nothing more is reported of it,
   it stands at ``stands``, and its changes are only counted.
7. A loose contact is in use again once it has rested: :data:`REST_S` the first time, twice as long
   each time within :data:`FORGET_S`, at most :data:`LONGEST_REST_S`. Then its present level is
   reported once, as found (``initial``). So a contact is loose at most 33 times a day, however it
   chatters: the first nine waits are shorter than an hour, and a day has 24 hours.
"""

from typing import Literal, NamedTuple

DWELL_S = 0.02
"""The shortest level that counts where the channel has no bounce time, seconds. Contacts bounce for
1 to 5 ms by the data sheets of relays and buttons."""
SHORTEST_S = 0.015
"""The shortest press of a finger, and interruption of a beam, by the moments of its edges, seconds.
People need 50 ms at least; less than :data:`DWELL_S`, which the moments of a library may miss."""
LIGHT = 1 / 8
"""The weight of a change that does not count (noise, bounces, a relay that warbles)."""
NOISE_EVERY_S = 60.0
REST_S = 10.0
LONGEST_REST_S = 3600.0
FORGET_S = 86_400.0

_NEVER = float("-inf")
# Moments are floating-point seconds of two sources (the kernel's stamps and the clock).
_EXACT_S = 1e-6


class Limits(NamedTuple):
    """The limits of one kind of input.

    :ivar most: changes at once that people or equipment can make; more: a loose contact
    :ivar each_s: one more change is allowed every so many seconds
    :ivar stands: level while it is loose: True active, False at rest, None unknown (no report)
    :ivar remedy: what a technician does about a loose contact
    :ivar active_s: shortest active level that counts, seconds; *rest_s*: shortest rest
    """

    most: int
    each_s: float
    stands: bool | None
    remedy: str
    active_s: float = 0.0
    rest_s: float = 0.0


Kind = Literal["button", "answer", "busy", "door", "locker", "beam", "alarm", "safety"]

_REED = (
    "Move the magnet nearer to the contact; tighten the screw terminals; check cable and shield."
)
_BUTTON = "Tighten the screw terminals; replace the button if it is worn; check cable and shield."
_LOOP = "Tighten the screw terminals of the loop; check its cable and shield, then its contact."

LIMITS: dict[Kind, Limits] = {
    # Fifty guests who arrive together are fifty presses in a row (100 changes), and a supervisor
    # counts to locker 48. An impatient officer presses five times a second for a few seconds.
    "button": Limits(100, 2.0, stands=False, remedy=_BUTTON),
    # An aide presses a key two or three times; a ring's crosstalk is noise, and weighs little.
    "answer": Limits(12, 10.0, stands=False, remedy=_BUTTON),
    "busy": Limits(12, 10.0, stands=False, remedy=_LOOP),
    # Opened and shut twice in ten seconds is normal, and five times by a group in fifteen.
    "door": Limits(12, 5.0, stands=None, remedy=_REED),
    # A guest opens and shuts a locker, perhaps three times at once because something was forgotten.
    "locker": Limits(10, 10.0, stands=None, remedy=_REED),
    # Arms and bags interrupt the beam two or three times a person; guests are screened one by one.
    "beam": Limits(16, 2.0, stands=None, remedy=(
        "Align the beam's two ends and clean them; tighten the screw terminals; check the cable.")),
    # Each guest may alarm a few times; the edges of a relay that warbles do not count (rule 6).
    "alarm": Limits(15, 4.0, stands=True, remedy=_LOOP),
    # A loop is tested three times in a row (6 changes). Its alarm ends after a second at rest, so
    # that a loop that chatters never reads as clear.
    "safety": Limits(6, 120.0, stands=True, remedy=_LOOP, rest_s=1.0),
}  # fmt: skip


class Level(NamedTuple):
    """A level that counts, since *at*.

    :ivar initial: found so, at opening or after a loose contact has rested: it did not move now
    :ivar missed: it was found by a reading, and moved at an unknown moment before *at*
    :ivar lasted_s: how long the level before lasted for certain, seconds
    """

    active: bool
    initial: bool
    at: float = 0.0
    lasted_s: float = 0.0
    missed: bool = False


class Noise(NamedTuple):
    """Active levels that were too short, since the last report."""

    pulses: int


class Again(NamedTuple):
    """The level that counts began again at *at*: the change before was missed (rule 3).

    :ivar missed: as in :class:`Level`
    """

    at: float
    missed: bool


class Loose(NamedTuple):
    """A loose contact: *changes* between *began* and *last*; *over*: it has rested."""

    began: float
    last: float
    changes: int
    over: bool = False

    @property
    def lasted_s(self) -> float:
        """Time from the first change to the last, seconds."""
        return self.last - self.began


Outcome = Level | Noise | Again | Loose


class Memory(NamedTuple):
    """The state of one contact; all moments in seconds of the clock.

    :ivar seen: the level seen last, since *since*, heard at *heard* or *missed*, *known* until
        then; None: unknown
    :ivar counted: the level that counts, since *began*; it lasted until *upto* for certain
    :ivar noise_at: end of the last noise; *noise*: how many are not reported; *told_at*: the last
        report
    :ivar fill: of rule 6, at *fill_at*; *moves* changes since it was empty, at *moves_at*
    :ivar loose: the present spell of a loose contact; it ends after a rest of *wait_s*
    :ivar ended: the end of the last spell
    """

    seen: bool | None = None
    since: float = _NEVER
    heard: float = _NEVER
    missed: bool = False
    known: float = _NEVER
    counted: bool | None = None
    began: float = _NEVER
    upto: float = _NEVER
    noise_at: float = _NEVER
    noise: int = 0
    told_at: float = _NEVER
    fill: float = 0.0
    fill_at: float = _NEVER
    moves: int = 0
    moves_at: float = _NEVER
    loose: Loose | None = None
    wait_s: float = 0.0
    ended: float = _NEVER


Judged = tuple[Memory, tuple[Outcome, ...]]
"""The state after an edge or a reading, and what follows from it, in order."""


class Plausibility:
    """The rules above with one input's limits; it has no state of its own.

    :param bounce_s: the channel hands an edge over after this time, seconds; 0: at once
    :ivar floor_s: how long any level has to last, seconds
    """

    def __init__(self, limits: Limits, bounce_s: float) -> None:
        self.limits = limits
        self.floor_s = bounce_s or DWELL_S
        self._bounce_s = bounce_s
        self._dwell_s = 0.0 if bounce_s else DWELL_S

    def opened(self, at: float, *, active: bool) -> Judged:
        """Begin with the level found at opening."""
        memory = Memory(active, since=at, heard=at, known=at, counted=active, began=at, upto=at)
        return memory, (Level(active, initial=True, at=at),)

    def edge(self, memory: Memory, at: float, heard: float, *, active: bool) -> Judged:
        """Judge an edge to *active* at *at* that was heard at *heard*."""
        if memory.missed and active == memory.seen and at <= memory.since:
            return _dated(memory, at), ()
        return self._change(memory, at, heard, active=active, exact=True)

    def missed(self, memory: Memory, at: float, *, active: bool) -> Judged:
        """Judge two readings of *active* from *at* on, without an edge."""
        return self._change(memory, at, at, active=active, exact=False)

    def _change(
        self, memory: Memory, at: float, heard: float, *, active: bool, exact: bool
    ) -> Judged:
        at = max(at, memory.since)
        again = active == memory.seen
        memory = self._add(memory, at, 2 if again else 1)
        upto = at
        if again or not exact:  # it ended at a moment that is not known
            upto = min(at, max(memory.known, memory.since + self._bounce_s))
        if memory.loose is not None:
            return memory._replace(seen=active, since=at, heard=heard, known=at), ()
        memory, outcomes = self._end(memory, upto)
        if active == memory.counted and (again or memory.seen is None):
            outcomes = (*outcomes, Again(at, not exact))
            memory = memory._replace(began=at, fill=memory.fill + 2 * (1 - LIGHT))
        elif memory.seen == memory.counted:
            memory = memory._replace(upto=upto)
        memory = memory._replace(seen=active, since=at, heard=heard, missed=not exact, known=at)
        memory, more = self._count(memory, 0.0)
        return self._rate(memory, at, (*outcomes, *more))

    def confirmed(self, memory: Memory, at: float) -> Judged:
        """Judge a reading at *at* that found the level seen last."""
        memory = memory._replace(known=max(at, memory.known))
        spell = memory.loose
        if spell is not None:
            return self._rested(memory, spell, at)
        memory, outcomes = self._count(memory, at - memory.heard)
        memory, noise = self._tell_noise(memory, at)
        return self._rate(memory, at, (*outcomes, *noise))

    def bounced(self, memory: Memory, at: float) -> Judged:
        """Judge two readings: another level, then at *at* the one seen last again.

        A level that does not count yet begins again.
        """
        memory = self._add(memory, at, 2)
        if memory.seen != memory.counted and memory.loose is None:
            memory = memory._replace(since=at, heard=at, missed=True, known=at)
        return self._rate(memory, at, ())

    def unread(self, memory: Memory, at: float) -> Judged:
        """Judge that the level could not be read at *at* (rule 4)."""
        spell = memory.loose and memory.loose._replace(last=at)
        return memory._replace(seen=None, loose=spell), ()

    def due(self, memory: Memory) -> float | None:
        """Return when the level must be read again, because something may follow without an edge.

        None: only an edge can change anything.
        """
        if memory.loose is not None:
            return memory.loose.last + memory.wait_s
        if memory.seen in (None, memory.counted):
            return None
        return memory.heard + self._needed(memory)

    def _needed(self, memory: Memory) -> float:
        """Return how long the level seen last must last to count."""
        if not memory.seen:
            return max(self._dwell_s, self.limits.rest_s)
        if memory.since - memory.noise_at < self.limits.rest_s:
            return self._dwell_s  # it warbles (rule 5)
        return max(self._dwell_s, self.limits.active_s)

    def _count(self, memory: Memory, lasted_s: float) -> Judged:
        """Count the level seen last, if *lasted_s* is long enough."""
        if memory.seen in (None, memory.counted):
            return memory, ()
        assert memory.seen is not None
        if lasted_s < self._needed(memory) - _EXACT_S:
            return memory, ()
        before_s = max(0.0, memory.upto - memory.began)
        level = Level(memory.seen, False, memory.since, before_s, memory.missed)
        memory = memory._replace(
            counted=memory.seen, began=memory.since, fill=memory.fill + 1 - LIGHT, noise_at=_NEVER
        )
        return memory, (level,)

    def _end(self, memory: Memory, at: float) -> Judged:
        """End the level seen last at *at*: it counts late, or was noise, or a short rest."""
        memory, outcomes = self._count(memory, at - memory.since)
        if not outcomes and memory.seen and not memory.counted:
            if at - memory.since < self._dwell_s:
                return memory, ()  # a bounce
            return self._tell_noise(memory._replace(noise=memory.noise + 1, noise_at=at), at)
        if outcomes:
            memory = memory._replace(upto=at)
        return memory, outcomes

    def _tell_noise(self, memory: Memory, at: float) -> Judged:
        if not memory.noise or at - memory.told_at < NOISE_EVERY_S:
            return memory, ()
        return memory._replace(noise=0, told_at=at), (Noise(memory.noise),)

    def _add(self, memory: Memory, at: float, changes: int) -> Memory:
        """Add *changes* of the level to the fill, or to the spell of a loose contact."""
        if memory.loose is not None:
            spell = memory.loose
            return memory._replace(loose=spell._replace(last=at, changes=spell.changes + changes))
        fill = max(0.0, memory.fill - max(0.0, at - memory.fill_at) / self.limits.each_s)
        if fill == 0:
            memory = memory._replace(moves=0, moves_at=at)
        return memory._replace(
            fill=fill + changes * LIGHT, fill_at=at, moves=memory.moves + changes
        )

    def _rate(self, memory: Memory, at: float, outcomes: tuple[Outcome, ...]) -> Judged:
        """Judge the rate: above ``most`` the contact is loose from now on."""
        if memory.loose is not None or memory.fill <= self.limits.most:
            return memory, outcomes
        spell = Loose(memory.moves_at, at, memory.moves)
        recent = at - memory.ended < FORGET_S
        wait_s = min(LONGEST_REST_S, 2 * memory.wait_s) if recent else REST_S
        memory = memory._replace(loose=spell, wait_s=wait_s, noise=0, noise_at=_NEVER)
        stands = self.limits.stands
        if stands is None or stands == memory.counted:
            return memory, (*outcomes, spell)
        memory = memory._replace(counted=stands, began=at, upto=at)
        return memory, (*outcomes, spell, Level(stands, initial=True, at=at))

    def _rested(self, memory: Memory, spell: Loose, at: float) -> Judged:
        if memory.seen is None or at - spell.last < memory.wait_s - _EXACT_S:
            return memory, ()
        memory = memory._replace(
            loose=None, ended=at, fill=0.0, fill_at=at, counted=memory.seen, began=at, upto=at
        )
        assert memory.seen is not None
        return memory, (spell._replace(over=True), Level(memory.seen, initial=True, at=at))


def _dated(memory: Memory, at: float) -> Memory:
    """Return *memory* with the moment of the change that a reading found before its edge came."""
    began = at if memory.began == memory.since else memory.began
    return memory._replace(since=at, began=began, missed=False)


def loose_words(place: str, spell: Loose) -> str:
    """Return in words that the contact at *place* is loose."""
    return f"loose contact on {place} (changed {spell.changes} times in {spell.lasted_s:.0f} s)"
