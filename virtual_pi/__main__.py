"""``make virtual-pi``: the Debian package in a virtual machine with a real kernel and systemd.

Builds the package and a guest (Debian trixie, x86-64; it stays in the cache), installs the package
as a technician does, and runs one test after the other. The table goes to stdout, progress to
stderr. Exit code 1 if a test failed, 2 if this machine cannot run it. docs/virtual-pi.md describes
it.
"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random

from virtual_pi import images, needs
from virtual_pi.bench import Bench, Row
from virtual_pi.broker import broker
from virtual_pi.build.package import build_package, given_package
from virtual_pi.cache import cache_folder
from virtual_pi.errors import CannotRun, CommandFailed, LeftOut, RowFailed, Unreachable
from virtual_pi.guest import Guest
from virtual_pi.progress import Progress, to_stderr
from virtual_pi.qemu import accelerator
from virtual_pi.records import subscriber
from virtual_pi.rows.table import ROWS
from virtual_pi.run_rows import run_rows
from virtual_pi.table import Result, all_passed, table


def choose(rows: tuple[Row, ...], only: str, *, quick: bool) -> tuple[Row, ...]:
    """Return the rows of a run.

    :param only: names, separated by commas; empty: all
    :raises ValueError: if there is no row of that name
    """
    if not only:
        return tuple(row for row in rows if row.quick or not quick)
    wanted = [name.strip() for name in only.split(",")]
    known = {row.name: row for row in rows}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"no test is called {', '.join(unknown)}; there are: {', '.join(known)}")
    return tuple(row for row in rows if row.name in wanted)


def _bench(stack: ExitStack, asked: argparse.Namespace, rows: tuple[Row, ...]) -> Bench:
    """Build what is missing, boot the guest, and return the bench."""
    progress, cache = Progress(), cache_folder()
    needs.check(cache, progress)
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="virtual-pi-")))
    if asked.package:
        package = given_package(asked.package.absolute())
    else:
        with progress.stage("Debian package"):
            package = build_package(images.SUITE)
    disk = images.base(cache, package, progress)
    base = None
    if rows[0].name != "install":
        base = images.installed(cache, disk, package, progress)
    accel = accelerator(disk / "vmlinuz", work)
    if accel == "tcg":
        progress.note("no KVM: the processor is emulated, and faults are repeated fewer times")
    port = stack.enter_context(broker(work))
    office = stack.enter_context(subscriber(port))
    guest = Guest(disk, work / "guest", accel, base)
    stack.callback(guest.cut_power)
    bench = Bench(guest, office, port, package, work, progress, Random(asked.seed))  # noqa: S311
    bench.pictures = asked.pictures
    with progress.stage(f"boot ({accel})"):
        guest.boot()
    return bench


def run(asked: argparse.Namespace, rows: tuple[Row, ...]) -> int:
    """Run the tests and print the table; return the exit code."""
    results: list[Result] = []
    with ExitStack() as stack:
        bench = _bench(stack, asked, rows)
        bench.progress.note(f"seed {asked.seed}")

        def report(result: Result) -> None:
            results.append(result)
            bench.progress.note(f"{result.name}: {result.word}: {result.figure}")

        try:
            run_rows(rows, bench, report, tries=2 if asked.quick else 1)
        finally:
            sys.stdout.write(table(results) + "\n")
            sys.stdout.flush()
        if asked.keep:
            _keep(bench)
    return 0 if all_passed(results) else 1


def _keep(bench: Bench) -> None:
    """Leave the guest running until Ctrl-C, and print how to enter it."""
    folder = bench.guest.folder
    to_stderr(
        f"The guest runs until Ctrl-C. In another terminal, as root:\n"
        f"  a command:  python -m virtual_pi --enter {folder} 'systemctl status gardu'\n"
        f"  a terminal: socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:{folder}/console\n"
        f"              (user root, without a password; Ctrl-] leaves it)\n"
        f"  the broker: mosquitto_sub -V 5 -p {bench.port} -t 'gardu/#' -v"
    )
    signal.pause()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m virtual_pi", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--only", default="", metavar="NAMES", help="only these tests: a,b")
    parser.add_argument("--list", action="store_true", help="list the tests")
    parser.add_argument("--quick", action="store_true", help="only the tests of the quick run")
    parser.add_argument("--keep", action="store_true", help="leave the guest running at the end")
    parser.add_argument(
        "--package", type=Path, metavar="FILE", help="this .deb, instead of make deb"
    )
    parser.add_argument(
        "--if-possible",
        action="store_true",
        help="pass if this machine cannot run the virtual Pi",
    )
    parser.add_argument("--seed", type=int, default=2017, help="for moments of cuts (2017)")
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="draw what the technician sees, as SVG"
    )
    parser.add_argument(
        "--enter", nargs=2, metavar=("FOLDER", "COMMAND"), help="run a command in a guest of --keep"
    )
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        rows = choose(ROWS, asked.only, quick=asked.quick)
    except ValueError as error:
        parser.error(str(error))
    try:
        sys.exit(_do(asked, rows))
    except CannotRun as reason:
        to_stderr(f"The virtual Pi cannot run here: {reason}")
        sys.exit(0 if asked.if_possible else 2)
    except (CommandFailed, RowFailed, LeftOut, Unreachable) as error:
        to_stderr(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        to_stderr("ended")
        sys.exit(130)


def _do(asked: argparse.Namespace, rows: tuple[Row, ...]) -> int:
    if asked.list:
        for row in rows:
            sys.stdout.write(f"{row.name:14} {'quick' if row.quick else '     '}  {row.shows}\n")
        return 0
    if asked.enter:
        from virtual_pi.agent import Agent

        code, output = Agent(Path(asked.enter[0]) / "agent").ask(asked.enter[1], timeout=3600)
        sys.stdout.write(output)
        return code
    return run(asked, rows)


if __name__ == "__main__":
    main()
