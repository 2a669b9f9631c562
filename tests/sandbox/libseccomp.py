"""Calls libseccomp, which systemd itself uses; Debian's systemd depends on its package.

Its own Python binding is tied to the system's Python, and the one on PyPI has had no release since
2021. Six functions are needed.
"""

import ctypes
from collections.abc import Sequence
from ctypes.util import find_library

_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LIBRARY = find_library("seccomp")


class _Comparison(ctypes.Structure):
    """``struct scmp_arg_cmp``."""

    _fields_ = [
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    ]


def available() -> bool:
    """Return True if the library is on this machine."""
    return _LIBRARY is not None


def _loaded() -> ctypes.CDLL:
    library = ctypes.CDLL(_LIBRARY, use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    return library


def number_of(name: str) -> int:
    """Return the number of the system call *name*; negative if this machine has no such call."""
    return int(_loaded().seccomp_syscall_resolve_name(name.encode()))


def name_of(number: int) -> str:
    """Return the name of the system call *number*."""
    native = 0
    library = _loaded()
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p  # never freed: a few bytes
    name = library.seccomp_syscall_resolve_num_arch(native, number)
    return name.decode() if name else f"system call {number}"


def install(allowed: Sequence[tuple[str, Sequence[Sequence[int]]]]) -> int:
    """Filter the calls of this process and its children; return the descriptor of the refusals.

    :param allowed: names, each with its conditions: position, operator, two values
    :raises OSError: if the kernel or the library refuses
    """
    library = _loaded()
    context = ctypes.c_void_p(_checked(library.seccomp_init(ctypes.c_uint32(_NOTIFY)) or -1))
    for name, conditions in allowed:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # a call of other machines
            continue
        comparisons = (_Comparison * len(conditions))(*(_Comparison(*one) for one in conditions))
        _checked(
            library.seccomp_rule_add_array(
                context, ctypes.c_uint32(_ALLOW), number, len(conditions), comparisons
            )
        )
    _checked(library.seccomp_load(context))
    return _checked(library.seccomp_notify_fd(context))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(-result, "libseccomp refuses the filter")
    return result
