"""Where the command line writes: answers to standard output, everything else to standard error."""

import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.table import Table

# A pipe has no width: what is read by programs must not be folded.
out = Console(highlight=False, markup=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
"""What was asked for: can be piped."""

err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
"""Progress, remarks and errors."""


class CommandFailed(Exception):
    """A command that can't do what it was asked. The message is one clear sentence or a list of them."""


def progress(*columns: ProgressColumn) -> Progress:
    """A progress bar that leaves nothing behind, and that a log file or a pipe doesn't get at all.

    `columns`: what it shows; none for what Rich shows by itself.
    """
    return Progress(*columns, console=err, transient=True, disable=not err.is_interactive)


def table(*headings: str) -> Table:
    """An empty table in the house's style: light lines, headings that don't shout."""
    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made
