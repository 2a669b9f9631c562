"""gpiozero's pins on the library lgpio.

Rules of this module
--------------------
1. lgpio makes a FIFO in the working directory when it is imported, and changes to ``LG_WD``: it
   gets a directory of its own, and the working directory is restored.
2. An output is claimed *with* its level. gpiozero claims it low and writes afterwards, which
   switches an active-low relay on for a moment (gpiozero pull request 1177).
3. The chip that was opened is compared with the chip that was asked for: gpiozero 2.0.1 ignored
   the number.
"""

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path
from types import ModuleType

from gpiozero import Factory

from edge.errors import DeviceUnavailable

_log = logging.getLogger(__name__)


def lgpio_factory(number: int) -> Factory:
    """Return the factory of the pins of gpiochip *number*.

    :raises DeviceUnavailable: if gpiozero opened another chip
    """
    lgpio = _import_lgpio()
    # This imports lgpio, so it must come after _import_lgpio() (rule 1).
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class LevelFirstPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        """A pin that becomes an output at the wanted level in one request to the kernel."""

        def output_with_state(self, state: bool) -> None:  # noqa: FBT001  # gpiozero's signature
            self.when_changed = None
            # The handle is private in gpiozero, which offers no other way to name the chip.
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001

    factory = LGPIOFactory(chip=number)
    factory.pin_class = LevelFirstPin
    _, lines, name, label = lgpio.gpio_get_chip_info(factory._handle)  # noqa: SLF001  # see above
    if name != f"gpiochip{number}":
        factory.close()
        raise DeviceUnavailable(
            f"gpio: gpiozero opened {name} instead of gpiochip{number}",
            "Install the Debian package again (sudo apt install --reinstall gardu), or in an "
            "environment of your own: pip install --upgrade 'gpiozero>=2.0.1.post1'.",
        )
    _log.info("pins: lgpio on %s (%s, %d lines)", name, label, lines)
    return factory


def _import_lgpio() -> ModuleType:
    if "LG_WD" not in os.environ:
        os.environ["LG_WD"] = _fifo_directory()
    before = Path.cwd()
    try:
        import lgpio  # hardware library; and see rule 1
    finally:
        os.chdir(before)
    assert isinstance(lgpio, ModuleType)
    return lgpio


def _fifo_directory() -> str:
    """Return systemd's runtime directory, or a temporary one that is removed at exit."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if runtime:
        return runtime
    temporary = tempfile.mkdtemp(prefix="gardu-lgpio-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return temporary
