"""Fixtures of the commands' tests."""

from pathlib import Path

import pytest

from edge.config.places import default_config_folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the config of a checkpoint with its data in *tmp_path*."""
    path = tmp_path / "gardu.toml"
    text = (default_config_folder() / "gardu.toml").read_text(encoding="utf-8")
    text = text.replace('# data = "/var/lib/gardu"', f'data = "{tmp_path / "data"}"')
    path.write_text(text, encoding="utf-8")
    return path
