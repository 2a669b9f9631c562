"""Hooks against a real HTTP server that refuses, hangs, fails, closes, or answers nonsense."""

import asyncio
import base64
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from edge.clock import Clock
from edge.errors import ConfigError
from edge.mqtt.backoff import Backoff
from office.hooks.hook import Hook
from office.hooks.settings import HookSection, problems, read_secret
from tests.brokers import HOST, free_port, until
from tests.certificates import Authority
from tests.servers import Server

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
QUICK = Backoff(0.005, 0.02)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
HANG = b""
CLOSE = b"close"


class SetClock(Clock):
    """The machine's clock, whose wall time can be put ahead."""

    ahead_ms = 0

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return super().wall_ms() + self.ahead_ms


def status(code: int, *headers: str) -> bytes:
    """Return an answer with the status *code*."""
    lines = [f"HTTP/1.1 {code} X", "content-length: 0", *headers, "", ""]
    return "\r\n".join(lines).encode()


class Stored(NamedTuple):
    """A record, as the office has stored it."""

    id: str = "01"
    type: str = "gardu.alarm.raised.v1"
    data: bytes = b""
    checkpoint: str = "kantor/lobi"
    happened_ms: int = 0


def alarm(number: int = 1, **changes: Any) -> Stored:
    """Return the record of a fire alarm now."""
    told = {"alarm": "fire", "visit": None, "detail": None, "since": "2026-12-01T00:00:00.000Z",
            "clock_synced": True, **changes}  # fmt: skip
    return Stored(str(number), data=json.dumps(told).encode(), happened_ms=Clock().wall_ms())


class Request(NamedTuple):
    """A request that arrived."""

    head: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, names in lower case."""
        lines = (line.partition(": ") for line in self.head.splitlines()[1:] if line)
        return {name.lower(): value for name, _, value in lines}


class Inbox(Server):
    """An HTTP server that gives the next of *answers* to each request, and then 200."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._answers = list(answers)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}/hook/rahasia"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each request of a connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                asked = Request(head, b"")
                length = int(asked.headers["content-length"])
                self.requests.append(Request(head, await reader.readexactly(length)))
                answer = self._answers.pop(0) if self._answers else OK
                if answer == CLOSE:
                    writer.close()
                    return
                writer.write(answer)
                await writer.drain()


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    """The file of the secret."""
    file = tmp_path / "hook.secret"
    file.write_text(SECRET + "\n", encoding="utf-8")
    return str(file)


@contextlib.asynccontextmanager
async def running(
    url: str, secret_file: str, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Hook]:
    """Run a hook until the block ends."""
    section = HookSection(url=url, secret_file=secret_file, **settings)
    hook = Hook(section, clock or Clock(), QUICK)
    task = asyncio.create_task(hook.run())
    try:
        yield hook
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def given_up(hook: Hook) -> int:
    """Return how many notices were not delivered."""
    return sum(hook.counts[word] for word in ("refused", "too_old", "dropped"))


def test_a_notice_is_signed_as_the_standard_has_it(secret_file: str) -> None:
    """The standard's own library accepts it with the secret, and not with another or changed."""

    async def scenario() -> None:
        async with Inbox().listening() as inbox, running(inbox.url, secret_file) as hook:
            hook.offer(alarm())
            await until(lambda: hook.counts["delivered"])
            (request,) = inbox.requests
            told = Webhook(SECRET).verify(request.body, request.headers)
            assert told["type"] == "gardu.alarm.raised"
            assert told["data"]["alarm"] == "fire"
            assert (told["data"]["site"], told["data"]["checkpoint"]) == ("kantor", "lobi")
            assert request.headers["webhook-id"] == "kantor.lobi.1"
            assert request.head.startswith("POST /hook/rahasia HTTP/1.1")
            other = "whsec_" + base64.b64encode(b"o" * 32).decode()
            for secret, body in ((other, request.body), (SECRET, request.body + b" ")):
                with pytest.raises(Exception, match="No matching signature"):
                    Webhook(secret).verify(body, request.headers)

    asyncio.run(scenario())


AGAIN = {
    "500": status(500),
    "503": status(503, "retry-after: 0"),
    "429": status(429, "retry-after: soon"),
    "408": status(408),
    "closes": CLOSE,
    "hangs": HANG,
    "nonsense": b"220 smtp.example ESMTP\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000,
}


@pytest.mark.parametrize("fault", AGAIN)
def test_what_may_pass_is_tried_again(secret_file: str, fault: str) -> None:
    """The same notice under the same id, with a signature of its own time, until it is accepted."""

    async def scenario() -> None:
        server = Inbox(AGAIN[fault], AGAIN[fault])
        async with (
            server.listening() as inbox,
            running(inbox.url, secret_file, timeout_s=0.2) as hook,
        ):
            hook.offer(alarm(1))
            hook.offer(alarm(2))
            await until(lambda: hook.counts["delivered"] == 2)
            ids = [request.headers["webhook-id"] for request in inbox.requests]
            # More tries than two on a machine that is too busy to answer itself in time.
            assert ids[:3] == ["kantor.lobi.1"] * 3
            assert ids == sorted(ids)
            assert set(ids) == {"kantor.lobi.1", "kantor.lobi.2"}
            for request in inbox.requests:
                Webhook(SECRET).verify(request.body, request.headers)
            assert hook.counts["tries_failed"] >= 2
            assert (hook.problem, given_up(hook)) == ("", 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [301, 307, 400, 401, 404, 410])
def test_what_will_not_pass_is_counted_and_the_next_goes(
    secret_file: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """No second try, no other address; the log names the notice, but not the path with a secret."""

    async def scenario() -> None:
        async with Inbox().listening() as elsewhere:
            server = Inbox(status(code, f"location: {elsewhere.url}"))
            async with server.listening() as inbox, running(inbox.url, secret_file) as hook:
                hook.offer(alarm(1))
                hook.offer(alarm(2))
                await until(lambda: hook.counts["delivered"])
                assert len(inbox.requests) == 2
                assert (hook.counts["refused"], elsewhere.requests) == (1, [])

    with caplog.at_level(logging.INFO, "office.hooks"):
        asyncio.run(scenario())
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("office")]
    assert any("kantor.lobi.1" in line and f"answered {code}" in line for line in ours)
    assert not any("rahasia" in line for line in ours)


def test_without_a_receiver_notices_become_too_old(secret_file: str) -> None:
    """Nothing listens: what waits too long is counted, and the queue gets empty."""

    async def scenario() -> None:
        url = f"http://{HOST}:{free_port()}/"
        clock = SetClock()
        async with running(url, secret_file, clock) as hook:
            for number in range(5):
                hook.offer(alarm(number))
            await until(lambda: hook.counts["tries_failed"] >= 3)
            assert hook.problem
            assert hook.waiting == 4
            clock.ahead_ms = 3_601_000
            await until(lambda: hook.counts["too_old"] == 5)
            assert (hook.waiting, hook.counts["delivered"]) == (0, 0)

    asyncio.run(scenario())


def test_old_news_are_not_told(secret_file: str) -> None:
    """A record that arrives after hours raises no fire alarm; an untrusted clock proves no age.

    A new database of the office asks for 90 days of records.
    """

    async def scenario() -> None:
        async with Inbox().listening() as inbox, running(inbox.url, secret_file) as hook:
            hook.offer(alarm(1)._replace(happened_ms=Clock().wall_ms() - 3_601_000))
            hook.offer(alarm(2, clock_synced=False)._replace(happened_ms=5))
            hook.offer(alarm(3)._replace(happened_ms=Clock().wall_ms() + 9_999_000))
            await until(lambda: hook.counts["delivered"] == 2)
            ids = [request.headers["webhook-id"] for request in inbox.requests]
            assert ids == ["kantor.lobi.2", "kantor.lobi.3"]
            assert hook.counts["too_old"] == 1

    asyncio.run(scenario())


def test_a_full_queue_drops_the_oldest(secret_file: str) -> None:
    """Memory stays bounded, and the news go first."""

    async def scenario() -> None:
        server = Inbox(*[HANG] * 50)
        async with (
            server.listening() as inbox,
            running(inbox.url, secret_file, queue=3, timeout_s=0.2) as hook,
        ):
            hook.offer(alarm(0))
            await until(lambda: inbox.requests)
            for number in range(1, 11):
                hook.offer(alarm(number))
            assert (hook.waiting, hook.counts["dropped"]) == (3, 7)
            server._answers.clear()
            await until(lambda: hook.counts["delivered"] == 4)
            sent = list(dict.fromkeys(one.headers["webhook-id"] for one in inbox.requests))
            assert sent[-3:] == ["kantor.lobi.8", "kantor.lobi.9", "kantor.lobi.10"]

    asyncio.run(scenario())


def test_offers_from_other_threads(secret_file: str) -> None:
    """The ingest's thread never waits for a hook, and each notice is sent once."""

    async def scenario() -> None:
        async with Inbox().listening() as inbox, running(inbox.url, secret_file) as hook:

            def offer(first: int) -> None:
                for number in range(first, first + 25):
                    hook.offer(alarm(number))

            threads = [threading.Thread(target=offer, args=(first,)) for first in (0, 25, 50, 75)]
            for thread in threads:
                thread.start()
            await until(lambda: hook.counts["delivered"] == 100)
            for thread in threads:
                thread.join()
            assert len({request.headers["webhook-id"] for request in inbox.requests}) == 100

    asyncio.run(scenario())


GUEST = {"visit": "v", "procedure": "pimpinan", "procedure_version": "1", "clock_synced": True}
CHOSEN = {**GUEST, "host": "bupati", "before": None, "by": "button", "called": False,
          "station": "reception"}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data", "settings", "told"),
    [
        ("visit.opened", {**GUEST, "host": "bupati"}, {}, True),
        ("visit.opened", GUEST, {}, False),
        ("host.chosen", CHOSEN, {}, True),
        ("host.chosen", CHOSEN, {"hosts": ["bupati"]}, True),
        ("host.chosen", CHOSEN, {"hosts": ["wakil-bupati"]}, False),
        ("host.chosen", CHOSEN, {"kinds": ["alarm"]}, False),
        ("host.chosen", CHOSEN, {"sites": ["lain"]}, False),
        ("host.chosen", CHOSEN, {"sites": ["kantor"]}, True),
        ("alarm.cleared", json.loads(alarm().data), {"hosts": ["bupati"]}, True),
        ("alarm.acknowledged", json.loads(alarm().data), {"kinds": ["guest"]}, False),
        ("step.completed", {"step": "x"}, {}, False),
    ],
)
def test_who_is_told_what(
    secret_file: str, kind: str, data: dict[str, Any], settings: dict[str, Any], told: bool
) -> None:
    """By kind, site and host; a guest when the host is known."""
    section = HookSection(url="https://x.example", secret_file=secret_file, **settings)
    hook = Hook(section, Clock())
    hook.offer(Stored("1", f"gardu.{kind}.v1", json.dumps(data).encode()))
    assert (hook.waiting, hook.counts["unreadable"]) == (int(told), 0)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"alarm":5}', b"\xff", b"{" * 10_000])
def test_records_that_cannot_be_read(secret_file: str, data: bytes) -> None:
    """They are counted, and harm nothing."""
    hook = Hook(HookSection(url="https://x.example", secret_file=secret_file), Clock())
    hook.offer(alarm()._replace(data=data))
    assert (hook.waiting, hook.counts["unreadable"]) == (0, 1)


def test_a_time_that_no_calendar_has(secret_file: str) -> None:
    """A record's time is foreign: it does not end the ingest's thread."""
    hook = Hook(HookSection(url="https://x.example", secret_file=secret_file), Clock())
    for happened_ms in (-(10**18), 10**18):
        hook.offer(alarm()._replace(happened_ms=happened_ms))
    assert hook.counts["unreadable"] + hook.waiting == 2


def test_tls(secret_file: str, tmp_path: Path) -> None:
    """The receiver's name is verified: nothing is sent to one of another authority."""
    import ssl

    authority = Authority(tmp_path)
    cert, key = authority.issue("receiver")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def scenario(ca_file: str, done: Callable[[Hook], object]) -> list[Request]:
        inbox = Inbox()
        async with await asyncio.start_server(inbox._accept, HOST, inbox.port, ssl=context):
            url = inbox.url.replace("http:", "https:")
            async with running(url, secret_file, ca_file=ca_file) as hook:
                hook.offer(alarm())
                await until(lambda: done(hook))
        for task in inbox._tasks:
            task.cancel()
        await asyncio.gather(*inbox._tasks, return_exceptions=True)
        return inbox.requests

    good = asyncio.run(scenario(str(authority.ca_file), lambda hook: hook.counts["delivered"]))
    assert len(good) == 1
    bad = asyncio.run(scenario("", lambda hook: "CERTIFICATE_VERIFY_FAILED" in hook.problem))
    assert bad == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"url": "https://x.example/hook"}, ""),
        ({"url": "http://127.0.0.1:8080/hook"}, ""),
        ({"url": "http://localhost"}, ""),
        ({"url": "http://x.example"}, "url"),
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "x.example"}, "url"),
        ({"url": "https://user:word@x.example"}, "url"),
        ({"url": "https://x.example:port"}, "url"),
        ({"url": "https://[x"}, "url"),
        ({"kinds": []}, "kinds"),
    ],
)
def test_the_section(changes: dict[str, Any], key: str) -> None:
    """Each mistake is named with its key."""
    section = msgspec.convert({"url": "https://x", "secret_file": "s", **changes}, HookSection)
    assert [where for where, _ in problems(section)] == [key] * bool(key)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty first line"),
        ("cmFoYXNpYQ==", "does not begin with whsec_"),
        ("whsec_***", "is not base64"),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), "has 23 bytes"),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), "has 65 bytes"),
        ("whsec_é", "is not base64"),
    ],
)
def test_secrets_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    """The file is named, and how to make a good one."""
    file = tmp_path / "secret"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        read_secret(str(file))
    assert str(file) in str(caught.value)


def test_files_that_cannot_be_used(tmp_path: Path, secret_file: str) -> None:
    """A missing secret, and an authority that is none, are named at the start."""
    (tmp_path / "ca.pem").write_text("x", encoding="utf-8")
    for changes, words in (
        ({"secret_file": str(tmp_path / "none")}, "none: no such file"),
        ({"ca_file": str(tmp_path / "ca.pem")}, "holds no certificate"),
        ({"ca_file": str(tmp_path / "no.pem")}, "no.pem: no such file"),
    ):
        section = {"url": "https://x.example", "secret_file": secret_file, **changes}
        with pytest.raises(ConfigError, match=words):
            Hook(msgspec.convert(section, HookSection), Clock())
