"""Folders like the kernel's sysfs, with the gpiochips of Raspberry Pis."""

from pathlib import Path

PI_5 = {
    "gpiochip0": "brcm,brcmstb-gpio",
    "gpiochip10": "brcm,bcm7445-gpio\0brcm,brcmstb-gpio",
    "gpiochip11": "raspberrypi,rp1-gpio",
}
PI_4 = {"gpiochip0": "brcm,bcm2711-gpio", "gpiochip1": "raspberrypi,firmware-gpio"}
PI_3 = {"gpiochip0": "brcm,bcm2835-gpio", "gpiochip2": "raspberrypi,firmware-gpio"}
PC = {"gpiochip0": "intel,some-gpio"}


def make_sysfs(root: Path, chips: dict[str, str], persist: dict[str, str] | None = None) -> Path:
    """Make gpiochips (device-tree strings end with a zero byte) and drivers' parameters.

    :param persist: ``persist_gpio_outputs`` of each kernel driver that has it
    """
    for chip, names in chips.items():
        node = root / "bus/gpio/devices" / chip / "of_node"
        node.mkdir(parents=True)
        (node / "compatible").write_bytes(names.encode() + b"\0")
    for driver, value in (persist or {}).items():
        folder = root / "module" / driver / "parameters"
        folder.mkdir(parents=True)
        (folder / "persist_gpio_outputs").write_text(f"{value}\n", "ascii")
    return root
