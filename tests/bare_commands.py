"""Every command of `gardu` where no extra is installed: it works, or names the extra.

A program of its own, with the standard library and Gardu alone: ``.ci/run`` runs it in an
environment that has Gardu without extras, ``tests/commands/test_extras.py`` in the present one with
the extras' packages hidden (``--hide``).
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from edge.clock import Clock
from edge.commands.app import COMMANDS
from edge.commands.extras import EXTRAS
from edge.config.places import default_config_folder
from edge.store.store import Store

MAIN = "from edge.commands.main import main; main()"
# As if the packages of the extras were not installed.
HIDE = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(EXTRAS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""
LONGEST_S = 60.0

Run = Callable[[str, list[str], Path], "subprocess.CompletedProcess[str]"]


class Case(NamedTuple):
    """One run: the words after `gardu`, its exit code, and the extra that it must name."""

    words: str
    code: int = 0
    extra: str = ""


SUBCOMMANDS = {
    "sop": ("list", "show", "verify", "diff", "reasons"),
    "guestbook": ("export", "key", "open", "purge"),
    "invitation": ("key", "make", "read"),
    "records": ("resend",),
    "camera": ("try",),
}
# {config} is a config with an empty database, {out} a file that is not there yet.
CASES = (
    Case("--version"),
    Case("init --print-answers"),
    Case("check --config {config}"),
    Case("schema config"),
    Case("schema procedure"),
    Case("sop list"),
    Case("sop parts"),
    Case("sop show pimpinan"),
    Case("sop show pimpinan --form flowchart --format svg -o {out}"),
    Case("sop show pimpinan --format html -o {out}", 1, "print"),
    Case("sop show pimpinan --form table --format html -o {out}", 1, "print"),
    Case("sop show pimpinan --format pdf -o {out}", 1, "print"),
    Case("sop verify"),
    Case("sop diff pimpinan jatim"),
    Case("sop diff pimpinan jatim --format html -o {out}", 1, "print"),
    Case("sop diff pimpinan jatim --format pdf -o {out}", 1, "print"),
    Case("sop reasons"),
    Case("reload --config {config}"),
    Case("day --config {config}", 1),
    Case("report --config {config}"),
    Case("report --config {config} --format csv"),
    Case("report --config {config} --format json"),
    Case("report --config {config} --format html", 1, "print"),
    Case("report --config {config} --format pdf -o {out}", 1, "print"),
    Case("report --config {config} --format xlsx -o {out}", 1, "report"),
    Case("report --config {config} --format csv -o {out} --with-guestbook"),
    Case("guestbook export --config {config} -o {out}"),
    Case("guestbook key new -o {out}", 1, "sealing"),
    Case("breach --period 2026-01-01..2026-02-01 --config {config}"),
    Case("guestbook purge --config {config} --before 2026-01-01 --yes"),
    Case("request key --id meja-1 -o {out}", 1, "signatures"),
    Case("request sign register - --to a/b --key {key}", 1),
    Case("request send register - --to a/b", 2),
    Case("invitation key -o {out}", 1, "signatures"),
    Case("invitation make --key {key} --site s --procedure pimpinan --from 2098-12-15 "
         "--until 2099-01-01", 1, "signatures"),
    Case("invitation read GARDU1X --key-file {public}", 1),
    Case("records --config {config}"),
    Case("records --config {config} --json"),
    Case("records resend 1 2 --config {config}"),
    Case("verify --config {config}"),
    Case("backup {out} --config {config}"),
    Case("restore {key} --config {config}", 1),
    Case("undo-migration --config {config}"),
    Case("support-bundle {out} --config {config} --no-doctor"),
    Case("watch --broker http://nowhere", 2),
    Case("doctor --config {config} data"),
    Case("camera try http://127.0.0.1:9/s.jpg", 1),
    Case("camera try rtsp://127.0.0.1:9/s", 1, "video"),
    Case("watch-inputs --config {config}", 1),
    Case("unit-network --config {config}"),
    Case("wiring --config {config} --svg {out}"),
    Case("panel --config {config} --svg {out}"),
    Case("outputs-off --config {config}", 1, "pi"),
    Case("run --config {config}", 1),
    Case("sim", 1, "sim"),
    Case("sim day --seed 1", 1, "sim"),
    Case("desk --config {config}", 1, "desk"),
    Case("desk pin reception --config {config}", 1, "desk"),
    Case("office check", 1, "office"),
    Case("office broker list", 1, "office"),
    Case("sim --procedure pimpinan --guests 2 --speed 40 --json", 1, "sim"),
)  # fmt: skip
HELP = (
    *(Case(f"{name} --help") for name in ("", "run", "sim", "desk", "office", "watch", *COMMANDS)),
    *(Case(f"{name} {one} --help") for name, ones in SUBCOMMANDS.items() for one in ones),
)


def prepare(folder: Path) -> dict[str, str]:
    """Make a config with an empty database, and keys, in *folder*; return their places."""
    source = default_config_folder()
    config = (source / "gardu.toml").read_text(encoding="utf-8")
    config = config.replace('# data = "/var/lib/gardu"', f'data = "{folder / "data"}"')
    config = config.replace("[checkpoint]\n", f'[checkpoint]\nsop = "{source / "sop"}"\n', 1)
    (folder / "gardu.toml").write_text(config, encoding="utf-8")
    closing(Store(folder / "data", "/gardu/setda-tanjabbar/lobi-utama", Clock())).__exit__()
    key = "A" * 43 + "="
    (folder / "key").write_text(f"gardu-secret-key {key}\n", encoding="ascii")
    (folder / "public").write_text(f"{key}\n", encoding="ascii")
    return {name: str(folder / name) for name in ("key", "public")} | {
        "config": str(folder / "gardu.toml")
    }


def run(code: str, words: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the Python *code* with *words* as a process of its own, in *folder*."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S, check=False,
        cwd=folder,
    )  # fmt: skip


def fault(
    case: Case, folder: Path, places: dict[str, str], *, hide: bool = False, run: Run = run
) -> str:
    """Run *case*; return what is wrong, in words, or an empty text.

    :param run: runs code with words in a folder
    """
    out = folder / "out"
    out.unlink(missing_ok=True)
    words = [word.format(**places, out=out) for word in case.words.split()]
    ran = run((HIDE if hide else "") + MAIN, words, folder)
    said = ran.stdout + ran.stderr
    named = f"pip install 'gardu[{case.extra}]'" if case.extra else ""
    if "Traceback" in said or ran.returncode != case.code or named not in said:
        wanted = f"exit code {case.code}" + (f" and {named}" if named else "")
        return f"gardu {case.words}: wanted {wanted}, got {ran.returncode}:\n{said[-2000:]}"
    return ""


def main() -> int:
    """Run every case; print what is wrong and return 1, or return 0."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = prepare(folder)
        hide = "--hide" in sys.argv
        faults = [
            found for case in (*CASES, *HELP) if (found := fault(case, folder, places, hide=hide))
        ]
    sys.stdout.write("\n".join([*faults, f"{len(CASES) + len(HELP)} runs, {len(faults)} wrong\n"]))
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
