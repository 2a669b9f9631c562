"""The collector: reads the database, and the broker kit, at each request of Prometheus."""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from edge.clock import Clock
from edge.errors import GarduError
from office.broker.expiry import rows
from office.broker.state import read_kit
from office.config import DatabaseSection, MetricsSection
from office.database.failures import words_of
from office.metrics import families
from office.metrics.figures import read_figures

log = logging.getLogger(__name__)

# Longest wait for the answer to an earlier request, seconds: Prometheus itself gives up after ten.
_TURN_S = 10.0


class OfficeCollector(Collector):
    """Collects the metrics; one request at a time uses the database."""

    def __init__(
        self, engine: Engine, database: DatabaseSection, section: MetricsSection, clock: Clock
    ) -> None:
        self._engine = engine
        self._database = database
        self._section = section
        self._clock = clock
        self._turn = threading.Lock()
        self._problems: dict[str, str] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from self._of_database()
        if self._section.broker_kit:
            yield from self._of_kit()

    def _of_database(self) -> list[Metric]:
        problem, found = "an earlier request has no answer yet", list[Metric]()
        if self._turn.acquire(timeout=_TURN_S):
            try:
                with self._engine.begin() as connection:
                    figures = read_figures(connection, self._section.most_sites)
                problem, found = "", list(families.of_figures(figures))
            except DBAPIError as error:
                problem = words_of(error, self._database)
            finally:
                self._turn.release()
        self._note("database", problem)
        words = "1 if the database can be read; else nothing of it is here."
        return [families.up("database", words, value=not problem), *found]

    def _of_kit(self) -> list[Metric]:
        problem, found = "", list[Metric]()
        now = dt.datetime.fromtimestamp(self._clock.wall_ms() / 1000, dt.UTC)
        try:
            found = list(
                families.of_certificates(rows(read_kit(Path(self._section.broker_kit)), now))
            )
        except (GarduError, OSError) as error:
            problem = str(error)
        self._note("broker kit", problem)
        words = "1 if the broker kit can be read; else nothing of it is here."
        return [families.up("broker_kit", words, value=not problem), *found]

    def _note(self, what: str, problem: str) -> None:
        """Log *problem* once, and its end."""
        before = self._problems.get(what, "")
        self._problems[what] = problem
        if problem and problem != before:
            log.error("metrics: %s: %s", what, problem)
        elif before and not problem:
            log.warning("metrics: the %s can be read again", what)
