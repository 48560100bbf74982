"""A visit to the page, and what a person does there."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in a browser that knows nothing from before; all it asked for, and all it complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list[Request])
    complaints: list[str] = field(default_factory=list[str])

    @property
    def banner(self) -> Locator:
        """The sentence below the bar."""
        return self.page.locator(".banner")

    @property
    def answer(self) -> Locator:
        """What the last operation answered, as far as it can be seen."""
        return self.page.locator(".graphiql-response .view-lines")

    @property
    def variables(self) -> Locator:
        """The editor of the variables."""
        return self.page.locator('[aria-label="Variables"] .view-lines')

    @property
    def pane(self) -> Locator:
        """What the sidebar opened."""
        return self.page.locator(".graphiql-plugin")

    def connect(self, credential: str) -> None:
        """Types a credential and presses Enter."""
        box = self.page.get_by_label("API key or session token")
        box.fill(credential)
        box.press("Enter")

    def run(self) -> None:
        """Presses the button that runs the operation in front."""
        self.page.get_by_role("button", name="Execute query").click()

    def open_pane(self, name: str) -> None:
        """Presses the sidebar's button of a pane."""
        self.page.get_by_role("button", name=f"Show {name}").click()

    def write_operation(self, text: str) -> None:
        """Replaces the operation in front, as by hand."""
        self.page.locator('[aria-label="Operation Editor"] .view-lines').click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def kept(self) -> str:
        """All that the page keeps beyond its own life, and what stands in the document and its address."""
        script = """JSON.stringify([
            {...localStorage}, {...sessionStorage}, document.cookie, location.href, document.documentElement.outerHTML
        ])"""
        return self.page.evaluate(script)


@contextmanager
def visiting(browser: Browser, url: str, scheme: Scheme = "light") -> Generator[Visit]:
    """The page, opened, with its editors ready."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    visit = Visit(context.new_page())

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(message.text)

    visit.page.on("request", lambda request: visit.requests.append(request))  # noqa: PLW0108 - Playwright takes no built-in
    visit.page.on("console", hear)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        visit.page.goto(url)
        visit.variables.wait_for()
        yield visit
    finally:
        context.close()
