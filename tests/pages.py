"""The pages that people read: the blocks in them, and which test runs each."""

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


RUN_BY: dict[tuple[str, str], tuple[int, str]] = {
    ("README.md", "graphql"): (3, "service/test_readme.py"),
    ("README.md", "json"): (1, "service/test_pages.py"),
    ("README.md", "sh"): (3, "service/test_readme.py"),
    ("execution/README.md", "python"): (4, "compiled/test_readme.py"),
    ("examples/react-paywall/README.md", "tsx"): (1, "paywall/test_sources.py"),
    ("graphql/README.md", "json"): (1, "clients/guide.py"),
    ("graphql/README.md", "py"): (3, "clients/guide.py"),
    ("graphql/README.md", "sh"): (8, "clients/guide.py"),
    ("graphql/README.md", "ts"): (8, "clients/guide.py"),
    ("docs/catalog.md", "sh"): (1, "service/test_catalog_page.py"),
    ("docs/catalog.md", "text"): (1, "service/test_catalog_page.py"),
    ("docs/credentials.md", "json"): (2, "service/identity/test_documented_example.py"),
    ("docs/credentials.md", "toml"): (1, "service/identity/test_documented_example.py"),
    ("docs/demo-data.md", "graphql"): (2, "service/test_readme.py"),
    ("docs/documents.md", "sh"): (1, "service/test_documents_command.py"),
    ("docs/events.md", "sh"): (1, "service/test_worker_command.py"),
    ("docs/feature-keys.md", "python"): (2, "codegen/test_python.py"),
    ("docs/feature-keys.md", "sh"): (3, "service/test_codegen_keys.py"),
    ("docs/feature-keys.md", "ts"): (2, "codegen/test_typescript.py"),
    ("docs/federation.md", "graphql"): (2, "federation/test_gateway.py"),
    ("docs/federation.md", "js"): (1, "federation/test_composition.py"),
    ("docs/federation.md", "sh"): (2, "service/test_federation_guide.py"),
    ("docs/fields.md", "python"): (4, "service/test_readme.py"),
    ("docs/limits.md", "graphql"): (1, "limits/test_limits_documented.py"),
    ("docs/limits.md", "json"): (2, "limits/test_limits_documented.py"),
    ("docs/operations.md", "json"): (1, "service/test_operations_page.py"),
    ("docs/operations.md", "promql"): (1, "service/test_operations_page.py"),
    ("docs/rate-limits.md", "toml"): (1, "service/test_operations_page.py"),
    ("docs/schema-changes.md", "graphql"): (1, "service/test_schema_changes.py"),
    ("docs/schema-changes.md", "sh"): (2, "service/test_schema_changes.py"),
    ("docs/stripe.md", "js"): (1, "stripe_node/shop.mjs"),
    ("docs/stripe.md", "json"): (1, "service/rest/test_documented.py"),
    ("docs/stripe.md", "python"): (1, "service/rest/test_documented.py"),
    ("docs/stripe.md", "sh"): (6, "service/rest/test_documented.py"),
    ("docs/settings.md", "toml"): (1, "service/test_operations_page.py"),
    ("docs/stripe-source.md", "sh"): (2, "stripe_source/test_page.py"),
    ("docs/stripe-source.md", "toml"): (1, "stripe_source/test_page.py"),
    ("docs/subscriptions.md", "graphql"): (2, "service/test_subscriptions_guide.py"),
    ("docs/subscriptions.md", "http"): (1, "service/test_subscriptions_guide.py"),
    ("docs/subscriptions.md", "js"): (4, "clients/following.mjs"),
    ("docs/test-clocks.md", "graphql"): (6, "service/test_sandbox_walk.py"),
    ("docs/test-clocks.md", "json"): (3, "service/test_sandbox_walk.py"),
    ("docs/webhooks.md", "graphql"): (3, "service/webhooks/test_documented.py"),
    ("docs/webhooks.md", "json"): (3, "service/webhooks/test_documented.py"),
    ("docs/webhooks.md", "python"): (3, "service/webhooks/test_documented.py"),
    ("docs/websocket.md", "js"): (1, "clients/graphql_ws.mjs"),
    ("docs/index.md", "graphql"): (1, "service/test_pages.py"),
    ("docs/index.md", "json"): (1, "service/test_pages.py"),
    ("docs/index.md", "sh"): (3, "service/test_pages.py"),
    ("docs/clients/curl.md", "json"): (3, "service/test_pages.py"),
    ("docs/clients/curl.md", "sh"): (4, "service/test_pages.py"),
    ("docs/clients/curl.md", "text"): (1, "service/test_pages.py"),
    ("docs/clients/index.md", "graphql"): (2, "service/test_pages.py"),
    ("docs/clients/index.md", "sh"): (1, "service/test_pages.py"),
    ("docs/clients/apollo.md", "sh"): (1, "clients/test_guide.py"),
    ("docs/billing.md", "graphql"): (5, "service/test_write_pages.py"),
    ("docs/safe-writes.md", "graphql"): (2, "service/test_write_pages.py"),
    ("docs/safe-writes.md", "json"): (2, "service/test_write_pages.py"),
    ("docs/production.md", "sh"): (2, "service/test_operations_page.py"),
    ("docs/production.md", "toml"): (1, "service/test_operations_page.py"),
    ("docs/concepts/arrival.md", "graphql"): (3, "service/test_pages.py"),
    ("docs/concepts/arrival.md", "json"): (3, "service/test_pages.py"),
    ("docs/concepts/reasons.md", "graphql"): (2, "service/test_pages.py"),
    ("docs/concepts/reasons.md", "json"): (2, "service/test_pages.py"),
    ("docs/concepts/time.md", "graphql"): (2, "service/test_pages.py"),
    ("docs/concepts/time.md", "json"): (1, "service/test_pages.py"),
    ("docs/concepts/timeline.md", "graphql"): (3, "service/test_pages.py"),
    ("docs/concepts/timeline.md", "json"): (2, "service/test_pages.py"),
}
"""How many blocks of a language a page has, and what runs them, below `tests/`.

Those that show a section of a file aren't counted: the file is run.
"""

SHOWN = {("docs/credentials.md", "http")}
"""What is only shown: a header with a gap to fill."""
