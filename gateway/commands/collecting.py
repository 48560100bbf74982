"""How a process that serves collects garbage: rarely, and never through what it was started with."""

import gc

THRESHOLDS = (5_000, 5, 20)
"""How many objects more than before there must be until the youngest are looked through, by default 700; then how many
such rounds go to one through those a little older, and how many of these to one through all.

It takes half a microsecond an object, during which nobody is answered: so a round takes some 3 milliseconds, 15 with
the older ones. With 50,000 it took 70.
"""


def collect_rarely() -> None:
    """Takes all there is so far, modules and the schema, for something that stays. To be called once it serves.

    Otherwise a full round walks through all of it, 165,000 objects in 170 milliseconds, every few hundred requests.
    What requests leave behind goes without any round, as it doesn't go in circles; what does, exceptions above all, is
    still found, among what came since.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
