"""The AsyncAPI document: every property has words, every message an example that is right."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from edge.mqtt import schemas
from edge.mqtt.field_words import EXAMPLES, WORDS
from edge.mqtt.schema_words import described, example
from edge.sop.records import KINDS
from tests.longer import slow

DOCUMENT = schemas.asyncapi()
MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]
PARTS = [
    (name, part, message[part])
    for name, message in MESSAGES.items()
    for part in ("payload", "headers")
    if part in message
]


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property within *schema*, with its path."""
    if isinstance(schema, list):
        for item in schema:
            yield from properties(item, path)
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                for name, one in value.items():
                    yield f"{path}.{name}", one
                    yield from properties(one, f"{path}.{name}")
            else:
                yield from properties(value, path)


@pytest.mark.parametrize(("name", "part", "schema"), PARTS)
def test_every_property_has_words(name: str, part: str, schema: dict[str, Any]) -> None:
    """No property is without a description, and none has a docstring's own marks in it."""
    assert schema["description"], (name, part)
    for path, one in properties(schema):
        words = one.get("description", "")
        assert len(words) > 5, f"{name}{path}"
        assert not re.search(r":ivar|``|\*\w+\*|\bNone\b|\n", words), f"{name}{path}: {words}"


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_that_is_right(name: str) -> None:
    """It validates against the message's own schema, formats included."""
    message = MESSAGES[name]
    assert message["title"]
    (one,) = message["examples"]
    for part in ("payload", "headers"):
        if part in one:
            checker = Draft202012Validator(message[part], format_checker=FormatChecker())
            assert not list(checker.iter_errors(one[part]))
    assert {"payload", "headers"} & set(one)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_record_is_one_that_is_sent(kind: str) -> None:
    """Its data can be read as the type of its kind, with all that the type requires."""
    payload = MESSAGES[kind]["examples"][0]["payload"]
    checker = Draft202012Validator(schemas.data_schemas()[kind], format_checker=FormatChecker())
    assert not list(checker.iter_errors(payload["data"]))
    assert payload["type"] == kind


def test_no_words_are_left_over() -> None:
    """Words of a property that no message has any more would be taken for the contract."""
    names = {path.rpartition(".")[2] for _, _, schema in PARTS for path, _ in properties(schema)}
    assert {key.rpartition(".")[2] for key in WORDS} <= names
    assert {key.rpartition(".")[2] for key in EXAMPLES} <= names | set(MESSAGES)


def test_a_docstring_describes_its_fields() -> None:
    """The form of the types' docstrings: words over two lines, two fields in one entry."""
    schema = {
        "title": "Thing",
        "description": "A *thing*.\n\n:ivar one: the first\n    of them; *two*: the ``other``\n"
        ":ivar three: None if *one* is",
        "properties": {"one": {}, "two": {"type": "string"}, "three": {}, "time": {}},
    }
    made = described(schema)
    assert made["description"] == "A `thing`."
    assert {name: one["description"] for name, one in made["properties"].items()} == {
        "one": "The first of them", "two": "The `other`", "three": "Null if `one` is",
        "time": "When it happened, UTC",
    }  # fmt: skip


def test_an_example_has_what_is_required() -> None:
    """Of optional properties only those with an example of their own."""
    schema = {
        "properties": {
            "kind": {"enum": ["a", "b"]}, "visit": {"type": "string"}, "more": {"type": "string"},
            "many": {"type": "array", "items": {"type": "integer", "minimum": 3}},
        },
        "required": ["kind", "many"],
    }  # fmt: skip
    assert example(schema) == {"kind": "a", "visit": EXAMPLES["visit"], "many": [3]}


_PARSE = """
const { Parser } = require("@asyncapi/parser");
new Parser().parse(require("fs").readFileSync(0, "utf8")).then((parsed) => {
  const errors = parsed.diagnostics.filter((one) => one.severity === 0);
  console.log(JSON.stringify(errors.map((one) => one.message)));
});
"""


@slow
def test_the_document_is_valid_asyncapi() -> None:
    """AsyncAPI's own parser finds no error in it, and finds one that is made."""
    assert parsed(DOCUMENT) == []
    assert parsed({**DOCUMENT, "channels": 1})


def parsed(document: dict[str, Any]) -> list[str]:
    """Return the errors that AsyncAPI's own parser finds in *document*."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    done = subprocess.run(
        [node, "-e", _PARSE], input=json.dumps(document),
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    if "Cannot find module" in done.stderr:
        pytest.skip("needs @asyncapi/parser (npm install it; NODE_PATH=FOLDER/node_modules)")
    errors: list[str] = json.loads(done.stdout)
    return errors
