"""The cache of guests: one folder for each layer, named by a digest of all that it is made of."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

_LATEST = 2  # layers of one name that stay: the present one and the one before


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the cache's folder: VIRTUAL_PI_CACHE, or gardu/virtual-pi in the user's cache."""
    if chosen := environment.get("VIRTUAL_PI_CACHE"):
        return Path(chosen).absolute()
    home = Path(environment.get("HOME", "/root"))
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "gardu/virtual-pi"


def key(*parts: str | Path) -> str:
    """Return the digest of texts and of the contents of files and folders, 12 digits."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(f"text {len(part)}\n{part}".encode())
            continue
        files = sorted(part.rglob("*")) if part.is_dir() else [part]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                content = file.read_bytes()
                digest.update(f"file {file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def layer(cache: Path, name: str, digest: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of a layer; build it first if the cache does not have it.

    A layer appears under its name only when it is complete. Older layers of this name are removed.

    :param build: called with an empty folder to fill
    """
    finished = cache / f"{name}-{digest}"
    if finished.is_dir():
        os.utime(finished)
        return finished
    partial = cache / f"{name}-{digest}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        build(partial)
        partial.rename(finished)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _remove_older(cache, name)
    return finished


def _remove_older(cache: Path, name: str) -> None:
    kept = [path for path in cache.glob(f"{name}-*") if path.is_dir()]
    kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_LATEST:]:
        shutil.rmtree(path, ignore_errors=True)
