"""All questions of `gardu init`, in the order in which they are asked."""

from edge.commands.init.questions.cameras import CAMERA
from edge.commands.init.questions.cards import CARD_POOL, CARD_READERS, CARDS, SCANNER
from edge.commands.init.questions.equipment import EQUIPMENT, MODULE, PINS
from edge.commands.init.questions.guest_kinds import GUEST_KIND
from edge.commands.init.questions.lobby import (
    AIPHONE,
    BUZZER,
    DETECTOR,
    DOOR,
    HOST,
    PLACE,
    SAFETY_GROUP,
)
from edge.commands.init.questions.lockers import LOCKER_GROUP
from edge.commands.init.questions.office import BROKER, CHECKPOINT, GUESTS
from edge.commands.init.questions.panels import BUTTONS, PANEL

GROUPS = (
    CHECKPOINT, BROKER, GUESTS, GUEST_KIND, EQUIPMENT, MODULE, CARDS, CARD_POOL, CARD_READERS,
    SCANNER, PINS, LOCKER_GROUP, DETECTOR, HOST, PLACE, AIPHONE, DOOR, SAFETY_GROUP, CAMERA,
    BUZZER, PANEL, BUTTONS,
)  # fmt: skip
