"""The sandbox does not become weaker, and each setting that stays open has its reason."""

import json
import re
import subprocess
from pathlib import Path

from tests.sandbox.sandbox import needs_filter
from tests.sandbox.unit_file import UNIT

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"

pytestmark = needs_filter


def exposed() -> set[str]:
    """Return the settings that systemd calls exposed."""
    listing = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--json=short", "--no-pager", str(UNIT)],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    # An exposure is a number as text, or null.
    return {row["name"] for row in json.loads(listing) if float(row["exposure"] or 0)}


def test_each_exposed_setting_has_its_reason() -> None:
    """The table of docs/sandbox.md is the list of systemd, no more and no less."""
    part = PAGE.read_text(encoding="utf-8").partition("## What stays open")[2]
    rows = re.findall(r"^\| `([^`]+)` \| .{20,} \|$", part.partition("\n## ")[0], re.MULTILINE)
    assert {row.replace("\\|", "|") for row in rows} == exposed()
