# pyright: basic, reportMissingImports=false
# MkDocs is in an environment of its own.
"""What MkDocs calls while it builds the site, as `hooks` of mkdocs.yml say."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.making.reference import write_reference

ROOT = Path(__file__).parents[2]
PAGES_OF = {
    "entitlements/README.md": "concepts/rule.md",
    "examples/react-paywall/README.md": "clients/react.md",
    "execution/README.md": "compiled-execution.md",
    "graphql/README.md": "clients/index.md",
}
"""Files beyond docs/ that the site has as pages. Others that pages link to it has as they are, below `source/`."""

_REFERENCE: dict[str, str] = {}
_DRAWING = re.compile(r'<p><img [^>]*src="[^"]*pictures/(?P<name>[\w-]+\.svg)"[^>]*></p>')
_INCLUDED = re.compile(r'^--8<-- "(?P<path>[\w/-]+\.md)(?::(?P<section>[\w-]+))?"$', re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?P<path>[\w./-]+)")


def on_pre_build(config: MkDocsConfig) -> None:  # noqa: ARG001 - how MkDocs calls it
    """Makes the reference anew, also while pages are written and the schema changes."""
    _REFERENCE.update(write_reference(ROOT / "graphql"))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Completes pages that are a README's or the reference's, and leads links to where the site has what they name."""
    folder, name = posixpath.split(page.file.src_uri)

    def led(text: str, stands_in: str) -> str:
        def lead(link: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(stands_in, link["path"]))
            if not (ROOT / target).is_file():
                return link["path"]
            return posixpath.relpath(_place(target, files, config), folder or ".")

        return _LINK.sub(lead, text)

    def include(included: re.Match[str]) -> str:
        path, section = included["path"], included["section"]
        text = (ROOT / path).read_text(encoding="utf-8")
        return led(_section(text, section) if section else text, posixpath.dirname(path))

    written = _INCLUDED.sub(include, led(markdown, f"docs/{folder}"))
    return f"{written}\n{_REFERENCE[name]}" if folder == "reference" else written


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Puts drawings into the page itself, where they take its colours, light or dark."""

    def put(drawing: re.Match[str]) -> str:
        text = (ROOT / "docs" / "pictures" / drawing["name"]).read_text(encoding="utf-8")
        return f'<figure class="timeline" tabindex="0">{text}</figure>'

    return _DRAWING.sub(put, html)


def _section(text: str, name: str) -> str:
    """What stands between a section's marks, which must be there."""
    _, _, behind = text.partition(f"<!-- --8<-- [start:{name}] -->\n")
    section, mark, _ = behind.partition(f"<!-- --8<-- [end:{name}] -->\n")
    assert mark, f"there is no section {name}"  # noqa: S101 - it fails the build
    return section


def _place(path: str, files: Files, config: MkDocsConfig) -> str:
    """Where the site has a file, which it is given if it isn't there yet."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path in PAGES_OF:
        return PAGES_OF[path]
    uri = f"source/{path}"
    if files.get_file_from_path(uri) is None:
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    return uri
