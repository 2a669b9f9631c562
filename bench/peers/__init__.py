"""The peers that Gardu is measured against, each a program of its own."""
