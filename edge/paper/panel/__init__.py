"""The panels' faces, true to scale."""
