"""The called stations of the intercom."""

from edge.sections.pins import Contact, Output
from edge.sections.words import Name, Section


class Aiphone(Section, frozen=True, kw_only=True):
    """One called station of the intercom: the relay that rings it and its answer contacts."""

    procedures: list[Name]
    ring: Output
    accept: Contact | None = None
    decline: Contact | None = None
    release: Contact | None = None
