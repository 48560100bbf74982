"""A visit to the page: every picture it showed, and all that it sent."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, WebSocket

Scheme = Literal["light", "dark"]

# Runs before the page's own scripts. Whatever was in the document, for however short a time, is noted.
_WATCH = """
  window.everSeen = { locked: 0, skeleton: 0, frames: 0 };
  const marks = { locked: "[data-locked]", skeleton: ".skeleton" };
  const look = (node) => {
    if (!(node instanceof Element)) return;
    for (const [name, mark] of Object.entries(marks)) {
      if (node.matches(mark) || node.querySelector(mark)) window.everSeen[name]++;
    }
  };
  new MutationObserver((records) => {
    for (const record of records) [record.target, ...record.addedNodes].forEach(look);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const frame = () => {
    window.everSeen.frames++;
    look(document.documentElement);
    requestAnimationFrame(frame);
  };
  frame();

  window.subscribed = 0;
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (message) {
    send.call(this, message);
    if (JSON.parse(message).type === "subscribe") window.subscribed++;
  };
"""


@dataclass
class Visit:
    """A page in a browser that knows nothing from before."""

    page: Page
    url: str
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    complaints: list[str] = field(default_factory=list[str])

    @property
    def banner(self) -> Locator:
        """The line that says how the page stands with the gateway."""
        return self.page.locator(".banner")

    @property
    def skeleton(self) -> Locator:
        """What stands in the place of what isn't known."""
        return self.page.get_by_role("status", name="Loading")

    def locked(self, feature: str) -> Locator:
        """What stands in the place of a feature that may not be used."""
        return self.page.locator(f'[data-locked="{feature}"]')

    def begin_to_sign_in(self, customer: str) -> None:
        """Says by an external id who it is."""
        self.page.get_by_label("by external id").fill(customer)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_in(self, customer: str) -> None:
        """Returns when it is known what they may use, and changes are heard."""
        self.begin_to_sign_in(customer)
        self.wait_until_live()

    def wait_until_live(self, *, more_often_than: int = 0) -> None:
        """Until it has asked for what comes; as often as that since the page was loaded."""
        self.page.wait_for_function("count => window.subscribed > count", arg=more_often_than)

    def reconnect(self) -> None:
        """Tells the page that there is a network, as the system does; it waits no longer to connect again."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def go(self, title: str) -> None:
        """To a page, by the bar at the top."""
        self.page.get_by_role("navigation").get_by_role("link", name=title).click()

    def hold_answers(self) -> Callable[[], None]:
        """Keeps what the gateway is asked by HTTP from it; returns what lets it through, and all that comes later."""
        held: list[Route] = []
        is_held = True

        def take(route: Route) -> None:
            held.append(route) if is_held else route.continue_()

        def let_go() -> None:
            nonlocal is_held
            is_held = False
            for route in held:
                route.continue_()

        self.page.route("**/graphql", take)
        return let_go

    def ever_seen(self) -> dict[str, int]:
        """What has been in the document since it was loaded, and in how many frames it was looked at."""
        return self.page.evaluate("window.everSeen")

    def resumed_after(self) -> list[int]:
        """The revisions after which changes were asked for, in order."""
        return [each["payload"]["variables"]["afterRevision"] for each in self.sent if each["type"] == "subscribe"]

    def tokens(self) -> list[str]:
        """What it presented at the beginning of each connection."""
        return [each["payload"]["authorization"] for each in self.sent if each["type"] == "connection_init"]


@contextmanager
def visiting(
    browser: Browser, url: str, scheme: Scheme = "light", width: int = 1200, height: int = 800
) -> Generator[Visit]:
    """The page, opened for the first time. Its window keeps its size: one that changes can leave Chromium stuck."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    context.add_init_script(_WATCH)
    visit = Visit(context.new_page(), url)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(message.text)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: visit.sent.append(json.loads(frame)))

    visit.page.on("websocket", listen)
    visit.page.on("console", hear)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        visit.page.goto(url)
        yield visit
    finally:
        context.close()
