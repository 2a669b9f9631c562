"""All questions of `gardu init`, in the order in which they are asked."""

from edge.commands.init import equipment as parts
from edge.commands.init import questions as office

GROUPS = (
    office.CHECKPOINT,
    office.BROKER,
    parts.EQUIPMENT,
    parts.MODULE,
    office.CARDS,
    office.CARD_READERS,
    office.SCANNER,
    office.GUESTS,
    parts.PINS,
    parts.LOCKER_GROUP,
    parts.DETECTOR,
    parts.AIPHONE,
    parts.DOOR,
    parts.SAFETY_GROUP,
    parts.CAMERA,
    parts.BUZZER,
    parts.PANEL,
    parts.BUTTONS,
)
