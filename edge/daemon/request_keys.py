"""Request keys: adopts the section ``[requests]`` of the config file while the daemon runs.

A key that was taken out must be refused at once: so this does not wait for the procedures, and
their mistakes do not hinder it. A config that cannot be read leaves the keys as they were.
"""

import logging
from pathlib import Path

from edge import ed25519
from edge.config.loading import load_config
from edge.config.sections.requests import Requests
from edge.errors import ConfigError, GarduError
from edge.mqtt.signed_requests import SignedRequests

log = logging.getLogger(__name__)


class RequestKeys:
    """The keys of *requests*, read from the config *file*; None: there is none to read."""

    def __init__(self, file: Path | None, requests: SignedRequests) -> None:
        self._file = file
        self._requests = requests

    def read(self) -> Requests | None:
        """Return the section as it stands in the file; may block.

        :raises ConfigError: with every problem of the file
        """
        if self._file is None:
            return None
        # The other files that it names are no part of this: a missing one hinders no revocation.
        section = load_config(self._file, elsewhere=True).requests
        if section.keys:
            try:
                ed25519.prepare()
            except GarduError as error:
                raise ConfigError([f"requests.keys: {error}"]) from None
        return section

    def adopt(self, section: Requests) -> None:
        """Use *section* from the next request on."""
        before, now = set(self._requests.key_ids), set(section.keys)
        self._requests.adopt(section)
        for words, ids in (("added", now - before), ("revoked", before - now)):
            if ids:
                log.info("keys of requests %s: %s", words, ", ".join(sorted(ids)))
