"""Lessons: a guided shift at one station, guest by guest, with a score. Data files.

A lesson is ``sim/lessons/NAME.toml``: the roles that the learner plays, and its guests in turn,
each with an intention and the words that teach one thing. The page shows the next act of the
learner's roles, but not with a guest whom the learner serves ``alone``.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from edge.config.model import Config
from edge.config.validation import convert, read_file
from edge.errors import ConfigError
from sim.people.crew import People
from sim.people.guests import Guest
from sim.scenario import Branch, Part, Title
from sim.stage.stage import Stage

FOLDER = Path(__file__).parents[1] / "lessons"
# While the learner is to act, time passes as in reality; otherwise it is passed over.
SPEED = 1.0
# The outcomes of guests who were told that they are not received. A guest who is let go without
# that has ``abandoned``.
_TOLD = ("declined", "rescheduled", "refused")


class LessonGuest(Part, frozen=True, kw_only=True):
    """A guest of a lesson.

    :ivar id: what the guest teaches, in Indonesian
    :ivar en: the same in English
    :ivar alone: the page does not show the next act
    """

    procedure: str
    branch: Branch = "normal"
    persons: Annotated[int, Meta(ge=1, le=12, description="persons, 1 to 12")] = 1
    id: str
    en: str
    alone: bool = False


class Lesson(Part, frozen=True, kw_only=True):
    """A shift.

    :ivar roles: the stations that the learner plays
    :ivar guest: the guests in the order of their coming
    """

    title: Title
    roles: Annotated[tuple[str, ...], Meta(min_length=1)]
    guest: Annotated[tuple[LessonGuest, ...], Meta(min_length=1)]


def names() -> list[str]:
    """Return the names of Gardu's own lessons."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def load(name: str) -> Lesson:
    """Return the lesson *name*, or that of the TOML file *name*.

    :raises ConfigError: if there is none, or with every problem of its file
    """
    own = FOLDER / f"{name}.toml"
    path = own if own.is_file() else Path(name)
    if not path.is_file():
        own_ones = ", ".join(names())
        raise ConfigError([f"--lesson {name}: no such lesson or file; there are: {own_ones}"])
    raw, problems = read_file(path)
    lesson: Any = convert(Lesson, raw, "", problems)
    problems.raise_any()
    assert isinstance(lesson, Lesson)
    return lesson


def problems_at(lesson: Lesson, config: Config, people: People) -> list[str]:
    """Return why *lesson* cannot be played at the checkpoint of *config*."""
    return list(_problems(lesson, config, people))


def _problems(lesson: Lesson, config: Config, people: People) -> Iterator[str]:
    stations = {one for panel in config.panels.values() for one in panel.stations}
    stations |= {"aide"} if config.aiphone else set()
    for role in lesson.roles:
        if role not in stations:
            there = ", ".join(sorted(stations))
            yield f"the lesson's role {role} is at no panel; there are: {there}"
    for number, guest in enumerate(lesson.guest, start=1):
        if guest.procedure not in people.texts:
            offered = ", ".join(people.texts)
            yield f"guest {number} comes for {guest.procedure}; there are: {offered}"
        elif people.prospect_of(guest.procedure, guest.branch).intention is None:
            yield f"guest {number}: {guest.procedure} has no way for {guest.branch}"


def _is_gone(guest: Guest) -> bool:
    return guest.state == "gone"


class LessonRun:
    """A lesson that is played on *stage*.

    :ivar number: of the present guest, from 1; 0 before the first
    :ivar over: all guests have left
    """

    def __init__(self, lesson: Lesson, stage: Stage) -> None:
        self.lesson = lesson
        self.number = 0
        self.over = False
        self._stage = stage
        self._people = stage.world.people
        self._counted = (-1, -1, -1)
        self._score: dict[str, int] = {}

    async def run(self) -> None:
        """Let the guests come, one after the other."""
        people = self._people
        people.player.take(frozenset(self.lesson.roles))
        for guest in self.lesson.guest:
            self.number += 1
            self._stage.world.ask_in(guest.procedure, guest.branch, guest.persons)
            came = people.guests[-1]
            await people.changed.until(partial(_is_gone, came), None)
        self.over = True

    def state(self, refused: int) -> dict[str, Any]:
        """Return the lesson as the page shows it.

        :param refused: how many acts the checkpoint has refused
        """
        guest = self.lesson.guest[max(0, self.number - 1)]
        return {
            "title": {"id": self.lesson.title.id, "en": self.lesson.title.en},
            "number": self.number,
            "of": len(self.lesson.guest),
            "teaches": {"id": guest.id, "en": guest.en},
            "alone": guest.alone,
            "over": self.over,
            "score": self._scored(refused),
        }

    def _scored(self, refused: int) -> dict[str, int]:
        """Return the score; counted again after a record, a refusal, a guest's leaving."""
        now = (self._stage.received.delivered, refused, len(self._gone))
        if now != self._counted:
            self._counted, self._score = now, self._count(refused)
        return self._score

    def _count(self, refused: int) -> dict[str, int]:
        received = self._stage.received
        late = sum(
            fact.type == "gardu.step.overdue.v1" and self._is_own(fact.data)
            for fact in received.facts
        )
        findings, gone = self._stage.verdict, self._gone
        visits = dict(enumerate(received.in_order, start=1))
        ends = [(guest, guest.intention.ends) for guest in gone]
        away = [guest for guest, intended in ends if intended and "completed" not in intended]
        seen = [visits.get(guest.account.opened) for guest in away]
        numbers = {guest.number for guest in gone}
        return {
            "guests": len(gone),
            "right": sum(finding.ok for finding in findings if finding.guest in numbers),
            "wrong_presses": refused,
            "overdue": late,
            "turned_away": len(away),
            "told_politely": sum(one is not None and one.outcome in _TOLD for one in seen),
        }

    @property
    def _gone(self) -> list[Guest]:
        """The guests who have left: before that, records are ahead of a guest's account."""
        return list(filter(_is_gone, self._people.guests))

    def _is_own(self, overdue: dict[str, Any]) -> bool:
        """Return True if the step of the record *overdue* is the learner's."""
        text = self._people.texts.get(overdue["procedure"])
        steps = text.steps if text is not None else ()
        return any(one.id == overdue["step"] and one.station in self.lesson.roles for one in steps)
