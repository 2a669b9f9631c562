"""The verdict on a step that has been served: where the guest goes next."""

from typing import Literal

Verdict = Literal["next", "again", "back", "over", "later"]
NEXT: Verdict = "next"
"""On to the next step."""
AGAIN: Verdict = "again"
"""To the end of the line, for the same step."""
BACK: Verdict = "back"
"""To give back card and belongings."""
OVER: Verdict = "over"
"""Out of the door."""
LATER: Verdict = "later"
"""Out of the door; the card comes back another time."""
