"""The layers of guest A in the cache: wheels and modules, root, disk, and the installed disk."""

from pathlib import Path

from virtual_pi import cache
from virtual_pi.build import camera, image, mirror, modules, root
from virtual_pi.build.package import dependencies
from virtual_pi.commands import run, run_in_image
from virtual_pi.errors import CannotRun
from virtual_pi.progress import Progress

SUITE = "trixie"
_BUILD = Path(__file__).parent / "build"


def base(folder: Path, package: Path, progress: Progress, suite: str = SUITE) -> Path:
    """Return the folder with disk.img, vmlinuz and initrd of a guest without Gardu.

    :param folder: the cache
    :param package: the package under test: what it depends on is installed already
    """
    packages = (*root.BASE, *root.TOOLS, *dependencies(package))
    sources = (_BUILD / "root.py", _BUILD / "modules.py", _BUILD / "camera.py")
    try:
        release = mirror.point_release(mirror.mirror(), suite)
    except CannotRun:  # without the mirror, the guest of the last run serves
        latest = _latest(folder, "root")
        if latest is None:
            raise
        progress.note(f"Debian's mirror cannot be reached: {latest.name} is used")
        return _disk(folder, latest, progress)
    digest = cache.key(suite, release, " ".join(packages), *sources)

    def build(into: Path) -> None:
        tree, made = into / "root", into / "modules"
        made.mkdir()
        with progress.stage(f"root of Debian {suite} {release} ({len(packages)} packages)"):
            root.build_root(tree, suite, mirror.mirror(), packages)
        with progress.stage(f"modules gpio-sim and vimc for kernel {root.kernel_version(tree)}"):
            modules.build_modules(tree, made)
        with progress.stage("picamera2"):
            camera.add_camera(tree, made)

    return _disk(folder, cache.layer(folder, "root", digest, build), progress)


def _disk(folder: Path, layer: Path, progress: Progress) -> Path:
    digest = cache.key(layer.name, image.INSIDE, _BUILD / "image.py")

    def build(into: Path) -> None:
        with progress.stage("disk, kernel and initrd"):
            tree = into / "root"
            run("cp", "-a", layer / "root", tree)
            image.add_guest(tree, layer / "modules")
            image.make_image(tree, into)
            run("rm", "-rf", tree)

    return cache.layer(folder, "disk", digest, build)


def installed(folder: Path, disk: Path, package: Path, progress: Progress) -> Path:
    """Return a disk with *package* installed, for tests that do not install it themselves.

    It is installed from outside, without a running systemd, as those do who make images of cards.
    """

    def build(into: Path) -> None:
        with progress.stage(f"{package.name} on a disk of its own"):
            image = into / "disk.img"
            run("cp", "--sparse=always", disk / "disk.img", image)
            run_in_image(image, f"dpkg -i /mnt/{package.name}", package.parent, "/mnt")

    return cache.layer(folder, "installed", cache.key(disk.name, package), build) / "disk.img"


def _latest(folder: Path, name: str) -> Path | None:
    found = [path for path in folder.glob(f"{name}-*") if not path.name.endswith(".partial")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)
