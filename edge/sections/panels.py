"""The officers' panels: lamps and buttons."""

import msgspec

from edge.sections.pins import Contact, Output
from edge.sections.words import Action, Name, Section


class Button(Contact, frozen=True, kw_only=True):
    """An officer's button: what a press means, and what holding it for a second means."""

    press: Action
    hold: Action | None = None
    procedure: Name | None = None


class Panel(Section, frozen=True, kw_only=True):
    """The lamp and buttons in front of one officer, for the stations that officer keeps."""

    stations: list[Name]
    lamp: Output | None = None
    buttons: list[Button] = msgspec.field(default_factory=list)
