"""Public ids: a prefix that names the type, and a ULID."""

import time
from typing import Literal

from ulid import ULIDGenerator

Prefix = Literal["feat", "prod", "prodft", "cus", "sub", "si", "grt", "env", "key", "cs", "evt", "clock", "we", "wha"]

# The machine's time as of the start, going on by a clock that never goes back: ids of the process only ever grow.
_STARTED = time.time_ns() - time.monotonic_ns()
_generator = ULIDGenerator(clock=lambda: (_STARTED + time.monotonic_ns()) // 1_000_000)


def new_id(prefix: Prefix) -> str:
    """A fresh id, such as `feat_01JD3Q...`: unique everywhere, and later than every earlier one of the process.

    The time in it is the machine's, also where a test clock rules: it orders, it isn't a fact.
    """
    return f"{prefix}_{_generator.generate()}"
