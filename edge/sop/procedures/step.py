"""A step of a procedure as data: a row of the law's table with its behaviour.

A step is a small state chart: its *phases* list the actions on entering (``do``) and the
transitions (``on``). Events, actions, needs and targets are the words of vocabulary.py.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.values import Name, Seconds
from edge.sop.procedures.tables import FileTable, Text
from edge.sop.procedures.values import Comparison, compared
from edge.sop.procedures.vocabulary import (
    CALL_IN,
    IDENTITY_TAKEN,
    ROOM_FREE,
    SHOWN,
    Paper,
    Vouched,
)

ParameterValue = str | int | float | bool | list[str]
"""A value for a parameter of a part."""


class Transition(Comparison, frozen=True, kw_only=True):
    """A way out of a phase: an event, and where it leads.

    Several transitions of a phase may wait for one event: the first that applies is followed, and
    all but the last have a condition (``at_most``, ``above``, ``below``, ``equals``).

    :ivar event: the event that it waits for
    :ivar to: where it leads, one of the targets
    :ivar after_s: only with ``timeout``: seconds since the phase was entered
    :ivar at_s: only with ``timeout``: seconds of the step's time; it moves with the limit when that
        is extended
    :ivar reason: why, in lower-case words with dashes; it is in the records. An end of the visit
        without a reason leaves the visit the reason that it already has
    :ivar via: only with an end of the visit: the step that the visit goes through first, to give
        back card and belongings
    :ivar again: another attempt at the step, counted in its record
    :ivar extend: moves the step's limit by its ``extend_s``; after ``extensions`` moves the event
        does not apply
    :ivar at_most: applies so many times in the visit, then the next transition for the event is
        followed; the step's ``count_again`` begins the count again
    :ivar value: the value that ``above``, ``below`` or ``equals`` compare; without it that of the
        event ``value.ID``
    :ivar above: applies only if the value is greater
    :ivar below: applies only if the value is smaller
    :ivar equals: applies only if the value is this one
    :ivar pass_on: the same event is delivered once more after the transition
    :ivar clear: ``one``: one person of the visit has passed clear; ``all``: an officer vouches for
        all of them
    :ivar otherwise: only with ``clear``: the phase to which it leads in place of ``to`` while
        persons of the visit have not passed clear
    :ivar vouches: the deeds for which an officer vouches by this press, where no equipment has
        shown them: that the guest book is filled in, for example
    :ivar returns_identity: the guests have their IDs back
    :ivar answer: only in a phase with ``ask``: the words at this way out of the question; without
        it *ya* or *tidak*
    """

    event: str
    to: str
    after_s: Seconds | None = None
    at_s: Seconds | None = None
    reason: str | None = None
    via: Name | None = None
    again: bool = False
    extend: bool = False
    pass_on: bool = False
    clear: Literal["one", "all"] | None = None
    otherwise: Name | None = None
    vouches: tuple[Vouched, ...] = ()
    returns_identity: bool = False
    answer: Text | None = None
    at_most: Annotated[int, Meta(ge=1, le=99, description="times from 1 to 99")] | None = None
    value: Name | None = None

    @property
    def conditional(self) -> bool:
        """True if it does not always apply: it has a count or compares a value."""
        return self.at_most is not None or bool(self.words)

    @property
    def compares(self) -> str | None:
        """The value that it compares; None if it compares none."""
        return compared(self.event, self.value) if self.words else None


class Phase(FileTable, frozen=True, kw_only=True):
    """A wait within a step: the actions of ``do``, then the first event that matches in ``on``.

    :ivar id: its name within the step, to which transitions lead
    :ivar do: the actions on entering, carried out in order
    :ivar on: the transitions out of it
    :ivar needs: a need; if it is not met, the visit goes to phase ``otherwise`` at once, and ``do``
        is not carried out
    :ivar otherwise: the phase in place of this one; or ``@next``: the step is completed then, as
        there is nothing to do in it
    :ivar lamp: the lamp of the station in this phase: ``off`` no action needed, ``on`` a guest
        waits, ``slow`` a decision is needed, ``fast`` an alarm. The step's time adds amber and red
    :ivar ask: the question that is decided in this phase: a diamond of the flow chart
    """

    id: Name
    do: tuple[str, ...] = ()
    on: tuple[Transition, ...] = ()
    needs: str | None = None
    otherwise: str | None = None
    lamp: Literal["off", "on", "slow", "fast"] = "on"
    ask: Text | None = None

    @property
    def waits_for_call(self) -> bool:
        """True if its guest sits in the waiting room: the aide's *accept* calls the guest."""
        return any(way.event == CALL_IN for way in self.on)

    @property
    def room(self) -> str | None:
        """The place that a visit enters with this phase (``needs = "room:PLACE"``), if any."""
        need, _, place = (self.needs or "").partition(":")
        return place if need == "room" else None


class Step(FileTable, frozen=True, kw_only=True):
    """One row of the law's table: it is timed, and makes one record.

    :ivar number: the number of the row; alternatives (5a, 5b) share one
    :ivar id: its name, to which ``#id`` and ``via`` lead
    :ivar role: the person who acts (*pelaksana*), as in the law
    :ivar station: the station where that person acts, such as ``reception``; its panel and readers
        serve the step
    :ivar title: what happens, in English
    :ivar equipment: the law's *kelengkapan*
    :ivar extensions: how often the limit may be moved
    :ivar output: the law's *output*
    :ivar note: the law's *keterangan*
    :ivar use: the parts whose phases it takes, in order
    :ivar given: values for the parameters of those parts
    :ivar phases: its waits, the first is entered first; those of its parts come before. One with
        the name of a part's phase takes its place
    :ivar standard_s: the legal standard time in seconds; without it *menyesuaikan*
    :ivar extend_s: by how much an extension moves the step's limit, at most ``extensions`` times
    :ivar timed_from: the phase that starts the time when it is entered, or several phases: the one
        that is entered first; without it the first phase of the step
    :ivar admitted_from: the phase from which on the guest is with the host, in the step that admits
        the guest: the host of the visit does not change any more
    :ivar activity: the legal wording, verbatim (Indonesian)
    :ivar source: its place in the regulation
    :ivar page_shows_signature: its still ``guestbook`` shows the signature too: one picture of the
        page for both
    :ivar aiphone: the called station that this step rings and whose answers it takes, in place of
        the host's aide: NAME of an ``[aiphone.NAME]``, for an approval by another person
    :ivar count_again: the counts of its ``at_most`` begin again each time a visit comes to it;
        without it they go on
    """

    number: Annotated[int, Meta(ge=1, le=99, description="a step number from 1 to 99")]
    id: Name
    role: str
    station: Name
    activity: str
    title: str
    equipment: tuple[str, ...] = ()
    standard_s: Seconds | None = None
    extend_s: Seconds | None = None
    extensions: Annotated[int, Meta(ge=0, le=10, description="times from 0 to 10")] = 0
    output: tuple[str, ...] = ()
    note: str = ""
    source: str
    timed_from: Name | tuple[str, ...] | None = None
    admitted_from: Name | None = None
    page_shows_signature: bool = False
    aiphone: Name | None = None
    count_again: bool = False
    use: Name | tuple[str, ...] = ()
    given: dict[str, ParameterValue] = msgspec.field(name="with", default_factory=dict)
    phases: tuple[Phase, ...] = ()

    def phase(self, phase_id: str) -> Phase:
        """Return the phase *phase_id*; KeyError if there is none."""
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)

    def awaited_place(self, phase: Phase) -> str | None:
        """Return the place for whose room *phase* waits; None if it waits for none."""
        ways = (way for way in phase.on if way.event == ROOM_FREE)
        rooms = {phase.id: phase.room for phase in self.phases}
        return next((rooms.get(way.to) for way in ways), None)

    @property
    def timed_phases(self) -> tuple[str, ...]:
        """The phases that start the time when they are entered; none: it runs from the first."""
        if self.timed_from is None:
            return ()
        return (self.timed_from,) if isinstance(self.timed_from, str) else self.timed_from

    def shown_by(self, purpose: str) -> tuple[Paper, ...]:
        """Return what a still for *purpose* shows; nothing for a still of another kind."""
        both = purpose == "guestbook" and self.page_shows_signature
        return ("guest-book", "signature") if both else SHOWN.get(purpose, ())

    @property
    def takes_identity(self) -> bool:
        """True if the guest hands over an ID in this step."""
        ways = [way for phase in self.phases for way in phase.on]
        return any("identity" in way.vouches or way.event == IDENTITY_TAKEN for way in ways)

    @property
    def screens(self) -> bool:
        """True if it counts the persons who have passed clear."""
        return any(way.clear for phase in self.phases for way in phase.on)

    @property
    def alarms(self) -> set[str]:
        """The alarms that its phases raise: they belong to the visit, and end with the step."""
        done = (entry.partition(":") for phase in self.phases for entry in phase.do)
        return {argument for verb, _, argument in done if verb == "alarm"}
