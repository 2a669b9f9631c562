"""Checks of the cameras: their purposes, addresses and accounts."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from edge.config.model import Config
from edge.config.sections.cameras import (
    HttpCamera,
    NetworkCamera,
    OnvifCamera,
    RtspCamera,
    WebCamera,
)
from edge.config.validation import Problems, note_twice

# The schemes of each driver, and the driver of each scheme that another one serves.
_SCHEMES: dict[type[NetworkCamera], tuple[str, ...]] = {
    HttpCamera: ("http", "https"),
    OnvifCamera: ("http", "https"),
    RtspCamera: ("rtsp",),
}
_DRIVERS = {"http": "http", "https": "http", "rtsp": "rtsp"}
# Own bound: longer ones are no addresses.
_LONGEST = 2000
_PLACEHOLDERS = ("{username}", "{password}")


def cameras(config: Config, problems: Problems) -> None:
    """Add to *problems* cameras that cannot work, and purposes that two cameras have."""
    purposes = [
        (purpose, f"cameras.{name}.purposes[{number}]")
        for name, camera in config.cameras.items()
        for number, purpose in enumerate(camera.purposes)
    ]
    note_twice(problems, list(purposes), "purpose", "one camera for each purpose")
    for name, camera in config.cameras.items():
        if isinstance(camera, NetworkCamera):
            network_camera(problems, f"cameras.{name}", camera)


def network_camera(problems: Problems, where: str, camera: NetworkCamera) -> None:
    """Add to *problems* what cannot work in one camera, under the key *where*."""
    problem = url_problem(camera.url, _SCHEMES[type(camera)])
    if problem:
        problems.add(f"{where}.url", problem)
    if camera.password_file and not camera.username:
        problems.add(f"{where}.username", "is missing; allowed: a name to go with password_file")
    if "{password}" in camera.url and not camera.password_file:
        problems.add(f"{where}.password_file", "is missing; allowed: the file for {password}")
    if isinstance(camera, WebCamera) and not problem and urlsplit(camera.url).scheme == "http":
        for key in ("ca_file", "fingerprint"):
            if getattr(camera, key):
                problems.add(f"{where}.{key}", "needs encryption; allowed: with an https:// url")
        if camera.tls == "old":
            problems.add(f"{where}.tls", "needs encryption; allowed: with an https:// url")


def url_problem(url: str, schemes: tuple[str, ...]) -> str:
    """Return why *url* can never work, in words; empty if it may."""
    bad = next((one for one in url if not (one.isascii() and one.isprintable()) or one == " "), "")
    if bad == " ":
        return "has a blank in it; allowed: no blanks (%20 for one that belongs to it)"
    if bad:
        return f"has the character {bad!r}; allowed: ASCII, and % with two digits for all else"
    if len(url) > _LONGEST:
        return f"has {len(url)} characters; allowed: at most {_LONGEST}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"is {_shown(url)!r}, whose port or address is none; {_allowed(schemes)}"
    return next(_url_problems(url, parts, port, schemes), "")


def _url_problems(
    url: str, parts: SplitResult, port: int | None, schemes: tuple[str, ...]
) -> Iterator[str]:
    other = _DRIVERS.get(parts.scheme)
    if parts.username is not None or parts.password is not None:
        yield "holds a user name; allowed: username and password_file for that"
    elif parts.scheme not in schemes and other is not None:
        yield f'is {_shown(url)!r}, which needs driver = "{other}"; {_allowed(schemes)}'
    elif parts.scheme not in schemes or not parts.hostname or port == 0:
        yield f"is {_shown(url)!r}; {_allowed(schemes)}"
    if parts.fragment:
        yield "has a #, and what follows it is never sent; allowed: %23 in its place"
    for opened in url.split("{")[1:]:
        if not any(f"{{{opened}".startswith(one) for one in _PLACEHOLDERS):
            yield "has a { that begins no placeholder; allowed: {username}, {password}, or %7B"


def _allowed(schemes: tuple[str, ...]) -> str:
    return f"allowed: {' or '.join(f'{scheme}://' for scheme in schemes)} host, or host:port"


def _shown(url: str) -> str:
    """Return the beginning of *url* without its query, which may hold a password."""
    return url.partition("?")[0][:80]


def camera_notes(config: Config) -> list[str]:
    """Return what is allowed for a camera but hands out more than needed, in words."""
    return [
        f"cameras.{name}: {note}"
        for name, camera in config.cameras.items()
        if isinstance(camera, NetworkCamera)
        for note in _notes(camera)
    ]


def _notes(camera: NetworkCamera) -> Iterator[str]:
    encrypted = camera.url.lower().startswith("https:")
    if "{password}" in camera.url and not encrypted:
        yield "its url has the password in clear; use https if the camera has it"
    elif camera.username and not encrypted and camera.auth != "digest":
        yield (
            "any machine at its address that asks for Basic is sent the password in clear; "
            'if the camera has Digest, set auth = "digest"'
        )
    if not camera.username and _secret_in(camera.url):
        yield "its url holds a password; {password} with password_file keeps it out of the config"


def _secret_in(url: str) -> bool:
    query = urlsplit(url).query.lower()
    names = {one.partition("=")[0] for one in query.split("&")}
    return bool(names & {"pwd", "password", "passwd", "pass", "loginpas", "psw"})
