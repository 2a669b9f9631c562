"""Debian's mirror, as this machine's own package sources name it."""

import re
import urllib.request

from virtual_pi.commands import run
from virtual_pi.errors import CannotRun


def mirror() -> str:
    """Return the URL of the mirror.

    :raises CannotRun: if this machine has no package source of Debian
    """
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages")
    found = choose(listed.splitlines())
    if found is None:
        raise CannotRun("this machine's package sources (/etc/apt) name no mirror of Debian")
    return found


def choose(urls: list[str]) -> str | None:
    """Return the first URL of a mirror of Debian's own packages, without a slash at its end."""
    for url in urls:
        if re.fullmatch(r"https?://\S+/debian/?", url.strip()):
            return url.strip().rstrip("/")
    return None


def point_release(url: str, suite: str) -> str:
    """Return the version of *suite* at the mirror, such as 13.1: kernels change with it.

    :raises CannotRun: if the mirror does not answer
    """
    try:
        with urllib.request.urlopen(f"{url}/dists/{suite}/InRelease", timeout=30) as answer:  # noqa: S310 - the machine's own mirror
            text = answer.read().decode("utf-8", "replace")
    except OSError as error:
        raise CannotRun(f"Debian's mirror cannot be reached: {error}") from error
    found = re.search(r"^Version: (\S+)$", text, re.MULTILINE)
    return found[1] if found else suite
