"""The cache of guests: what a layer's name depends on, and that no half-made layer is used."""

from pathlib import Path

import pytest

from virtual_pi import cache


def test_key_follows_contents(tmp_path: Path) -> None:
    """A layer is built again when a file that it is made of has changed."""
    file = tmp_path / "build.py"
    file.write_text("one")
    first = cache.key("trixie", file)
    file.write_text("two")
    assert cache.key("trixie", file) != first


def test_key_of_a_folder_has_all_its_files(tmp_path: Path) -> None:
    """A helper program that is added to the guest gives another disk."""
    (tmp_path / "agent.py").write_text("agent")
    first = cache.key(tmp_path)
    (tmp_path / "pins.py").write_text("pins")
    assert cache.key(tmp_path) != first


def test_key_keeps_parts_apart() -> None:
    """Texts that are only joined differently give different layers."""
    assert cache.key("ab", "c") != cache.key("a", "bc")


def test_folder_follows_the_environment() -> None:
    """A user can place the gigabytes of the cache elsewhere."""
    assert cache.cache_folder({"VIRTUAL_PI_CACHE": "/srv/pi"}) == Path("/srv/pi")
    assert cache.cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/gardu/virtual-pi")
    assert cache.cache_folder({"HOME": "/home/a"}) == Path("/home/a/.cache/gardu/virtual-pi")


def test_layer_is_built_once(tmp_path: Path) -> None:
    """A layer in the cache is used again."""
    built = []

    def build(into: Path) -> None:
        built.append(into)
        (into / "disk.img").write_text("disk")

    first = cache.layer(tmp_path, "disk", "1", build)
    assert cache.layer(tmp_path, "disk", "1", build) == first
    assert len(built) == 1
    assert (first / "disk.img").read_text() == "disk"


def test_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """A build that was interrupted never becomes a layer."""

    def build(into: Path) -> None:
        (into / "disk.img").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.layer(tmp_path, "disk", "1", build)
    assert list(tmp_path.iterdir()) == []


def test_older_layers_are_removed(tmp_path: Path) -> None:
    """The cache does not grow with each change: two layers of a name stay."""
    for number in range(4):
        cache.layer(tmp_path, "disk", str(number), lambda into: None)
    cache.layer(tmp_path, "root", "0", lambda into: None)
    assert len(list(tmp_path.glob("disk-*"))) == 2
    assert (tmp_path / "disk-3").is_dir()
    assert (tmp_path / "root-0").is_dir()
