"""Reads figures of a process from the kernel's ``/proc``."""

import os
from pathlib import Path

import msgspec

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Written(msgspec.Struct, frozen=True):
    """Bytes that a process has written.

    :ivar disk: sent towards the disk (``write_bytes``: whole pages, again at every fsync)
    :ivar calls: given to write calls (``wchar``), pipes and sockets that use them included
    """

    disk: int
    calls: int


def resident_mb(pid: int) -> float:
    """Resident memory now, MB (of 1,000,000 bytes)."""
    return _status_kib(pid, "VmRSS") * 1024 / 1e6


def peak_mb(pid: int) -> float:
    """The most memory that was ever resident, MB."""
    return _status_kib(pid, "VmHWM") * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """Seconds of processor time spent so far, in the program and in the kernel for it."""
    # The name in the second field may have blanks; the rest are numbers.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def tree_cpu_s(pid: int) -> float:
    """Seconds of processor time of a process and its children so far, those that ended included."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if folder.name == str(pid):
            total += sum(int(field) for field in fields[11:15]) / _TICKS_PER_S
        elif int(fields[1]) == pid:
            total += sum(int(field) for field in fields[11:13]) / _TICKS_PER_S
    return total


def written(pid: int) -> Written:
    """Bytes written so far."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    counts = {name: int(value) for name, value in (line.split(": ") for line in lines)}
    return Written(counts["write_bytes"], counts["wchar"])


def _status_kib(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0])
    raise ProcessLookupError(f"process {pid} has ended")
