"""The site in a browser: it asks for nothing from elsewhere, finds what is looked for, and fits a phone."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.chromium import screenshots_folder
from tests.site.built import Site

Scheme = Literal["light", "dark"]
WIDE, PHONE = 1300, 390


@contextmanager
def _reading(browser: Browser, scheme: Scheme = "light", width: int = WIDE) -> Generator[tuple[Page, list[str]]]:
    """A page, and all it complains of or asks for from elsewhere.

    Its window keeps its size: one that changes can leave Chromium stuck.
    """
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            wrong.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("request", lambda asked: None if _is_ours(asked.url) else wrong.append(f"{page.url}: asks {asked.url}"))
    try:
        yield page, wrong
    finally:
        context.close()


def _is_ours(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))


def test_every_page_is_shown_without_a_complaint(browser: Browser, site: Site, address: str) -> None:
    with _reading(browser) as (page, wrong):
        for path in sorted(site.pages):
            page.goto(f"{address}/{path}")

    assert wrong == []


def test_every_page_fits_a_phone(browser: Browser, site: Site, address: str) -> None:
    with _reading(browser, width=PHONE) as (page, wrong):
        for path in sorted(site.pages):
            page.goto(f"{address}/{path}")
            across = page.evaluate("document.documentElement.scrollWidth")
            if across > PHONE:
                wrong.append(f"{path}: {across} pixels wide")

    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_what_is_to_be_looked_at_is_kept(browser: Browser, address: str, scheme: Scheme, width: int) -> None:
    pictured = ["index", "concepts/timeline", "concepts/reasons", "clients/apollo", "reference/objects"]
    with _reading(browser, scheme, width) as (page, wrong):
        for path in pictured:
            page.goto(f"{address}/{path}.html")
            name = f"docs-{path.replace('/', '-')}-{scheme}-{width}.png"
            kept = page.screenshot(path=screenshots_folder() / name)

            assert len(kept) > 10_000
            shown = page.locator("body").get_attribute("data-md-color-scheme")
            assert shown == {"light": "default", "dark": "slate"}[scheme]

    assert wrong == []


@pytest.mark.parametrize("where", ["address", "in_a_folder"])
def test_the_search_finds_a_field_of_the_reference(
    browser: Browser, where: str, request: pytest.FixtureRequest
) -> None:
    with _reading(browser) as (page, wrong):
        page.goto(f"{request.getfixturevalue(where)}/index.html")
        page.get_by_role("textbox", name="Search").fill("upcomingChanges")
        found = page.locator(".md-search-result__item a[href*='reference/objects.html?h=upcomingchanges#Customer']")
        found.first.wait_for(state="attached")

    assert wrong == []


def test_a_picture_takes_the_colours_that_are_chosen(browser: Browser, address: str) -> None:
    ink = "getComputedStyle(document.querySelector('.timeline-picture .lane')).fill"
    with _reading(browser) as (page, wrong):
        page.goto(f"{address}/concepts/timeline.html")
        light = page.evaluate(ink)
        page.locator("label[title=Dark]").click()

        page.wait_for_function(f"{ink} !== {light!r}")

    assert wrong == []
