"""The camera of guest A: picamera2 as `apt install python3-picamera2` gives it on Raspberry Pi OS.

Debian has libcamera but no picamera2, so it comes from PyPI.
"""

from pathlib import Path

from virtual_pi.commands import run_in

_PACKAGES = (
    "picamera2", "python-prctl", "piexif", "simplejpeg", "videodev2", "tqdm", "jsonschema",
    "jsonschema-specifications", "referencing", "rpds-py", "attrs", "libarchive-c", "av", "PiDNG",
    "OpenEXR", "lgpio",
)  # fmt: skip
_PLACE = "/usr/lib/python3/dist-packages"  # apt's own: environments with system packages see it

# picamera2 imports pykms for previews on a screen; Debian has no package of it.
_PYKMS = '''"""Stands for pykms, which shows previews on a screen: there is none."""


class _Missing:
    def __getattr__(self, name):
        return _Missing()

    def __call__(self, *arguments, **options):
        return _Missing()


def __getattr__(name):
    return _Missing()
'''


def add_camera(root: Path, wheels: Path) -> None:
    """Install picamera2 into *root*, with *wheels* that PyPI does not have.

    :raises CommandFailed: if it cannot be installed or imported
    """
    names = " ".join(_PACKAGES)
    run_in(
        root,
        "python3 -m ensurepip --version >/dev/null; python3 -m venv /root/pip; "
        f"/root/pip/bin/pip install -q --target {_PLACE} --no-deps {names}; rm -r /root/pip",
        binds=[(wheels, "/root/wheels")],
    )
    (root / _PLACE.lstrip("/") / "pykms.py").write_text(_PYKMS, "utf-8")
    run_in(root, "python3 -c 'import picamera2'")
