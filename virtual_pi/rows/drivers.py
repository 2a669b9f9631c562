"""Rows about the pins' driver: its own tests on the kernel's chip, and what waiting costs."""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import LeftOut, RowFailed

# pytest and what it needs, all without compiled parts: this environment's serve the guest's Python.
_PYTEST = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
_TESTS = "tests/drivers/gpio"
_PYTHON = "/opt/gardu/current/bin/python"
_IDLE_S = 60


def contract(bench: Bench) -> str:
    """Run the tests of the gpiod factory on a second simulated chip in the guest."""
    guest = bench.guest
    folder = bench.work / "contract"
    shutil.rmtree(folder, ignore_errors=True)
    skip = shutil.ignore_patterns("__pycache__", "conftest.py")
    shutil.copytree(site.REPOSITORY / _TESTS, folder / _TESTS, ignore=skip)
    for package in ("tests", "tests/drivers"):
        shutil.copy(site.REPOSITORY / package / "__init__.py", folder / package)
    for name in _PYTEST:
        source = _place(name)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=skip)
        else:
            shutil.copy(source, folder)
    guest.run("rm -rf /root/contract")
    guest.put(folder, "/root/")
    _, output = guest.ask(
        f"cd /root/contract && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=. {_PYTHON} -m pytest -q -rs "
        f"-c /dev/null --rootdir . -p no:cacheprovider -k gpio-sim {_TESTS}/test_gpiod_factory.py",
        timeout=900,
    )
    passed = re.search(r"(\d+) passed", output)
    # Some are skipped on every real chip; none may be because the kernel's is missing.
    if passed is None or re.search(r"\d+ (failed|error)|no gpio-sim", output):
        raise RowFailed(f"the tests of the pins:\n{output[-2500:]}")
    return f"{passed[1]} tests passed on gpio-sim"


def idle(bench: Bench) -> str:
    """Compare the processor time of an idle daemon with gpiod and with lgpio."""
    guest = bench.guest
    if guest.ask(f"{_PYTHON} -c 'import lgpio'").code:
        raise LeftOut("lgpio is not in the package")
    used = {}
    for library in ("lgpio", "gpiod"):
        text = site.config(bench.port).replace('# library = "auto"', f'library = "{library}"', 1)
        guest.write(site.CONFIG, text)
        daemon.start(guest, "restart")
        used[library] = _ticks(bench)
    guest.write(site.CONFIG, site.config(bench.port))
    daemon.start(guest, "restart")
    if used["gpiod"] > used["lgpio"]:
        raise RowFailed(f"gpiod uses more than lgpio: {used} ticks in {_IDLE_S} s")
    share = used["gpiod"] / _IDLE_S
    return f"{share:.1f} % of a core with gpiod, {used['lgpio'] / _IDLE_S:.1f} % with lgpio"


def _ticks(bench: Bench) -> int:
    """Return the daemon's processor time in a minute, in ticks of 1/100 s."""
    process = daemon.pid(bench.guest)
    read = f"awk '{{print $14 + $15}}' /proc/{process}/stat"
    output = bench.guest.run(
        f"{read}; sleep {_IDLE_S}; {read}", timeout=_IDLE_S + 60
    )  # the interval that is measured
    before, after = map(int, output.split())
    return after - before


def _place(name: str) -> Path:
    """Return the folder of an installed package, or the file of a module.

    :raises LeftOut: if this environment does not have it
    """
    found = find_spec(name)
    if found is None or found.origin is None:
        raise LeftOut(f"{name} is not installed here")
    origin = Path(found.origin)
    return origin.parent if origin.name == "__init__.py" else origin


ROWS = (
    Row("pin-tests", "the tests of the pins' driver, on the kernel's gpio-sim", contract),
    Row("idle", "the processor time of an idle daemon", idle),
)
