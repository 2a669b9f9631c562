"""A procedure (SOP) as data: the types of a procedure file.

A procedure is a list of steps (step.py), with what the law prints around them. One interpreter,
edge/sop/visit/course.py, runs all procedures; a new procedure is a new file.
"""

from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.panels import TimeOfDay
from edge.config.sections.values import Name, Seconds
from edge.sop.procedures.step import ParameterValue, Phase, Step, Transition
from edge.sop.procedures.tables import FileTable, Text
from edge.sop.procedures.values import Value
from edge.sop.procedures.vocabulary import CALL

# All types of a procedure file can be imported from here.
__all__ = [
    "Approval", "Duty", "FileTable", "Headings", "Hours", "Lane", "Outcome", "ParameterValue",
    "Phase", "Procedure", "Step", "Text", "Transition", "Value", "procedure_key",
]  # fmt: skip

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

EscortVisits = Annotated[int, Meta(ge=1, le=99, description="visits from 1 to 99")]

Outcome = Literal["completed", "declined", "rescheduled", "refused", "abandoned"]


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


class Headings(FileTable, frozen=True, kw_only=True):
    """The headings of the SOP's own table, where it does not print the usual ones.

    :ivar activity: in place of *Aktivitas*
    :ivar equipment: in place of *Kelengkapan*
    :ivar time: in place of *Waktu*
    :ivar output: in place of *Output*
    :ivar note: in place of *Keterangan*
    """

    activity: Text | None = None
    equipment: Text | None = None
    time: Text | None = None
    output: Text | None = None
    note: Text | None = None


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
    :ivar headings: those of the table that are not the usual ones
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
    headings: Headings = Headings()
    duties: tuple[Duty, ...] = ()
    anywhere: tuple[Transition, ...] = ()
    reasons: Annotated[tuple[str, ...], Meta(max_length=4, description="at most 4 reasons")] = ()
    refusals: Annotated[tuple[str, ...], Meta(max_length=4, description="at most 4 reasons")] = ()
    values: tuple[Value, ...] = ()
    abandoned_after_s: Seconds | None = None
    cards: Literal["each", "one"] = "each"
    card_pool: Name | None = None
    escort_visits: EscortVisits | None = None
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
