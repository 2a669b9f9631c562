"""The sender of requests, and `gardu request`, at a real broker and a checkpoint's handler."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.config.model import Broker
from edge.config.sections.requests import RequestKey, Requests
from edge.mqtt.reasons import BrokerUnavailable
from edge.mqtt.request_sender import NoAnswer, Sender, ask, completed
from edge.mqtt.signatures import SigningKey, opened, public_keys
from edge.mqtt.signed_requests import SignedRequests
from edge.mqtt.signing_keys import read_key_file
from edge.sop.events import Post
from tests.brokers import Mosquitto, free_port, until
from tests.command_line import invoke
from tests.guests import BASE, NOW_MS, VISITS, Office, available, details, register
from tests.signed import KEY_ID, SECRET, section
from tests.uplinks import make_config, make_store, running


@asynccontextmanager
async def checkpoint(
    broker: Mosquitto, folder: Path, requests: Requests | None = None
) -> AsyncIterator[Office]:
    """Run a checkpoint's uplink that asks for signatures."""
    book = folder / "book"
    book.mkdir()
    office = Office(book)

    def gate(post: Post) -> SignedRequests:
        section_ = requests or section()
        return SignedRequests(section_, BASE, office.desk_for(post), clock=office.clock)  # type: ignore[arg-type]  # it has all that is used here

    try:
        store = make_store(folder / "store")
        async with running(make_config(broker.url), store, folder, handler=gate):
            await until(lambda: f"{BASE}cmd/availability/#" in broker.log)
            yield office
    finally:
        office.close()


def sender(broker: Mosquitto, key: SigningKey | None = None) -> Sender:
    """Return a sender to *broker*."""
    return Sender(Broker(url=broker.url), "meja", "meja", key)


def test_a_request_is_signed_sent_and_answered(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """With its key; without one the answer is the refusal; a retained one stays at the broker."""
    key = SigningKey(KEY_ID, SECRET)

    async def scenario() -> None:
        async with checkpoint(mosquitto, tmp_path) as office:
            one = sender(mosquitto, key)
            answer = await ask(one, "kantor/lobi", "cmd/register", register(NOW_MS))
            assert (answer.ok, answer.visit) == (True, VISITS[0])
            assert office.book.entry(VISITS[0]) is not None
            refused = await ask(sender(mosquitto), "kantor/lobi", "cmd/register", register())
            assert refused.word == "not signed"
            told, suffix = available(NOW_MS), "cmd/availability/pimpinan"
            assert (await ask(one, "kantor/lobi", suffix, told, retain=True)).ok

    asyncio.run(scenario())


def test_no_answer_and_no_broker(mosquitto: Mosquitto) -> None:
    """A checkpoint that is not there, and a broker that is not: each has its error in words."""

    async def scenario() -> None:
        with pytest.raises(NoAnswer, match=r"kantor/lobi has not answered within 0\.2 s"):
            await ask(sender(mosquitto), "kantor/lobi", "cmd/register", register(), within_s=0.2)
        away = Sender(Broker(url=f"mqtt://127.0.0.1:{free_port()}"), "meja", "meja", None)
        with pytest.raises(BrokerUnavailable):
            await ask(away, "kantor/lobi", "cmd/register", register())

    asyncio.run(scenario())


def test_a_technician_makes_a_key_and_sends_a_request(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """`gardu request key` and `send`: its lines go into a config, its answer is printed."""
    file, what = tmp_path / "key.json", tmp_path / "request.json"
    made = invoke(["request", "key", "--id", "meja-7", "-o", str(file)])
    assert made.exit_code == 0, made.output
    public = made.output.partition('public = "')[2].partition('"')[0]
    assert file.stat().st_mode & 0o777 == 0o600
    keys = {"meja-7": RequestKey(public=public, may=["register"])}
    about = completed({"guest": details()}, NOW_MS)
    what.write_text(json.dumps(about), encoding="utf-8")
    words = ["--to", "kantor/lobi", "--broker", mosquitto.url, "--key", str(file)]

    async def scenario() -> None:
        async with checkpoint(mosquitto, tmp_path, Requests(keys=keys)):
            sent = await asyncio.to_thread(
                invoke, ["request", "send", "register", str(what), *words]
            )
            assert (sent.exit_code, VISITS[0] in sent.output) == (0, True), sent.output
            other = ["request", "send", "availability/adc", str(what), *words]
            refused = await asyncio.to_thread(invoke, other)
            assert (refused.exit_code, "key may not" in refused.output) == (1, True)

    asyncio.run(scenario())
    signed = invoke(["request", "sign", "register", str(what), *words[:2], *words[4:]])
    found = opened(
        signed.output.encode(), f"{BASE}cmd/register", "register", public_keys(Requests(keys=keys))
    )
    assert json.loads(found.payload) == about


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds no key for requests"),
        ("{}", "holds no key for requests"),
        ('{"kty":"RSA","kid":"a","d":"x"}', "holds no key for requests"),
        ("CHANGED", "its public key is not that of its secret key"),
    ],
)
def test_a_file_that_holds_no_key(tmp_path: Path, content: str, words: str) -> None:
    """The error names the file and no part of what is in it."""
    file = tmp_path / "key.json"
    invoke(["request", "key", "--id", "meja-7", "-o", str(file)])
    jwk = json.loads(file.read_text(encoding="utf-8"))
    assert read_key_file(file).id == "meja-7"
    jwk["x"] = jwk["d"]
    file.write_text(json.dumps(jwk) if content == "CHANGED" else content, encoding="utf-8")
    told = ["request", "sign", "register", "-", "--to", "a/b", "--key", str(file)]
    ran = invoke(told)
    assert ran.exit_code != 0
    assert words in str(ran.exception or ran.output)
    assert jwk["d"] not in str(ran.exception or "") + ran.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "--id", "Meja 1", "-o", "{out}"],
        ["key", "--id", "k" * 81, "-o", "{out}"],
        ["sign", "register", "{none}", "--to", "a/b", "--key", "{none}"],
        ["send", "register", "{none}", "--to", "a/b"],
        ["send", "register", "{none}", "--to", "a/b/c", "--key", "{none}", "--broker", "x"],
    ],
)
def test_nonsense_has_an_answer(tmp_path: Path, arguments: list[str]) -> None:
    """No file is left, and no traceback comes."""
    places = {"{out}": str(tmp_path / "out"), "{none}": str(tmp_path / "none")}
    ran = invoke(["request", *(places.get(word, word) for word in arguments)])
    assert ran.exit_code != 0
    assert list(tmp_path.iterdir()) == []
