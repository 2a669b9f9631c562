"""The safety inputs: loops that are alarms by themselves."""

from edge.sections.pins import Loop
from edge.sections.words import Section


class Safety(Section, frozen=True, kw_only=True):
    """Contacts of the building and the enclosure; each is active while there is an alarm.

    :ivar fire: the fire alarm's relay: while it is active every access door is held released
    :ivar duress: the officers' hidden button; it latches until it is reset with its key
    :ivar enclosure_tamper: the lid of this checkpoint's enclosure
    :ivar mains: the power supply's contact for lost mains
    :ivar battery: the power supply's contact for a low battery
    """

    fire: Loop | None = None
    duress: Loop | None = None
    enclosure_tamper: Loop | None = None
    mains: Loop | None = None
    battery: Loop | None = None
