"""Checks of served pages: passwords, PINs and guests' data go over a network encrypted only."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Protocol

from edge.config.model import Config
from edge.config.validation import Problems


class Served(Protocol):
    """The part of a section that says where and how its pages are served."""

    @property
    def address(self) -> str:
        """The IP address."""

    @property
    def names(self) -> Sequence[str]:
        """Further names under which browsers ask for the pages."""

    @property
    def cert_file(self) -> str:
        """Certificate; empty: no encryption."""

    @property
    def key_file(self) -> str:
        """Key of the certificate."""


def check_desk(config: Config, problems: Problems) -> None:
    """Report an address that other machines reach without TLS, or under no name."""
    if config.desk is not None:
        check_served("desk", config.desk, problems)


def check_served(section: str, pages: Served, problems: Problems) -> None:
    """Report an address of *pages* that other machines reach without TLS, or under no name."""
    if bool(pages.cert_file) != bool(pages.key_file):
        missing = "key_file" if pages.cert_file else "cert_file"
        problems.add(
            f"{section}.{missing}", "is missing; allowed: cert_file and key_file, or neither"
        )
    try:
        address = ip_address(pages.address)
    except ValueError:
        problems.add(
            f"{section}.address", f"is {pages.address!r}; allowed: an IP address such as 127.0.0.1"
        )
        return
    if not address.is_loopback and not pages.cert_file:
        problems.add(
            f"{section}.address",
            f"is {pages.address!r}, which other machines reach in plain text; "
            "allowed: 127.0.0.1, or cert_file and key_file too",
        )
    if address.is_unspecified and not pages.names:
        problems.add(
            f"{section}.names", "is missing; allowed: the names or addresses that browsers ask for"
        )
