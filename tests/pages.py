"""The pages that people read, and the blocks in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ["README.md", "*/README.md", "examples/*/README.md", "docs/**/*.md"]
PAGES = sorted(str(page.relative_to(ROOT)) for folder in FOLDERS for page in ROOT.glob(folder))
"""All of them, by their paths."""

_BLOCK = re.compile(r'^( *)```(\w*)(?: title="([^"\n]*)")?\n(.*?)^ *```$', re.MULTILINE | re.DOTALL)
_INCLUDED = re.compile(r'^--8<-- "([^":]+)(?::([\w-]+))?"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    text: str

    @property
    def included(self) -> list[tuple[str, str]]:
        """The files, and the sections of them, that it shows in place of text of its own."""
        return _INCLUDED.findall(self.text)


def read_page(page: str) -> str:
    """A page's text as it is written."""
    return (ROOT / page).read_text(encoding="utf-8")


def all_blocks(page: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    return [Block(language, title, text) for _, language, title, text in _BLOCK.findall(read_page(page))]


def blocks(page: str, language: str) -> list[str]:
    """What the blocks of one language say."""
    return [block.text for block in all_blocks(page) if block.language == language]


def commands(page: str) -> list[list[str]]:
    """The words of each command that a page tells people to type. What follows `&&` is a command of its own."""
    lines = re.sub(r" +#.*", "", "\n".join(blocks(page, "sh")).replace("\\\n", " "))
    # A quoted text may go over several lines, so it isn't for the lines to say where a command ends.
    words = shlex.shlex(lines, posix=True, punctuation_chars="&\n")
    words.whitespace, words.whitespace_split, words.commenters = " \t", True, ""
    found: list[list[str]] = [[]]
    for word in words:
        if set(word) <= {"&", "\n"}:
            found.append([])
        else:
            found[-1].append(word)
    return [command for command in found if command]
