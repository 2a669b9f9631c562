"""The Grafana dashboard: each of its queries runs on a PostgreSQL with records, and has rows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from edge.clock import Clock
from office.ingest.writer import Writer
from tests.office.hooks.test_hooks_of_the_ingest import alarms
from tests.office.records import Stream, closed, opened, stepped
from tests.office.test_writer import messages

DOCS = Path(__file__).parents[3] / "docs"

DASHBOARD: dict[str, Any] = json.loads((DOCS / "office-dashboard.json").read_text(encoding="utf-8"))
PERIOD = ("'2026-11-20T00:00:00Z'", "'2026-11-23T00:00:00Z'")


def expanded(query: str) -> str:
    """Return *query* as Grafana sends it: with its macros and the chosen sites filled in."""
    between = rf"\1 BETWEEN {PERIOD[0]} AND {PERIOD[1]}"
    query = re.sub(r"\$__timeFilter\((\w+)\)", between, query)
    query = query.replace("$site", "'setda','dinas'")
    assert "$" not in query, query
    return query


def queries() -> dict[str, str]:
    """Return the queries of the dashboard, by panel."""
    found = {
        panel["title"]: target["rawSql"]
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    }
    (site,) = (one for one in DASHBOARD["templating"]["list"] if one["name"] == "site")
    return {**found, "variable site": site["query"]}


def test_every_query_has_rows(filled: Engine) -> None:
    """No panel has an error or is empty, for a user with the rights that the docs give it."""
    page = (DOCS / "office-neighbours.md").read_text(encoding="utf-8")
    (grant,) = re.findall(r"'(GRANT SELECT ON [^']*)'", page)
    with filled.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS grafana"))
        connection.execute(text("CREATE ROLE grafana"))
        connection.execute(text(grant))
        connection.execute(text("SET LOCAL ROLE grafana"))
        for title, query in queries().items():
            found = connection.execute(text(expanded(query)))
            names, rows = list(found.keys()), found.all()
            assert rows, title
            assert len(set(names)) == len(names), title
            if "time_series" in _format(title):
                assert names[0] == "time", title
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("SELECT image FROM stills"))


def _format(title: str) -> str:
    for panel in DASHBOARD["panels"]:
        if panel["title"] == title:
            return str(panel["targets"][0]["format"])
    return ""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Any:
    """An empty PostgreSQL: the dashboard is for it alone."""
    from office.config import DatabaseSection

    return DatabaseSection(url=request.getfixturevalue("server").new_database())


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A checkpoint with visits, a step, an alarm; another that is offline."""
    made = Stream()
    sent = [
        made.next(opened("v")), made.next(stepped("v", "reception")), made.next(closed("v")),
        made.next(opened("w")), *alarms(made, 1), Stream("annex").status("offline", 1),
        made.live("state/alarm/fire", {"since": "2026-11-21T03:51:37.412Z"}),
    ]  # fmt: skip
    standard = sent[1].payload.replace(b'"standard_s":null', b'"standard_s":180.0')
    sent[1] = sent[1]._replace(payload=standard)
    Writer(engine, Clock(), 3).write(messages(*sent))
    return engine


def test_form() -> None:
    """Panels have ids of their own, do not overlap, and name no data source of one machine."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        cells |= own
        assert panel["datasource"]["uid"] == "${database}"
