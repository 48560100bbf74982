"""The built site as files: what its pages link to, load and define."""

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class _Reader(HTMLParser):
    """Notes what a page of HTML links to, loads and can be linked at."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.in_navigation: list[str] = []
        self._navigation = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        if tag == "nav":
            self._navigation += 1
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
            if self._navigation:
                self.in_navigation.append(str(given["href"]))
        loaded = given.get(_LOADING.get(tag, ""))
        if loaded and given.get("rel") not in {"canonical", "next", "prev"}:
            self.loads.append(loaded)

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._navigation -= 1


@dataclass
class Page:
    """One page of HTML."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader


@dataclass
class Site:
    """A folder that MkDocs has written, and what it said meanwhile."""

    folder: Path
    said: str

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages by their paths; not what is shown for one that isn't there."""
        paths = {str(file.relative_to(self.folder)): file for file in self.folder.rglob("*.html")}
        return {path: Page(path, file.read_text("utf-8")) for path, file in paths.items() if path != "404.html"}

    def leads_somewhere(self, page: Page, link: str) -> bool:
        """Whether a link within the site has a file at its end, and the place in it."""
        parts = urlsplit(link)
        target = self.target(page, link)
        if not parts.fragment or target.suffix != ".html":
            return target.is_file()
        aimed = self.pages.get(str(target.relative_to(self.folder)))
        return aimed is not None and unquote(parts.fragment) in aimed.read.anchors | {"__comments"}

    def target(self, page: Page, link: str) -> Path:
        """The file that a link within the site names."""
        here = self.folder / page.path
        path = unquote(urlsplit(link).path)
        return (here.parent / path).resolve() if path else here
