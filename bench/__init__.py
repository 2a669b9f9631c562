"""Measures Gardu against floors and peers that are measured in the same run: `make bench`."""
