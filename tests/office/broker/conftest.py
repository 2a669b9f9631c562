"""One running broker for a module, and the clients of its kit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.brokers import MOSQUITTO
from tests.memory import tmp_path
from tests.office.broker.kits import KitBroker, Person, kit_broker, unpacked

__all__ = ["tmp_path"]

Meet = Callable[..., Person]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KitBroker]:
    """A running broker with the kit's files, shared by the tests of a module."""
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto (sudo apt install mosquitto)")
    with kit_broker(tmp_path_factory.mktemp("broker") / "office") as running:
        yield running


@pytest.fixture
def meet(broker: KitBroker, tmp_path: Path) -> Meet:
    """Return the client with that identity, not yet connected."""

    def person(identity: str, number: int = 1, client_id: str = "") -> Person:
        bundle = broker.kit / "bundles" / f"{identity}-{number}.tar.gz"
        return Person(broker.port, broker.kit / "ca.pem", unpacked(bundle, tmp_path), client_id)

    return person
