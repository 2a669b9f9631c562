"""A panel in the live view: each lamp in its colour, and its mode in a word."""

from sim.stage.view import _panel


def test_every_lamp_is_drawn_in_its_colour() -> None:
    """A dark lamp is dim; the word is for readers who see no colours."""
    shining = {"white": "steady", "green": "off", "amber": "wink", "red": "fast"}
    text = _panel(shining, "fast")
    assert text.plain == "●○◕◉ urgent"
    assert [str(span.style) for span in text.spans] == ["white", "dim", "yellow", "red", "bold red"]


def test_a_panel_without_lamps_has_a_word_only() -> None:
    """A panel that has no lamps is dark."""
    assert _panel({}, "off").plain == " off"


def test_a_sign_of_the_lamp_is_a_star() -> None:
    """A press that was heard can be watched, though its sign is too short to be drawn."""
    assert _panel({"lamp": "steady"}, "on", signs=True).plain == "● waits ✦"
