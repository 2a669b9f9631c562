"""A procedure (SOP) as data: the types of a procedure file.

A procedure is a list of steps; a step is a small state chart. Its *phases* list the actions on
entering (``do``) and the transitions (``on``). One interpreter, edge/sop/visit/course.py, runs all
procedures; a new procedure is a new file.

Where a transition leads (``to``):

============== ==================================================================================
``name``       another phase of the same step
``@next``      the step is completed; the next step of the file follows, or the visit ends completed
``#step-id``   the step is completed; that step follows
``@skip``      the step is skipped, for the ``reason`` given; the next step follows
``@declined``  the visit ends here with this outcome (and its ``reason``); with ``via`` it first
``@rescheduled`` goes through that step (to give back card and belongings)
``@refused``
``@abandoned``
============== ==================================================================================
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.panels import TimeOfDay
from edge.config.sections.values import Name, Seconds
from edge.sop.procedures.tables import FileTable, Text
from edge.sop.procedures.values import Comparison, Value, compared
from edge.sop.procedures.vocabulary import (
    CALL,
    CALL_IN,
    IDENTITY_TAKEN,
    ROOM_FREE,
    SHOWN,
    Paper,
    Vouched,
)

# All types of a procedure file can be imported from here.
__all__ = [
    "Approval", "Duty", "FileTable", "Lane", "Outcome", "Phase", "Procedure", "Step", "Text",
    "Transition", "Value", "procedure_key",
]  # fmt: skip

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

EscortVisits = Annotated[int, Meta(ge=1, le=99, description="visits from 1 to 99")]

Outcome = Literal["completed", "declined", "rescheduled", "refused", "abandoned"]


ParameterValue = str | int | float | bool | list[str]
"""A value for a parameter of a part."""


class Transition(Comparison, frozen=True, kw_only=True):
    """A transition: an event, and where it leads.

    Several transitions of a phase may wait for one event: the first that applies is followed, and
    all but the last have a condition (``at_most``, ``above``, ``below``, ``equals``).

    :ivar event: a key of ``EVIDENCE`` in vocabulary.py; or ``value.ID``: that value was entered;
        that of a metal detector may name one of several after a colon, as in
        ``detector.alarm:xray``
    :ivar to: see the table at the head of this module
    :ivar after_s: only with ``timeout``: seconds since the phase was entered
    :ivar at_s: only with ``timeout``: seconds of the step's time; moves with an extended limit
    :ivar reason: recorded with the visit
    :ivar via: only with an ``@outcome``: the step that the visit goes through first
    :ivar again: another attempt at the step (counted in its record)
    :ivar extend: moves the step's limit by its ``extend_s``; after ``extensions`` moves the event
        does not apply
    :ivar at_most: applies so many times in the visit (see ``count_again`` of the step)
    :ivar value: the value that ``above``, ``below`` or ``equals`` compare; without it that of the
        event ``value.ID``
    :ivar above: applies only if the value is greater
    :ivar below: applies only if the value is smaller
    :ivar equals: applies only if the value is this one
    :ivar pass_on: deliver the same event once more after the transition
    :ivar clear: ``one`` person of the visit has passed clear, or ``all`` (an officer vouches)
    :ivar otherwise: with ``clear``: the phase to which it leads in place of ``to`` while persons of
        the visit have not passed clear
    :ivar vouches: the deeds for which the officer vouches by it, where no equipment has shown
        them, for example that the guest book is filled in
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

    :ivar id: its name, to which transitions lead
    :ivar do: actions on entering, keys of ``VERBS`` in vocabulary.py, some with an argument after
        a colon
    :ivar on: the transitions out of it
    :ivar needs: a condition, a key of ``NEEDS`` in vocabulary.py, some with an argument after a
        colon (``value:plate``); if it is not met, ``otherwise`` is entered
    :ivar otherwise: the phase in place of this one, if ``needs`` is not met; or ``@next``: the step
        is completed then
    :ivar lamp: the station's lamp in this phase: ``off`` no action needed, ``on`` a guest waits,
        ``slow`` a decision is needed, ``fast`` an alarm
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
    """One row of the SOP's table.

    :ivar number: the row's number in the SOP table; alternatives (5a, 5b) share one
    :ivar id: its name, to which ``#id`` and ``via`` lead
    :ivar role: the person who acts (*pelaksana*), as in the law
    :ivar station: the station where that person acts, such as ``reception``
    :ivar title: what happens, in English
    :ivar equipment: the law's *kelengkapan*
    :ivar extensions: how often the limit may be moved
    :ivar output: the law's *output*
    :ivar note: the law's *keterangan*
    :ivar use: the parts whose phases it takes (parts.py), in order
    :ivar given: values for the parameters of those parts
    :ivar phases: its waits, the first is entered first; those of its parts come before
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
        the host's aide: NAME of an [aiphone.NAME], for an approval by another person
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


class Lane(FileTable, frozen=True, kw_only=True):
    """A column of the flow chart (*Pelaksana*), for one role.

    :ivar role: the ``role`` of the steps in it; a lane may be without steps
    :ivar heading: the words that the chart prints above it
    :ivar aiphone: the called station of this person: a question that a step with this ``aiphone``
        asks the person is in this lane
    """

    role: str
    heading: Text
    aiphone: Name | None = None


class Duty(FileTable, frozen=True, kw_only=True):
    """A row of the SOP's table that is no step of a visit: the monthly report.

    :ivar roles: those of the lanes in which it is drawn
    :ivar number: the row's number in the SOP table
    :ivar activity: the legal wording, verbatim (Indonesian)
    :ivar title: what happens, in English
    :ivar equipment: the law's *kelengkapan*
    :ivar standard_s: the legal standard time in seconds; without it *menyesuaikan*
    :ivar output: the law's *output*
    :ivar note: the law's *keterangan*
    :ivar source: its place in the regulation
    """

    number: Annotated[int, Meta(ge=1, le=99, description="a step number from 1 to 99")]
    roles: Annotated[tuple[str, ...], Meta(min_length=1, description="at least one role")]
    activity: str
    title: str
    equipment: tuple[str, ...] = ()
    standard_s: Seconds | None = None
    output: tuple[str, ...] = ()
    note: str = ""
    source: str


class Hours(FileTable, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """Hours of the week in which guests are received, in the office's time zone.

    :ivar days: the days of the week
    :ivar begin: their beginning, local time
    :ivar end: their end, local time of the same day; from then on no guest is received
    """

    days: Annotated[tuple[WeekDay, ...], Meta(min_length=1, description="at least one day")]
    begin: TimeOfDay
    end: TimeOfDay


class Approval(FileTable, frozen=True, kw_only=True):
    """The approval sheet (*lembar pengesahan*); fields that the law left blank are empty.

    :ivar number: *nomor SOP*
    :ivar made: *tanggal pembuatan*
    :ivar revised: *tanggal revisi*
    :ivar approved: *tanggal pengesahan*
    :ivar name: *nama SOP*
    :ivar office: the office that the SOP belongs to
    :ivar legal_basis: *dasar hukum*
    :ivar qualifications: *kualifikasi pelaksana*
    :ivar related: *keterkaitan*
    :ivar equipment: *peralatan/perlengkapan*
    :ivar warnings: *peringatan*
    :ivar records: *pencatatan dan pendataan*
    :ivar approved_by: its lines; an empty one is the place of the signature
    """

    number: str = ""
    made: str = ""
    revised: str = ""
    approved: str = ""
    approved_by: tuple[str, ...] = ()
    name: str = ""
    office: str = ""
    legal_basis: tuple[str, ...] = ()
    qualifications: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


def procedure_key(procedure_id: str, version: str) -> str:
    """Return the key by which visits refer to the text under which they began: ``id@version``."""
    return f"{procedure_id}@{version}"


class Procedure(FileTable, frozen=True, kw_only=True):
    """A whole SOP.

    :ivar id: its name, which is that of the file without .toml
    :ivar title: its name for people
    :ivar source: the regulation
    :ivar office: the office that it is for
    :ivar aide: the role that answers the aiphone for the host
    :ivar approval: the approval sheet (*lembar pengesahan*)
    :ivar steps: the rows of the SOP's table, in order
    :ivar prose: the numbered prose form (*bentuk tulisan*), verbatim
    :ivar lanes: the columns of the flow chart, as printed; if there are none, one for each role
    :ivar duties: rows of the table after the last step that are no steps of a visit
    :ivar anywhere: transitions that apply in every phase of every step (a guest may always leave)
    :ivar reasons: those that reception can choose, by the buttons reason-1 to reason-4, where a
        guest is turned away; the words for them are in wording.toml
    :ivar refusals: those that the officer can choose, by the same buttons, who refuses a guest
        (``@refused``)
    :ivar values: the values that are entered with a visit
    :ivar abandoned_after_s: inactivity after which the panel asks about a guest, seconds;
        without it as in the checkpoint's config
    :ivar cards: ``each`` person of a group has a visitor card, or the group has ``one`` for all
    :ivar card_pool: its guests get cards of this pool of the config; without it the visitor cards
    :ivar escort_visits: the most visits that an escort goes with at a time; without it any number
    :ivar waiting_order: guests who wait (for the aide's call, for room in a place) are called in
        the order in which they began to wait (``waiting``), or came to the office (``arrival``);
        those of a kind with a higher priority before
    :ivar hours: the hours in which its guests are received; without them: at any hour. Outside them
        an arrival is refused, unless a phase with ``needs = "hours"`` says what follows
    :ivar version: the version of the file, such as 1.0; the loader appends ``+`` and the first 8
        hex digits of the file's SHA-256
    """

    id: Name
    version: str
    title: Text
    source: str
    office: str
    aide: str = ""
    approval: Approval = Approval()
    prose: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    duties: tuple[Duty, ...] = ()
    anywhere: tuple[Transition, ...] = ()
    reasons: Annotated[tuple[str, ...], Meta(max_length=4, description="at most 4 reasons")] = ()
    refusals: Annotated[tuple[str, ...], Meta(max_length=4, description="at most 4 reasons")] = ()
    values: tuple[Value, ...] = ()
    abandoned_after_s: Seconds | None = None
    cards: Literal["each", "one"] = "each"
    card_pool: Name | None = None
    escort_visits: Annotated[int, Meta(ge=1, le=99, description="visits from 1 to 99")] | None = (
        None
    )
    waiting_order: Literal["waiting", "arrival"] = "waiting"
    hours: tuple[Hours, ...] = ()
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, description="at least one step")]

    @property
    def key(self) -> str:
        """Id and version, by which visits refer to the text under which they began."""
        return procedure_key(self.id, self.version)

    @property
    def returns_identity(self) -> bool:
        """True if some transition returns the IDs that were taken."""
        return any(
            way.returns_identity for step in self.steps for phase in step.phases for way in phase.on
        )

    @property
    def decides_on_hours(self) -> bool:
        """True if a phase says what follows when a guest comes outside the hours."""
        return any(phase.needs == "hours" for step in self.steps for phase in step.phases)

    @property
    def rows(self) -> tuple["Step | Duty", ...]:
        """The rows of the SOP's table: the steps, then the duties."""
        return (*self.steps, *self.duties)

    def step(self, step_id: str) -> Step:
        """Return the step *step_id*; KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def after(self, step: Step) -> Step | None:
        """Return the step that follows *step* in the file, or None after the last."""
        place = self.steps.index(step) + 1
        return self.steps[place] if place < len(self.steps) else None

    @property
    def call(self) -> tuple[Step, Phase] | None:
        """The step and phase that call the host's aide first; None if the procedure calls none."""
        aides = (step for step in self.steps if step.aiphone is None)
        calls = ((step, phase) for step in aides for phase in step.phases if CALL in phase.do)
        return next(calls, None)

    def value(self, value_id: str) -> Value | None:
        """Return the value *value_id*; None if the procedure declares none of that id."""
        return next((value for value in self.values if value.id == value_id), None)

    def comparisons(self, value_id: str) -> tuple[Transition, ...]:
        """Return the transitions that compare the value *value_id*."""
        ways = (way for step in self.steps for phase in step.phases for way in phase.on)
        return tuple(way for way in (*ways, *self.anywhere) if way.compares == value_id)

    def place(self, step: Step, phase: Phase) -> tuple[int, int]:
        """Return the place of *phase* of *step* in the file; a later one is greater."""
        return self.steps.index(step), step.phases.index(phase)

    def admitted(self, step: Step, phase: Phase) -> bool:
        """Return True if a guest in *phase* of *step* is with the host, or was.

        Without ``admitted_from`` that is so once the step that calls the aide is over; without a
        call, once the first step is.
        """
        for admitting in self.steps:
            if admitting.admitted_from is not None:
                begin = self.place(admitting, admitting.phase(admitting.admitted_from))
                return self.place(step, phase) >= begin
        return self.steps.index(step) > (self.steps.index(self.call[0]) if self.call else 0)
