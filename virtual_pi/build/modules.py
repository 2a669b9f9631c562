"""Builds what Debian does not ship: the kernel modules gpio-sim and vimc, and wheels.

gpio-sim are the header's pins, vimc is the camera. They come from Debian's own kernel source, built
in a copy of the guest's root that is thrown away.
"""

import shutil
from pathlib import Path

from virtual_pi.build.root import install, kernel_version
from virtual_pi.commands import run, run_in

_TOOLS = (
    "gcc", "make", "libc6-dev", "xz-utils", "swig", "python3-dev", "python3-pip", "libcap-dev",
)  # fmt: skip

# irq_sim.c is part of the kernel itself; handle_simple_irq() is its only call that modules lack.
_SOURCES = r"""
mkdir -p /src/gpio-sim /src/vimc
tar -C /src --strip-components 1 -xf /usr/src/linux-source-*.tar.xz --wildcards \
    '*/drivers/gpio/*' '*/kernel/irq/irq_sim.c' '*/drivers/media/test-drivers/vimc/*'
cd /src
cp drivers/gpio/gpio-sim.c gpio-sim/gpio_sim_core.c
cp drivers/gpio/*.h kernel/irq/irq_sim.c gpio-sim/
sed -i 's/handle_simple_irq(irq_to_desc(\(.*\)));/generic_handle_irq(\1);/' gpio-sim/irq_sim.c
printf 'obj-m := gpio-sim.o\ngpio-sim-y := gpio_sim_core.o irq_sim.o\n' > gpio-sim/Makefile
cp drivers/media/test-drivers/vimc/* vimc/
cd vimc
{ echo 'obj-m := vimc.o'; printf 'vimc-y :='; for c in *.c; do printf ' %s' "${c%.c}.o"; done; echo
} > Makefile
"""

# PYPI=1 is lgpio's own switch: its C library is linked in. None of these has a wheel for Python
# 3.13; python-prctl and PiDNG belong to picamera2.
_WHEELS = (
    "PYPI=1 python3 -m pip wheel -q --no-deps -w /src/wheels lgpio==0.2.2.0 python-prctl PiDNG"
)


def build_modules(root: Path, into: Path) -> None:
    """Put gpio-sim.ko, vimc.ko and the wheels for the kernel and Python of *root* into *into*."""
    kernel = kernel_version(root)
    series = ".".join(kernel.split(".")[:2])
    build = into / "build"
    run("cp", "-a", root, build)
    install(build, (*_TOOLS, f"linux-headers-{kernel}", f"linux-source-{series}"))
    run_in(build, _SOURCES)
    for module in ("gpio-sim", "vimc"):
        run_in(build, f"make -s -C /lib/modules/{kernel}/build M=/src/{module} modules")
        shutil.copy(build / "src" / module / f"{module}.ko", into)
    run_in(build, _WHEELS)
    for wheel in (build / "src/wheels").glob("*.whl"):
        shutil.copy(wheel, into)
    shutil.rmtree(build)
