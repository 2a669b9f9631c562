"""The commands with which the virtual Pi sets the desk up are those of docs/desk.md."""

from virtual_pi.rows.desk import PAGE, SET_PIN, SET_UP


def test_the_commands_are_those_of_the_page() -> None:
    """The row is about what a technician reads: the same commands, in the same order."""
    page = PAGE.read_text(encoding="utf-8")
    places = [page.index(command) for command in (SET_PIN, *SET_UP)]
    assert places == sorted(places)
