"""Walks through a metal detector, by its one or two beams: which count, and their direction. Pure.

It is given interruptions of beams with their moments (seconds of the clock); ``beams.py`` has the
contacts. An *episode* is all that happens between two moments at which the frame is empty.

Rules
-----
1. An episode ends when every beam has been interrupted and all are free again: a person has gone
   through. With two beams, it also ends when both have been free for :data:`CROSSING_S`: a person
   turned back before the second beam.
2. With two beams the one that was interrupted first and the one that was freed last show the
   direction: outer, then inner is a walk in; inner, then outer is a walk out. If both are the same
   beam, the person turned back: no walk. With one beam the config gives the direction.
3. An episode is one walk at most: two persons close together count once. Fewer walks than persons
   are safe, because an officer can vouch for a person; more are not.
4. An episode that begins sooner than ``apart_s`` after a walk belongs to the same person (an arm, a
   bag), and so does everything until the frame is empty.
5. If two beams were interrupted or freed at the same moment (one sample of a module), their order
   is not known: no walk, but reported as unclear.
6. An interruption whose beginning or end is not known (found at opening, a missed edge, a loose
   contact), or that lasts so long that the beam is blocked, makes its episode no walk.
7. An interruption shorter than :data:`~edge.drivers.wired.plausibility.SHORTEST_S` is no person. A
   walk is too fast if one of its beams was interrupted for less than ``too_fast_s`` only.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from edge.drivers.wired.plausibility import SHORTEST_S
from edge.sop.events import WalkDirection

CROSSING_S = 0.5
"""Time for which both beams are free at most within one walk, seconds: 0.3 m at 0.6 m/s."""
SAME_S = 0.001
"""Moments closer than this are the same, seconds: a person moves 2 mm in that time."""

Key = Literal["passage", "outer", "inner"]
"""The beams by their keys in the config."""

_NEVER = float("-inf")


class Walk(NamedTuple):
    """A person went through; *direction* None: both are possible."""

    direction: WalkDirection | None
    too_fast: bool = False


Outcome = Walk | Literal["noise", "unclear"]


class Crossing(NamedTuple):
    """The interruptions of one beam in an episode; all moments in seconds.

    :ivar first: the first one's beginning; *since*: the last one's
    :ivar ended: the last one's end; None: the beam is interrupted now; *before*: the end before
    :ivar longest: the longest one, seconds
    :ivar known: the last one's beginning is known
    """

    first: float
    since: float
    ended: float | None = None
    before: float | None = None
    longest: float = 0.0
    known: bool = True


class Episode(NamedTuple):
    """The present episode.

    :ivar crossings: by beam, those that were interrupted in it
    :ivar void: it can be no walk (rule 6)
    :ivar same: it belongs to the person of the last walk (rule 4)
    :ivar walked: the end of the last walk
    """

    crossings: Mapping[Key, Crossing] = MappingProxyType({})
    void: bool = False
    same: bool = False
    walked: float = _NEVER

    @property
    def empty(self) -> bool:
        """True if no beam is interrupted."""
        return all(crossing.ended is not None for crossing in self.crossings.values())

    def without(self, beam: Key) -> dict[Key, Crossing]:
        """Return the crossings of the other beams."""
        return {key: crossing for key, crossing in self.crossings.items() if key != beam}


class Walks:
    """The rules above for the beams of one frame; it has no state of its own.

    :param beams: ``passage``, or ``outer`` and ``inner``
    :param direction: of each walk through a single beam; None: both are possible
    """

    def __init__(
        self,
        beams: tuple[Key, ...],
        direction: WalkDirection | None,
        too_fast_s: float,
        apart_s: float,
    ) -> None:
        self._beams = beams
        self._direction = direction
        self._too_fast_s = too_fast_s
        self._apart_s = apart_s

    def interrupted(self, episode: Episode, beam: Key, at: float, *, known: bool) -> Episode:
        """Handle that *beam* was interrupted at *at*; *known*: at that very moment."""
        if episode.empty and at - _free_since(episode) > CROSSING_S:
            episode = Episode(walked=episode.walked)
        if not episode.crossings:
            episode = episode._replace(same=at - episode.walked < self._apart_s)
        before = episode.crossings.get(beam)
        if before is None:
            crossing = Crossing(at, at, known=known)
        else:
            crossing = before._replace(since=at, ended=None, before=before.ended, known=known)
        return episode._replace(
            crossings={**episode.crossings, beam: crossing}, void=episode.void or not known
        )

    def freed(
        self, episode: Episode, beam: Key, at: float, *, known: bool
    ) -> tuple[Episode, tuple[Outcome, ...]]:
        """Handle that *beam* is free since *at*; *known*: at that very moment."""
        crossing = episode.crossings.get(beam)
        if crossing is None or crossing.ended is not None:
            return episode, ()
        lasted_s = at - crossing.since
        noise: tuple[Outcome, ...] = ()
        others = episode.without(beam)
        if known and crossing.known and lasted_s < SHORTEST_S:
            noise = ("noise",)
            if crossing.before is not None:
                others[beam] = crossing._replace(ended=crossing.before)
        else:
            longest = max(crossing.longest, lasted_s)
            others[beam] = crossing._replace(ended=at, longest=longest)
        episode = episode._replace(crossings=others, void=episode.void or not known)
        after, outcomes = self._ended(episode)
        return after, (*noise, *outcomes)

    def void(self, episode: Episode) -> Episode:
        """Make the present episode no walk: a beam is blocked."""
        return episode._replace(void=True)

    def lost(self, episode: Episode, beam: Key) -> Episode:
        """Drop *beam*, whose contact is loose, from the present episode, which is no walk."""
        return self._ended(episode._replace(crossings=episode.without(beam), void=True))[0]

    def _ended(self, episode: Episode) -> tuple[Episode, tuple[Outcome, ...]]:
        """End *episode* if the frame is empty again."""
        if not episode.empty:
            return episode, ()
        crossed = [episode.crossings.get(beam) for beam in self._beams]
        ends = [crossing.ended or 0.0 for crossing in crossed if crossing is not None]
        if episode.same:
            return Episode(walked=max(ends, default=episode.walked)), ()
        if not episode.crossings:
            return Episode(walked=episode.walked), ()
        if len(ends) < len(self._beams):  # a person may be between the beams
            return episode, ()
        if episode.void:
            return Episode(walked=episode.walked), ()
        outcome = self._outcome(episode)
        counts = isinstance(outcome, Walk) and not outcome.too_fast
        walked = max(ends) if counts else episode.walked
        return Episode(walked=walked), () if outcome is None else (outcome,)

    def _outcome(self, episode: Episode) -> Outcome | None:
        crossings = episode.crossings.values()
        too_fast = min(crossing.longest for crossing in crossings) < self._too_fast_s
        if len(self._beams) == 1:
            return Walk(self._direction, too_fast)
        outer, inner = episode.crossings["outer"], episode.crossings["inner"]
        begun = outer.first - inner.first
        ended = (outer.ended or 0.0) - (inner.ended or 0.0)
        if abs(begun) < SAME_S or abs(ended) < SAME_S:
            return "unclear"
        if (begun < 0) != (ended < 0):
            return None
        return Walk("in" if begun < 0 else "out", too_fast)


def _free_since(episode: Episode) -> float:
    """Return since when all beams have been free; the episode must be empty."""
    return max((one.ended or 0.0 for one in episode.crossings.values()), default=_NEVER)
