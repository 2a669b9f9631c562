"""More checkpoints than one page has: each can be reached, and what is not shown has a number."""

import html
import re
from collections.abc import Callable

import pytest
from httpx import Client
from sqlalchemy import Engine, insert

from office.database.tables import checkpoints, live
from tests.office.board.lobbies import NOW_MS

LogIn = Callable[..., Client]
SITES = {"setda": 612, "dinas": 7}
NAMES = [f"{site}/lobi-{one:03d}" for site, count in SITES.items() for one in range(count)]
_META = b'{"version":"1","hosts":[{"id":"bupati","title":"Bupati"}]}'
_OFFLINE = 520


@pytest.fixture
def fleet(empty: Engine) -> Engine:
    """The database with 619 checkpoints of two sites, of which 520 are offline."""
    rows = [
        {
            "number": number,
            "site": name.partition("/")[0],
            "checkpoint": name.partition("/")[2],
            "status": "offline" if number <= _OFFLINE else "online",
        }
        for number, name in enumerate(NAMES, start=1)
    ]
    metas = [
        {"checkpoint": row["number"], "topic": "meta", "arrived_ms": NOW_MS, "payload": _META}
        for row in rows
    ]
    with empty.begin() as connection:
        connection.execute(insert(checkpoints), rows)
        connection.execute(insert(live), metas)
    return empty


def pages(client: Client, path: str) -> list[str]:
    """Return the page at *path* and all behind it."""
    found = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200
        found.append(answer.text)
        behind = re.search(r'rel="next" href="([^"]+)"', answer.text)
        path = html.unescape(behind[1]) if behind else ""
    return found


def shown(page: str) -> list[str]:
    """Return the checkpoints that *page* has, as often as it has them."""
    return re.findall(r'href="/checkpoint/([^"]+)"', page)


@pytest.mark.parametrize("path", ["/fleet", "/hosts"])
def test_every_checkpoint_is_on_one_page(fleet: Engine, logged_in: LogIn, path: str) -> None:
    """The pages together have each checkpoint once, and say how many there are."""
    found = pages(logged_in(), path)
    assert sorted(name for page in found for name in shown(page)) == sorted(NAMES)
    assert "101\N{EN DASH}200 of 619 checkpoints" in re.sub(r"\s+", " ", found[1])
    assert "601\N{EN DASH}619 of 619 checkpoints" in re.sub(r"\s+", " ", found[-1])


@pytest.mark.parametrize("path", ["/fleet", "/hosts"])
def test_the_filter_by_site(fleet: Engine, logged_in: LogIn, path: str) -> None:
    """A chosen site has its checkpoints only, on the pages behind the first one too."""
    client = logged_in()
    assert len(shown(client.get(f"{path}?site=dinas").text)) == SITES["dinas"]
    assert '<option value="dinas" selected>' in client.get(f"{path}?site=dinas").text
    found = pages(client, f"{path}?site=setda")
    assert sum(len(shown(page)) for page in found) == SITES["setda"]


@pytest.mark.parametrize(
    ("query", "status", "number"),
    [("page=7", 200, 19), ("page=999", 200, 19), ("page=0", 422, 0), ("page=x", 422, 0),
     ("page=-1", 422, 0), ("page=99999999", 422, 0), ("page=%C2%B2", 422, 0)],
)  # fmt: skip
def test_places_in_the_pages(
    fleet: Engine, logged_in: LogIn, query: str, status: int, number: int
) -> None:
    """A page behind the last one is the last one; what is no page is answered as such."""
    answer = logged_in().get(f"/fleet?{query}")
    assert (answer.status_code, len(shown(answer.text))) == (status, number)


def test_the_search_offers_or_asks(fleet: Engine, logged_in: LogIn) -> None:
    """Of too many checkpoints the search offers some, says of how many it does not, and asks."""
    client = logged_in()
    many = client.get("/visits").text
    assert len(re.findall(r'<option value="(?:setda|dinas)/', many)) == 500
    assert "+ 119 more are not offered" in many
    assert '<input id="checkpoint" name="checkpoint"' in many
    assert 'value="setda/lobi-611"' in client.get("/visits?checkpoint=setda/lobi-611").text
    few = client.get("/visits?site=dinas").text
    assert len(re.findall(r'<option value="dinas/', few)) == SITES["dinas"]
    assert '<select id="checkpoint"' in few
    assert "not offered" not in few


def test_the_board_counts_what_it_does_not_show(fleet: Engine, logged_in: LogIn) -> None:
    """The numbers are of all checkpoints; the lists say how many more there are."""
    page = re.sub(r"\s+", " ", logged_in().get("/").text)
    assert f'Checkpoints offline <span class="count">{_OFFLINE}</span>' in page
    assert f"+ {_OFFLINE - 500} more are not shown" in page
    assert "+ 119 more are not shown" in page


def test_the_evacuation_list_has_every_checkpoint(fleet: Engine, logged_in: LogIn) -> None:
    """A list of persons to search for does not end at a number of checkpoints."""
    page = logged_in().get("/evacuation?site=setda").text
    assert all(f"setda/lobi-{one:03d}" in page for one in range(SITES["setda"]))
