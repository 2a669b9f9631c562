"""Checks across config sections. Each adds its problems under the key to be corrected."""
