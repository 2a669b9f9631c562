"""The virtual Pi: the Debian package on a real kernel under systemd, in QEMU."""
