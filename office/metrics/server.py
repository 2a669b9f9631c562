"""The HTTP server of the metrics, at one address and port."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

from edge.errors import GarduError
from office.config import MetricsSection

log = logging.getLogger(__name__)


@contextmanager
def served(collector: Collector, section: MetricsSection) -> Iterator[None]:
    """Serve the metrics of *collector*, on threads of their own, until the block ends.

    :raises GarduError: if the port cannot be used
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    place = f"{section.address}:{section.port}"
    try:
        server, thread = start_http_server(section.port, section.address, registry)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise GarduError(f"metrics.port: {place} cannot be used: {words.lower()}") from None
    log.info("metrics: http://%s/metrics", place)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
