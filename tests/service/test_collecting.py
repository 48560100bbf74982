"""What a process that serves does about garbage. In processes of their own, as it holds for a whole one."""

import subprocess
import sys
import textwrap

LOOK = """
    import gc
    import weakref
    from gateway.commands.collecting import collect_rarely

    class Circle:
        def __init__(self):
            self.itself = self
"""


def _run(script: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(LOOK) + textwrap.dedent(script)]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout


def test_what_was_there_at_the_start_is_never_walked_through_again() -> None:
    said = _run("""
        before = len(gc.get_objects())
        collect_rarely()
        print(before > 1_000, len(gc.get_objects()) < 100)
    """)

    assert said == "True True\n"


def test_what_comes_later_and_goes_in_circles_is_found_still() -> None:
    said = _run("""
        collect_rarely()
        seen = weakref.ref(Circle())
        kept = []
        while seen() is not None:
            kept.append([])
        print(len(kept) <= gc.get_threshold()[0])
    """)

    assert said == "True\n"
