"""The site is whole: it builds without a warning, every link leads somewhere, and nothing comes from elsewhere."""

import json
import re
from urllib.parse import urlsplit

from tests.pages import PAGES
from tests.site.built import Site


def test_it_builds_without_a_warning(site: Site) -> None:
    assert re.findall(r"^(?:WARNING|ERROR).*$", site.said, re.MULTILINE) == []


def test_every_page_is_built_and_is_in_the_navigation_of_every_page(site: Site) -> None:
    written = {page.removeprefix("docs/").replace(".md", ".html") for page in PAGES if page.startswith("docs/")}

    assert set(site.pages) == written
    for page in site.pages.values():
        listed = {
            str(site.target(page, link).relative_to(site.folder))
            for link in page.read.in_navigation
            if not urlsplit(link).fragment and not urlsplit(link).scheme
        }
        # A page's own entry leads to itself, in some themes to its top.
        assert written - {page.path} <= listed, page.path


def test_every_link_within_the_site_leads_somewhere(site: Site) -> None:
    inner = [(page, link) for page in site.pages.values() for link in page.read.links if not urlsplit(link).scheme]

    assert len(inner) > 3_000
    assert [(page.path, link) for page, link in inner if not site.leads_somewhere(page, link)] == []


def test_nothing_that_a_page_loads_is_elsewhere(site: Site) -> None:
    loaded = [(page, address) for page in site.pages.values() for address in page.read.loads]
    styles = {file: file.read_text("utf-8") for file in site.folder.rglob("*.css")}

    assert [(page.path, address) for page, address in loaded if urlsplit(address).scheme or address[:2] == "//"] == []
    assert [(page.path, address) for page, address in loaded if not site.target(page, address).is_file()] == []
    assert styles
    for file, style in styles.items():
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", style) == [], file.name


def test_nothing_but_pages_and_what_they_show_is_published(site: Site) -> None:
    """No source of the generators, above all."""
    endings = {file.suffix for file in site.folder.rglob("*") if file.is_file()}

    assert endings - {".html", ".css", ".js", ".map", ".svg", ".png", ".json", ".xml", ".gz"} == {
        ".graphql",  # the schema of the subgraph
        ".mjs",  # the examples of docs/examples
        ".py",  # what the page on performance cites
        ".sql",
        ".yaml",
    }
    assert not (site.folder / "making").exists()


def test_the_search_knows_every_page(site: Site) -> None:
    index = json.loads((site.folder / "search" / "search_index.json").read_bytes())

    assert {entry["location"].partition("#")[0] for entry in index["docs"]} == set(site.pages)
