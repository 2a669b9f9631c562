"""Runs commands of this machine, also inside a root folder with mounts of its own.

The mounts belong to a mount namespace: they end with the command, also if all is killed.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from virtual_pi.errors import CommandFailed

_LAST_LINES = 15
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def run(
    *words: str | Path,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Run a command and return its output.

    :param timeout: seconds; None: no limit
    :raises CommandFailed: if its exit code is not 0, or it does not end in time
    """
    command = [str(word) for word in words]
    try:
        done = subprocess.run(  # noqa: S603 - arguments of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=environment,
            cwd=folder,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandFailed(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{command[0]} did not end in {timeout:.0f} s") from error
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        last = "\n".join(output.splitlines()[-_LAST_LINES:])
        raise CommandFailed(f"{' '.join(command)[:300]}: exit code {done.returncode}\n{last}")
    return output


def start(*words: str | Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a program that ends with this process, also if it is killed.

    It has a session of its own, so that Ctrl-C at the terminal does not reach it.

    :param log: the file for its output
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - arguments of ours
            ["/usr/bin/setpriv", "--pdeathsig", "KILL", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def run_in(root: Path, script: str, binds: Sequence[tuple[Path, str]] = ()) -> str:
    """Run a shell script inside *root*, with /proc, the network and this machine's certificates.

    :param binds: folders of this machine, with the places in *root* where the script finds them
    :raises CommandFailed: if a line of the script fails
    """
    lines = [
        f"mount -t proc proc {root}/proc",
        f"mount --bind /etc/resolv.conf {_place(root, 'etc/resolv.conf')}",
        f"mount --bind {_CERTIFICATES} {_place(root, _CERTIFICATES[1:])}",
    ]
    for folder, place in binds:
        inside = root / place.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        lines.append(f"mount --bind {folder} {inside}")
    lines.append(f'exec chroot {root} /bin/sh -ec "$1"')
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_CERT": _CERTIFICATES,
        "SSL_CERT_FILE": _CERTIFICATES,
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": "/root/wheels",
    }
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return run(*apart, "sh", "-ec", "; ".join(lines), "sh", script, environment=environment)


def run_in_image(image: Path, script: str, folder: Path, place: str) -> str:
    """Run a shell script inside a disk image of one file system, and return its output.

    :param folder: a folder of this machine that the script finds at *place*
    :raises CommandFailed: if a line of the script fails
    """
    lines = (
        'root=$(mktemp -d); trap "umount -R $root; rmdir $root" EXIT',
        'mount -o loop "$1" "$root"',
        'mkdir -p "$root$3"',
        'mount -t proc proc "$root/proc"; mount --bind "$2" "$root$3"',
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive",
        'chroot "$root" /bin/sh -ec "$4"',
    )
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec")
    return run(*apart, "\n".join(lines), "sh", image, folder, place, script)


def _place(root: Path, name: str) -> Path:
    """Return the file *name* in *root*, made empty if it is missing, so that it can be covered."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() and not path.is_symlink():
        path.touch()
    return path
