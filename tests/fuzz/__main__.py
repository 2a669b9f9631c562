"""`make fuzz`: hostile bytes for every reader, for a bounded time each.

The corpus (tests/fuzz/corpus/TARGET) is where each search begins; ``make test`` replays it. What a
search adds stays in a temporary folder: with --keep, the smallest set that reaches the same
branches replaces the corpus. Bytes that break a target are written to tests/fuzz/found.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
CORPUS, FOUND = HERE / "corpus", HERE / "found"

# Nothing that is read here is longer: a request has 4 KiB, an invitation 600 characters.
_LONGEST = 4096
# A single input that takes longer is a finding, seconds.
_SLOWEST_S = 10
# The most files of a corpus, so that its replay takes seconds.
_MOST_KEPT = 60


def fuzz(name: str, seconds: int, *, keep: bool) -> bool:
    """Search with the target *name* for *seconds*; return True if all bytes were read well."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as new:
        done = _libfuzzer(
            name, new, str(CORPUS / name), f"-max_total_time={seconds}",
            f"-max_len={_LONGEST}", f"-timeout={_SLOWEST_S}", f"-artifact_prefix={FOUND}/{name}-",
            "-print_final_stats=1", "-verbosity=0", "-rss_limit_mb=1024",
        )  # fmt: skip
        if keep and done:
            _shrink(name, new)
    return done


def _shrink(name: str, new: str) -> None:
    with tempfile.TemporaryDirectory() as smallest:
        _libfuzzer(name, "-merge=1", "-verbosity=0", smallest, str(CORPUS / name), new)
        files = sorted(Path(smallest).iterdir(), key=lambda file: (file.stat().st_size, file.name))
        for file in files[:_MOST_KEPT]:
            shutil.copy(file, CORPUS / name / file.name[:12])


def _libfuzzer(name: str, *arguments: str) -> bool:
    command = [sys.executable, "-m", "tests.fuzz.one", name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        sys.stdout.write(f"{done.stdout}{done.stderr[-6000:]}\n")
    else:
        counts = [line for line in done.stderr.splitlines() if "number_of_executed" in line]
        runs = counts[0].rpartition(" ")[2] if counts else "?"
        if counts:
            sys.stdout.write(f"{name}: {runs} inputs, all read well\n")
    sys.stdout.flush()
    return done.returncode == 0


def main() -> int:
    """Fuzz the targets that the command line names, or all; return 1 if one fails."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--keep", action="store_true", help="add what was found to the corpus")
    given = parser.parse_args()
    unknown = [name for name in given.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; allowed: {', '.join(TARGETS)}")
    done = [fuzz(name, given.seconds, keep=given.keep) for name in given.targets or TARGETS]
    return 0 if all(done) else 1


if __name__ == "__main__":
    raise SystemExit(main())
