"""Drivers of equipment on serial lines: readers, scanners, boards on RS-485."""
