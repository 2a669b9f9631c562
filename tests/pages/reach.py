"""What a finger, a keyboard or a screen reader cannot use on a page, found in a real browser."""

from typing import Any

from playwright.sync_api import Page

from tests.pages.chromium import loaded

TOUCHED_PX = 40
"""Least width and height of what is touched, CSS pixels: a fingertip covers about as much."""

_FIND = """() => {
  const visible = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length;
  const kinds = ["a[href]", "button", "select", "textarea", "summary", "input:not([type=hidden])",
    "[tabindex]", "[role=button]"];
  const found = [...document.querySelectorAll(kinds)]
    .filter((one) => visible(one) && !one.disabled);
  const named = (one) => (one.getAttribute("aria-label")
    ?? [...(one.labels ?? [])].map((label) => label.textContent).join(" ").trim()
    ?? "").trim() || (one.matches("select, input, textarea") ? "" : one.textContent.trim());
  window.reached = found;
  return found.map((one) => {
    // A box to tick is touched by its words too.
    const target = one.matches("[type=checkbox], [type=radio]") ? one.labels[0] ?? one : one;
    const { width, height } = target.getBoundingClientRect();
    return { tag: one.tagName.toLowerCase(), name: named(one), width: Math.round(width),
      height: Math.round(height), radio: one.type === "radio" ? one.name : "" };
  });
}"""
_FOCUSED = """() => {
  const at = window.reached.indexOf(document.activeElement);
  const style = getComputedStyle(document.activeElement);
  const circle = document.activeElement.querySelector("circle");
  const marked = style.outlineStyle !== "none"
    || (circle && parseFloat(getComputedStyle(circle).strokeWidth) > 1);
  return [at, Boolean(marked)];
}"""


def problems(page: Page) -> list[str]:
    """Return in words what cannot be used on *page* as it is now; empty: all can be."""
    loaded(page)
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    found: list[dict[str, Any]] = page.evaluate(_FIND)
    told = [f"{wide[0]} px wide, the window has {wide[1]}"] if wide[0] > wide[1] else []
    assert found, "nothing on the page can be used"
    for one in found:
        what = f"{one['tag']} {one['name'][:40]!r}"
        if not one["name"]:
            told.append(f"{what} has no name")
        if min(one["width"], one["height"]) < TOUCHED_PX:
            told.append(f"{what} is {one['width']} x {one['height']} px")
    return told + _unreached(page, found)


def _unreached(page: Page, found: list[dict[str, Any]]) -> list[str]:
    """Go through *page* with the Tab key; return what it does not reach, or does not mark."""
    reached: set[int] = set()
    unmarked: set[int] = set()
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    # A field for a date has several stops.
    for _ in range(3 * len(found) + 20):
        if len(reached) > len(found):
            break
        page.keyboard.press("Tab")
        at, marked = page.evaluate(_FOCUSED)
        reached.add(at)
        unmarked |= set() if marked else {at}
    # Of the boxes of one choice the keyboard reaches one, and the arrows the others.
    groups = {found[at]["radio"] for at in reached if at >= 0}
    missed = [
        one
        for at, one in enumerate(found)
        if at not in reached and not (one["radio"] and one["radio"] in groups)
    ]
    return [
        *(f"{one['tag']} {one['name'][:40]!r} is not reached by Tab" for one in missed),
        *(
            f"{found[at]['tag']} {found[at]['name'][:40]!r} shows no focus"
            for at in unmarked
            if at >= 0
        ),
    ]
