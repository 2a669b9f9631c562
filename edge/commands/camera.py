"""`gardu camera try`: shows the dialogue with a camera, and writes the config section for it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from edge.clock import Clock
from edge.commands.camera_trial import Result, Trial, section
from edge.commands.options import problems_printed, refuse, say
from edge.config.crosscheck.cameras import url_problem
from edge.config.sections.values import Name
from edge.config.validation import Problems, convert
from edge.drivers.camera.http_client import Exchange
from edge.errors import DeviceError
from edge.paper.deliver import write
from edge.printable import printable

camera = typer.Typer(
    no_args_is_help=True,
    help="Try cameras before they are written into the config (docs/cameras.md).",
)

_SCHEMES = ("http", "https", "rtsp", "onvif")
_PASSWORD_FILE = "camera-password"  # noqa: S105 - the name of a file
_PROMPT = "Password of the camera's user"


@camera.callback()
def _cameras() -> None:
    """Have typer treat the one command as a group."""


@camera.command("try", short_help="Ask a camera for one picture, step by step.")
def try_(
    url: Annotated[
        str,
        typer.Argument(
            help="http:// or https:// of one picture, rtsp:// of a video, or onvif://HOST:PORT."
        ),
    ],
    username: Annotated[str, typer.Option(help="A user of the camera that may view.")] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(help="Its password is the first line. Default: you are asked for it."),
    ] = None,
    auth: Annotated[
        Literal["any", "digest", "basic"],
        typer.Option(help="The authentication that may be answered, as in the config."),
    ] = "any",
    name: Annotated[str, typer.Option(help="Name of the camera in the section.")] = "lobby",
    output: Annotated[Path | None, typer.Option(help="Save the picture to this file.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for the picture, 0.1 to 60.")] = 10.0,
    tls: Annotated[
        Literal["modern", "old"], typer.Option(help='"old" also accepts TLS 1.0 and short keys.')
    ] = "modern",
    ca_file: Annotated[
        Path | None, typer.Option(help="Authority of the camera's certificate (PEM).")
    ] = None,
    fingerprint: Annotated[str, typer.Option(help="SHA-256 of the camera's certificate.")] = "",
) -> None:
    """Ask a camera for one picture as the daemon does, and show each step of the dialogue.

    The config section for this camera is printed at the end, with the settings that it needs. No
    config is read or changed, and the daemon may run. If the camera has only old TLS, or a
    certificate that is not known, that is told, and it is tried again with the setting for it; the
    password then goes out by Digest only. Passwords are not shown.

    Ends with 0 if a picture came, 1 if not, 2 if the command is wrong.

    Examples:
    gardu camera try http://192.0.2.20/snapshot.jpg --output still.jpg

    gardu camera try https://192.0.2.20/ISAPI/Streaming/channels/101/picture --username gardu

    gardu camera try rtsp://192.0.2.20/stream1 --username gardu --password-file camera-password

    gardu camera try onvif://192.0.2.20:2020 --username gardu
    """
    with _password(username, password_file) as file:
        settings = {
            "url": url.replace("onvif://", "http://", 1),
            "purposes": ["desk", "alarm"],
            "username": username,
            "password_file": file,
            "timeout_s": timeout,
            "auth": auth,
        }
        if not url.startswith("rtsp://"):
            given = {"ca_file": str(ca_file or ""), "fingerprint": fingerprint, "tls": tls}
            settings |= {key: value for key, value in given.items() if value}
        _check(url, name)
        trial = Trial(f"camera/{name}", _driver(url), settings, Clock(), _Steps())
        try:
            with problems_printed():
                result = trial.run(notify=_say)
        except DeviceError as error:
            say(f"\nNo picture: {error}.")
            if error.remedy:
                say(f"Try: {error.remedy}")
            raise typer.Exit(1) from None
    _report(result, name, password_file, output)


def _driver(url: str) -> str:
    scheme = url.partition("://")[0]
    return scheme if scheme in ("rtsp", "onvif") else "http"


def _check(url: str, name: str) -> None:
    """End with 2 if the address or the name can never work."""
    problem = url_problem(url, _SCHEMES)
    if problem:
        refuse(f"URL {problem}")
    problems = Problems("")
    convert(Name, name, "--name", problems)
    for line in problems.lines:
        refuse(line)


@contextmanager
def _password(username: str, file: Path | None) -> Iterator[str]:
    """Yield the name of a file with the password, empty without a user; ask for it if needed."""
    if file is not None and not username:
        refuse("--password-file needs --username")
    if file is not None and not file.is_file():
        refuse(f"--password-file {file}: there is no such file")
    if file is not None or not username:
        yield str(file or "")
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as private:  # mode 0600
        private.write(typer.prompt(_PROMPT, hide_input=True, err=True) + "\n")
        private.flush()
        yield private.name


class _Steps:
    """Prints the exchanges with the camera, numbered."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, step: Exchange) -> None:
        self._count += 1
        proof = f", with the password by {step.proof}" if step.proof else ""
        _say(f"{self._count:>2}  {step.method} {step.url}{proof}")
        head = step.response.head
        words = [f"{head.status} {head.reason}".strip()]
        if step.offered:
            words.append(f"asks for {' or '.join(step.offered)}")
        if head.header("location"):
            words.append(f"redirects to {head.header('location').partition('?')[0]}")
        if head.header("content-type"):
            words.append(head.header("content-type"))
        if step.response.body:
            words.append(f"{len(step.response.body)} bytes ({_announced(head.length)})")
        if head.skipped:
            words.append(f"{head.skipped} line(s) that are no headers")
        _say(f"    {', '.join(words)}  [{step.took_s:.2f} s]")


def _announced(length: int | None) -> str:
    return "no length announced" if length is None else f"{length} announced"


def _say(words: str) -> None:
    say(printable(words, 400))


def _report(result: Result, name: str, password_file: Path | None, output: Path | None) -> None:
    width, height = result.size
    say(f"\nA picture of {width} x {height} pixels, {len(result.picture)} bytes, "
        f"in {result.took_s:.2f} s.")  # fmt: skip
    if output is not None:
        write(output, result.picture)
        say(f"saved: {output}")
    kept: dict[str, Any] = dict(result.settings)
    if kept.get("password_file") and password_file is None:
        kept["password_file"] = _PASSWORD_FILE
    for note in result.notes:
        say(f"note: {note}")
    say(f"\n{section(name, result.driver, kept)}")
