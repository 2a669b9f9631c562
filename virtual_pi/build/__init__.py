"""Builds the layers of a guest: its root, the kernel modules, the disk, the Debian package."""
