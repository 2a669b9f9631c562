"""Rows on QEMU's Pi 3B: the arm64 package on a Pi's own pin controller and device tree."""

from pathlib import Path

from virtual_pi.bench import Bench, Row
from virtual_pi.build.package import build_package
from virtual_pi.cache import cache_folder
from virtual_pi.errors import LeftOut, RowFailed
from virtual_pi.raspi3b.card import ARCHITECTURE, SUITE, build_card
from virtual_pi.raspi3b.needs import missing
from virtual_pi.raspi3b.run import run_trial
from virtual_pi.raspi3b.verdict import wrong_in_full, wrong_in_release
from virtual_pi.site import SHIPPED

_RELEASE_INIT = "/usr/local/lib/virtual-pi/release-init"


def layer(bench: Bench) -> Path:
    """Return the Pi's memory card with the package for arm64; build what is missing."""
    lacking = missing()
    if lacking:
        raise LeftOut(f"Debian packages are missing: apt install {' '.join(lacking)}")
    return build_card(cache_folder(), _package(bench), SHIPPED.parent, bench.progress)


def _package(bench: Bench) -> Path:
    """Return the package for arm64 beside the one under test; build it unless it is newer."""
    beside = bench.package.with_name(bench.package.name.replace("_amd64", f"_{ARCHITECTURE}"))
    if beside.exists() and beside.stat().st_mtime >= bench.package.stat().st_mtime:
        return beside
    with bench.progress.stage(f"Debian package for {ARCHITECTURE}"):
        return build_package(SUITE, ARCHITECTURE)


def persisting(bench: Bench) -> str:
    """Kill programs that drive outputs, on a kernel that keeps them driven; start the daemon."""
    found = run_trial(layer(bench), bench.work, persist=True)
    wrong = wrong_in_full(found)
    if wrong:
        raise RowFailed("\n".join(wrong))
    return (
        f"READY in {found['ready']['seconds']:.0f} s; outputs stay driven, and are at rest after "
        f"ExecStopPost=; {found['imports'][0]} load"
    )


def releasing(bench: Bench) -> str:
    """Kill the same program on a kernel with strict_gpiod."""
    found = run_trial(layer(bench), bench.work, persist=False, init=_RELEASE_INIT)
    wrong = wrong_in_release(found)
    if wrong:
        raise RowFailed("\n".join(wrong))
    return f"released at once: {found['killed']}"


ROWS = (
    Row("pi3b", "Pi 3B: arm64 package, outputs at rest after SIGKILL where kernels keep them",
        persisting, settled=False),
    Row("pi3b-strict", "Pi 3B with strict_gpiod: the kernel releases the outputs", releasing,
        settled=False),
)  # fmt: skip
