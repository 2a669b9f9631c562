"""Questions about the cameras."""

from edge.commands.init.question import LATER, Asked, Group, Question
from edge.commands.init.questions.checks import file_wrong, names, one_each, untaken
from edge.config.crosscheck.cameras import url_problem
from edge.config.sections.cameras import Auth
from edge.config.sections.values import FileName, Name
from edge.config.sections.values import Line as TextLine
from edge.sop.procedures.vocabulary import SHOWN

CAMERAS = {
    "http": "an IP camera's picture by HTTP",
    "rtsp": "a camera that has only video (RTSP); needs gardu[video]",
    "onvif": "a camera that names its addresses by ONVIF",
    "picamera2": "a camera on the Pi's own connector",
}


_SCHEMES = {"http": ("http", "https"), "onvif": ("http", "https"), "rtsp": ("rtsp",)}


def _of_the_room(asked: Asked) -> tuple[str, ...]:
    """Return the stills that any camera can take; those of a page once the others are taken."""
    room = tuple(one for one in asked.needs.purposes if one not in SHOWN)
    taken = {one for value in asked.others("cameras.*.purposes").values() for one in value}
    return asked.needs.purposes if taken.issuperset(room) else room


def _camera_url_wrong(asked: Asked, url: str) -> str:
    return "" if url == LATER else url_problem(url, _SCHEMES[asked.own("driver")])


CAMERA = Group(
    key="cameras.*",
    title="Camera *",
    names=names("cameras"),
    unless="equipment.cameras does not name it",
    questions=(
        Question(
            key="driver",
            text="Which kind of camera?",
            why="`gardu camera try URL` shows what a camera offers (docs/cameras.md).",
            kind=str,
            default=lambda _: "http",
            choices=lambda _: CAMERAS,
        ),
        Question(
            key="url",
            text="Its address?",
            why="http://192.0.2.20/snapshot.jpg for a picture, rtsp://192.0.2.20/stream1 for "
            "video, http://192.0.2.20:2020 for ONVIF. An IP address is safer than a name.",
            kind=str,
            default=lambda _: LATER,
            applies=lambda asked: asked.own("driver") != "picamera2",
            wrong=_camera_url_wrong,
            unless="a camera on the Pi has no address",
        ),
        Question(
            key="username",
            text="Name of its user (empty: none)?",
            why="A user of the camera that may only view.",
            kind=TextLine,
            default=lambda _: "",
            applies=lambda asked: asked.own("url") not in (None, LATER),
            unless="the camera has no address yet",
        ),
        Question(
            key="password_file",
            text="File with that user's password?",
            why="As for the broker: the first line of a file that only the daemon may read.",
            kind=FileName,
            default=lambda _: LATER,
            applies=lambda asked: bool(asked.own("username")),
            wrong=file_wrong,
            unless="the camera has no username",
        ),
        Question(
            key="auth",
            text="Which authentication may be answered?",
            why="digest never hands out the password in clear; most cameras have it.",
            kind=Auth,
            default=lambda _: "digest",
            choices=lambda _: {"digest": "", "any": "the safest it offers", "basic": "in clear"},
            applies=lambda asked: bool(asked.own("username")),
            unless="the camera has no username",
        ),
        Question(
            key="purposes",
            text="Which stills does it take?",
            why="desk: the guest at the desk. alarm: at the metal detector. guestbook, signature: "
            "the page of the guest book, only by a camera that can read it. One camera for each.",
            kind=list[Name],
            default=untaken("cameras.*.purposes", "cameras", _of_the_room),
            choices=lambda asked: dict.fromkeys(asked.needs.purposes, ""),
            wrong=one_each("cameras.*.purposes"),
        ),
    ),
)
