"""Questions about the metal detector, aiphones, doors, safety contacts and the buzzer."""

from edge.commands.init.kinds import PersonCount, QuietHours
from edge.commands.init.question import Asked, Group, Question
from edge.commands.init.questions.checks import names, one_each, place, some, untaken
from edge.config.sections.hosts import Title
from edge.config.sections.values import Name


def _quiet_wrong(_asked: Asked, hours: str) -> str:
    begin, _, end = hours.partition("-")
    return f"is {hours!r}; allowed: two different times" if begin == end else ""


def _named(asked: Asked) -> set[str]:
    """Return the stations that the hosts have named."""
    return {asked[f"hosts.{host}.aiphone"] for host in asked["equipment.hosts"]}


def _hostless(asked: Asked) -> tuple[str, ...]:
    """Return the procedures that ring and are in no host: their station lists them itself."""
    named = asked["equipment.hosts"]
    served = {one for host in named for one in asked[f"hosts.{host}.procedures"]}
    return tuple(one for one in asked.needs.ringing if one not in served)


def _approves(asked: Asked) -> bool:
    """Return True for the station of a person who approves guests and is no host's aide."""
    return asked.name in asked.needs.approvers


def _usual_aiphone(asked: Asked) -> str:
    stations, others = asked["equipment.aiphones"], asked["equipment.hosts"]
    free = [one for one in stations if one not in others]
    return str(next(iter([one for one in stations if one == asked.name] or free or stations)))


def _aiphone_wrong(asked: Asked, station: str) -> str:
    if station == asked.name or station not in asked["equipment.hosts"]:
        return ""
    return f"is {station!r}, the name of another host; allowed: a station of another name"


DETECTOR = Group(
    key="metal_detector",
    title="Metal detector",
    applies=lambda asked: bool(asked.needs.screening),
    unless="none of the chosen procedures uses a metal detector",
    questions=(
        Question(
            key="beam",
            text="Is there an infrared beam across the passage?",
            why="It shows that a guest has passed. Without one the officer's button does.",
            kind=bool,
            default=lambda _: True,
        ),
        Question(
            key="tamper",
            text="Is its tamper relay wired?",
            why="The second relay of the detector, normally closed.",
            kind=bool,
            default=lambda _: False,
        ),
        place("Where are its contacts?"),
    ),
)


HOST = Group(
    key="hosts.*",
    title="Host *",
    names=names("hosts"),
    unless="equipment.hosts does not name it",
    questions=(
        Question(
            key="title",
            text="The official's title?",
            why="As on a button, for example Wakil Bupati. A title, never a person's name.",
            kind=Title,
            default=lambda asked: asked.name.replace("-", " ").title(),
        ),
        Question(
            key="procedures",
            text="Guests of which procedures visit this host?",
            why="A procedure may have several hosts, and a host several procedures.",
            kind=list[Name],
            default=lambda asked: list(asked["checkpoint.procedures"]),
            choices=lambda asked: dict.fromkeys(asked["checkpoint.procedures"], ""),
            wrong=some(),
        ),
        Question(
            key="aiphone",
            text="Which station calls this host's aide?",
            why="Two hosts may have the same aide.",
            kind=Name,
            default=_usual_aiphone,
            choices=lambda asked: dict.fromkeys(asked["equipment.aiphones"], ""),
            wrong=_aiphone_wrong,
            applies=lambda asked: bool(asked["equipment.aiphones"]),
            unless="there is no aiphone",
        ),
        Question(
            key="lamp",
            text="Has it a lamp that shows whose guest is being received?",
            why="With one button for the choice of the host, the lamps show how far it has moved.",
            kind=bool,
            default=lambda _: False,
        ),
        place("Where is its lamp?", lambda asked: bool(asked.own("lamp"))),
    ),
)


PLACE = Group(
    key="places.*",
    title="Place *",
    names=lambda asked: asked.needs.rooms,
    unless="no chosen procedure waits for room there",
    questions=(
        Question(
            key="at_most",
            text="How many persons may be there at once?",
            why="Guests wait until there is room. At a counter it is one; each person of a group "
            "counts.",
            kind=PersonCount,
            default=lambda _: 1,
        ),
    ),
)


AIPHONE = Group(
    key="aiphone.*",
    title="Aiphone station *",
    names=lambda asked: [*names("aiphones")(asked), *asked.needs.approvers],
    unless="equipment.aiphones does not name it, and no chosen procedure",
    questions=(
        Question(
            key="title",
            text="The title of the person who approves guests there?",
            why="A procedure calls this person in one of its steps. A title, never a name.",
            kind=Title,
            default=lambda asked: asked.name.replace("-", " ").title(),
            applies=_approves,
            unless="an aide answers there",
        ),
        Question(
            key="procedures",
            text="For guests of which procedures does it ring?",
            why="Each procedure has one station.",
            kind=list[Name],
            default=untaken("aiphone.*.procedures", "aiphones", _hostless),
            choices=lambda asked: dict.fromkeys(_hostless(asked), ""),
            wrong=one_each("aiphone.*.procedures"),
            applies=lambda asked: (
                bool(_hostless(asked)) and not _approves(asked) and asked.name not in _named(asked)
            ),
            unless="a person approves guests there, or hosts name it or all procedures that ring",
        ),
        Question(
            key="extend",
            text="Has it a button for more time?",
            why="The aide extends a meeting with it. The officer's panel has one in any case.",
            kind=bool,
            default=lambda _: False,
            applies=lambda asked: "extend" in asked.needs.answers and not _approves(asked),
            unless="no chosen procedure extends a meeting there",
        ),
        Question(
            key="busy",
            text="Is its busy contact wired?",
            why="It is active while the station is in use by another call, and is then not rung.",
            kind=bool,
            default=lambda _: False,
        ),
        place("Where are its contacts and its ring relay?"),
    ),
)


DOOR = Group(
    key="doors.*",
    title="Access door *",
    names=names("doors"),
    unless="equipment.doors does not name it",
    questions=(
        Question(
            key="procedures",
            text="Guests of which procedures go through it?",
            why="Each procedure has one door.",
            kind=list[Name],
            default=untaken("doors.*.procedures", "doors", lambda asked: asked.needs.releasing),
            choices=lambda asked: dict.fromkeys(asked.needs.releasing, ""),
            wrong=one_each("doors.*.procedures"),
        ),
        Question(
            key="fail",
            text="State of the door without power?",
            why="secure: it stays locked from outside. safe: it is released; the relay locks it.",
            kind=str,
            default=lambda _: "secure",
            choices=lambda _: {"secure": "locked", "safe": "released"},
        ),
        Question(
            key="contact",
            text="Has it a contact that opens with the door?",
            why="Without one Gardu cannot detect a door that was opened or left open.",
            kind=bool,
            default=lambda _: True,
        ),
        place("Where are its strike and contact?"),
    ),
)


SAFETY_GROUP = Group(
    key="safety",
    title="Safety contacts",
    applies=lambda asked: bool(asked["equipment.safety"]),
    unless="equipment.safety names no contact",
    questions=(place("Where are the safety contacts?"),),
)


BUZZER = Group(
    key="buzzer",
    title="Buzzer",
    applies=lambda asked: bool(asked["equipment.buzzer"]),
    unless="equipment.buzzer is false",
    questions=(
        place("Where is the buzzer?"),
        Question(
            key="quiet",
            text="Quiet hours?",
            why="Answers to buttons are then short ticks; alarms always sound in full.",
            kind=QuietHours,
            default=lambda _: "no",
            wrong=_quiet_wrong,
        ),
    ),
)
