"""Skips the tests of PDF where Pango is missing, which no wheel contains."""

from ctypes.util import find_library

import pytest

needs_pango = pytest.mark.skipif(
    find_library("pangoft2-1.0") is None,
    reason="needs Pango: apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core",
)
