"""QEMU's Raspberry Pi 3B: arm64, the real pin controller's driver, and a Pi's device tree.

It has no inputs and no network: it is for what the kernel does with the outputs of the header, and
for the arm64 package. systemd runs on a memory card, as on a Pi.
"""
