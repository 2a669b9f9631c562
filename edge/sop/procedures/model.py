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

from edge.config.sections.values import Name, Seconds
from edge.sop.procedures.vocabulary import (
    CALL,
    CALL_IN,
    IDENTITY_TAKEN,
    SHOWN,
    Paper,
    Vouched,
)

Outcome = Literal["completed", "declined", "rescheduled", "refused", "abandoned"]


class FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a procedure file; unknown keys are refused."""


class Text(FileTable, frozen=True, kw_only=True):
    """The same text in Indonesian and English.

    :ivar id: in Indonesian
    :ivar en: in English
    """

    id: str
    en: str


class Transition(FileTable, frozen=True, kw_only=True):
    """A transition: an event, and where it leads.

    :ivar event: a key of ``EVIDENCE`` in vocabulary.py
    :ivar to: see the table at the head of this module
    :ivar after_s: only with ``timeout``: seconds since the phase was entered
    :ivar at_s: only with ``timeout``: seconds of the step's time; moves with an extended limit
    :ivar reason: recorded with the visit
    :ivar via: only with an ``@outcome``: the step that the visit goes through first
    :ivar again: another attempt at the step (counted in its record)
    :ivar extend: moves the step's limit by its ``extend_s``; after ``extensions`` moves the event
        does not apply
    :ivar pass_on: deliver the same event once more after the transition
    :ivar clear: ``one`` person of the visit has passed clear, or ``all`` (an officer vouches)
    :ivar otherwise: with ``clear``: the phase to which it leads in place of ``to`` while persons of
        the visit have not passed clear
    :ivar vouches: what the officer vouches for by it, where no equipment has shown it: that the
        guest book is filled in, that the guest has signed, that an ID of each person was taken
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


class Phase(FileTable, frozen=True, kw_only=True):
    """A wait within a step: the actions of ``do``, then the first event that matches in ``on``.

    :ivar id: its name, to which transitions lead
    :ivar do: actions on entering, keys of ``VERBS`` in vocabulary.py, some with an argument after
        a colon
    :ivar on: the transitions out of it
    :ivar needs: a condition, a key of ``NEEDS`` in vocabulary.py; if it is not met, ``otherwise``
        is entered
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
    :ivar phases: its waits, the first is entered first
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
    phases: Annotated[tuple[Phase, ...], Meta(min_length=1, description="at least one phase")]

    def phase(self, phase_id: str) -> Phase:
        """Return the phase *phase_id*; KeyError if there is none."""
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)

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
    """

    role: str
    heading: Text


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
    :ivar abandoned_after_s: inactivity after which the panel asks about a guest, seconds;
        without it as in the checkpoint's config
    :ivar cards: ``each`` person of a group has a visitor card, or the group has ``one`` for all
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
    abandoned_after_s: Seconds | None = None
    cards: Literal["each", "one"] = "each"
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
        calls = ((step, phase) for step in self.steps for phase in step.phases if CALL in phase.do)
        return next(calls, None)

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
