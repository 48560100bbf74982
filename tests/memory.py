"""How much memory processes have, and the most that this one had since it was last asked to begin anew."""

import os
import re
from pathlib import Path


def memory_of(pid: int) -> int:
    """The bytes a process has now, without those it shares with other programs."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")


def reset_peak() -> int:
    """Begins anew to note the most bytes that this process has; returns how many it has now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak()


def peak() -> int:
    """The most bytes that this process had since then. `getrusage` knows of the most since it began, by any test."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [kilobytes] = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) * 1024
