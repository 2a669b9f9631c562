"""Examines the package on the Pi 3B and prints each finding as a line for the host.

``trial.py full`` runs under systemd; ``trial.py release`` is the whole of a shorter run without it.
"""

import importlib
import json
import pkgutil
import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

GARDU = "/usr/bin/gardu"
CONFIG = "/etc/gardu/gardu.toml"
DROP_INS = Path("/run/systemd/system/gardu.service.d")
PERSIST = Path("/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs")
LOCK, LAMP = 5, 9
"""A lock's relay (energised: low) and a lamp (lit: high)."""

# Energises a lock and a lamp, as a daemon does that dies in the middle of a pulse.
HOLD = f"""
import signal
from gpiozero import DigitalOutputDevice
from edge.daemon.systemd import notify
from edge.drivers.gpio.pins import pin_factory
factory = pin_factory("auto")
held = [
    DigitalOutputDevice({LOCK}, active_high=False, initial_value=False, pin_factory=factory),
    DigitalOutputDevice({LAMP}, active_high=True, initial_value=False, pin_factory=factory),
]
for output in held:
    output.on()
print(type(factory).__name__, flush=True)
notify("READY=1")
signal.pause()
"""


def tell(name: str, value: object) -> None:
    """Print the finding *name* for the host."""
    with Path("/dev/console").open("w") as console:
        console.write(f"\nTRIAL {json.dumps({'name': name, 'value': value})}\n")


def pins() -> dict[str, str]:
    """Return function and level of the lock's and the lamp's pin, as the driver reads them."""
    found = {}
    for file in Path("/sys/kernel/debug/pinctrl").glob("*/pins"):
        for line in file.read_text().splitlines():
            match = re.search(r"\(gpio(\d+)\).*function (\S+) in (\S+);", line)
            if match and int(match[1]) in (LOCK, LAMP):
                found[match[1]] = f"{match[2]} {match[3]}"
    return found


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return its exit code and its output."""
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def gardu(*words: str) -> dict[str, object]:
    """Run a command of gardu and return its exit code and its output."""
    done = run(GARDU, *words)
    return {"code": done.returncode, "output": (done.stdout + done.stderr)[-30000:]}


def systemctl(*words: str) -> int:
    """Run systemctl and return its exit code."""
    return run("systemctl", *words).returncode


def shown(key: str) -> str:
    """Return a property of the unit."""
    return run("systemctl", "show", "-p", key, "--value", "gardu").stdout.strip()


def imports() -> list[str]:
    """Import every module that the package contains and return those that cannot be loaded."""
    failed = []
    found = pkgutil.iter_modules([sysconfig.get_path("platlib")])
    names = sorted({module.name for module in found} - {"sim"})
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a library may raise anything
            failed.append(f"{name}: {error}")
    return [f"{len(names)} modules", *failed]


def install() -> None:
    """Do what the package's installation script and its triggers do on a running system."""
    # An emulated processor is too slow for the unit's limits.
    DROP_INS.mkdir(parents=True)
    (DROP_INS / "slow.conf").write_text("[Service]\nTimeoutStartSec=600\nTimeoutStopSec=300\n")
    systemctl("daemon-reload")
    done = [
        run("systemd-sysusers"),
        run("systemd-tmpfiles", "--create", "gardu.conf"),
        run("udevadm", "control", "--reload"),
        run("udevadm", "trigger", "--subsystem-match=gpio", "--settle"),
        run("sh", "-c", "ls -ln /dev/gpiochip*; getent group gpio; id gardu"),
    ]
    tell("installed", "".join(one.stdout + one.stderr for one in done))


def killed_alone() -> None:
    """Kill a program that drives two outputs; then have ``gardu outputs-off`` cure it."""
    words = [sys.executable, "-c", HOLD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:  # noqa: S603 - ours
        assert holder.stdout is not None
        tell("factory", holder.stdout.readline().strip())
        tell("driven", pins())
        holder.kill()
        holder.wait()
    time.sleep(0.5)
    tell("killed", pins())
    tell("outputs-off", gardu("outputs-off", "--config", CONFIG))
    tell("cured", pins())


def killed_in_the_unit() -> None:
    """Kill the same program within the unit: systemd runs ExecStopPost= and nothing else."""
    program = Path("/run/hold.py")
    program.write_text(HOLD)
    drop_in = DROP_INS / "hold.conf"
    drop_in.write_text(f"[Service]\nExecStart=\nExecStart={sys.executable} {program}\nRestart=no\n")
    systemctl("daemon-reload")
    systemctl("start", "gardu")
    tell("unit-driven", pins())
    systemctl("kill", "--signal=KILL", "gardu")
    while shown("ActiveState") not in ("failed", "inactive"):
        time.sleep(0.2)
    tell("unit-killed", pins())
    tell("unit-state", shown("Result"))
    drop_in.unlink()
    systemctl("daemon-reload")


def daemon() -> None:
    """Start the daemon under its unit, then kill it."""
    began = time.monotonic()
    code = systemctl("start", "gardu")
    tell("ready", {"code": code, "seconds": round(time.monotonic() - began, 1)})
    number = shown("MainPID")
    mapped = Path(f"/proc/{number}/maps").read_text() if number != "0" else ""
    tell("library", [name for name in ("gpiod", "lgpio") if f"/{name}/" in mapped])
    tell("claimed", pins())
    tell("journal", run("journalctl", "-u", "gardu", "-o", "cat", "--no-pager", "-n", "40").stdout)
    systemctl("stop", "gardu")
    tell("stopped", pins())


def main() -> None:
    """Run the trial that the first argument names."""
    try:
        tell("persist", PERSIST.read_text().strip() if PERSIST.exists() else "no such parameter")
        tell("version", gardu("--version"))
        killed_alone()
        tell("doctor", gardu("doctor", "outputs", "--config", CONFIG))
        if sys.argv[1] == "full":
            install()
            killed_in_the_unit()
            daemon()
            tell("check", gardu("check", "--config", CONFIG))
            tell("imports", imports())
    except Exception as error:  # noqa: BLE001 - the host must hear of any
        tell("error", repr(error))
    tell("end", None)


if __name__ == "__main__":
    main()
