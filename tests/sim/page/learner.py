"""A learner who does everything right, over the page's own addresses instead of a browser."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from typing import Any

_PATIENCE_S = 60.0


class Learner:
    """The learner at the page *url*; ``state`` has what the page shows, by name."""

    def __init__(self, url: str, stream: HTTPResponse) -> None:
        self.state: dict[str, Any] = {}
        self._url = url
        self._news = 0
        self._changed = threading.Condition()
        with urllib.request.urlopen(f"{url}setup", timeout=_PATIENCE_S) as answer:
            self._buttons: dict[str, list[dict[str, Any]]] = json.load(answer)["buttons"]
        threading.Thread(target=self._follow, args=(stream,), daemon=True).start()

    def _follow(self, stream: HTTPResponse) -> None:
        with suppress(OSError, ValueError, AttributeError):  # http.client's words for a closed one
            self._read(stream)

    def _read(self, stream: HTTPResponse) -> None:
        name = ""
        for line in stream:
            key, _, text = line.decode().rstrip().partition(": ")
            if key == "event":
                name = text
            elif key == "data":
                with self._changed:
                    self.state[name] = json.loads(text)
                    self._news += 1
                    self._changed.notify_all()

    def play(self) -> dict[str, int]:
        """Do each act that is waited for, until the lesson is over; return its score."""
        seen = 0
        while True:
            with self._changed:
                assert self._changed.wait_for(lambda: self._news > seen, _PATIENCE_S), self.state  # noqa: B023 - called at once
                seen, now = self._news, dict(self.state)
            lesson, lobby = now.get("lesson"), now.get("lobby")
            if lesson and lesson["over"] and lesson["score"]["guests"] == lesson["of"]:
                score: dict[str, int] = lesson["score"]
                return score
            awaited = lobby["awaited"] if lobby else []
            for one in awaited[:1]:
                self.act(self.meant(one))
                with self._changed:  # the same act may be awaited once more
                    self._changed.wait_for(lambda: self.state["lobby"]["awaited"] != awaited, 2)  # noqa: B023 - called at once

    def act(self, asked: dict[str, Any]) -> str:
        """Post *asked*; return what came of it."""
        body = json.dumps(asked).encode()
        request = urllib.request.Request(f"{self._url}act", body)
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            heard: str = json.load(answer)["heard"]
        return heard

    def meant(self, one: dict[str, Any]) -> dict[str, Any]:
        """Return the act for what is waited for, as a person finds it on the page."""
        kind, _, word = one["event"].partition(".")
        named = word.partition(":")[0]
        match kind:
            case "card":
                return {"do": "card", "reader": one["reader"], "card": one["card"]}
            case "locker":
                return {"do": "shut", "locker": one["locker"]}
            case "aiphone":
                which = "accept" if named == "call" else named
                return {"do": "answer", "aiphone": one["aiphone"], "which": which}
            case "detector":
                how = {"metal": named == "alarm", "fast": named == "too-fast"}
                return {"do": "walk", "detector": one["detector"], **how, "out": named == "exit"}
        return self._press(one, kind, word)

    def _press(self, one: dict[str, Any], kind: str, word: str) -> dict[str, Any]:
        begin = {"button": word, "value": "choice-", "identity": "identity-"}[kind]
        for hold in (False, True):
            for number, button in enumerate(self._buttons[one["panel"]]):
                action = button["hold" if hold else "press"] or ""
                fits = action == word if kind == "button" else action.startswith(begin)
                opens = word != "arrive" or button["procedure"] in (None, one["procedure"])
                if fits and opens:
                    return {"do": "press", "panel": one["panel"], "button": number, "hold": hold}
        raise LookupError(one)


class HastyLearner(Learner):
    """A learner who holds each card to the reader twice."""

    def act(self, asked: dict[str, Any]) -> str:
        """Post *asked*, a card twice; return what came of it first."""
        heard = super().act(asked)
        if asked["do"] == "card":
            super().act(asked)
        return heard


@contextmanager
def learner(url: str, kind: type[Learner] = Learner) -> Iterator[Learner]:
    """Open the page *url* for a learner of that *kind*."""
    with urllib.request.urlopen(f"{url}events", timeout=_PATIENCE_S) as stream:
        yield kind(url, stream)
