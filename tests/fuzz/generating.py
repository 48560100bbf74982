"""Many values of a strategy, one after another: always the same ones for the same seed."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")

_SLOW_AND_LARGE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
"""What documents are, by the library's measure."""


def each_of(strategy: st.SearchStrategy[T], count: int, number: int, take: Callable[[T], object]) -> None:
    """Hands so many generated values on, each different from those before. `number`: the seed.

    Nothing is shrunk or kept, as an answer depends on what was sent before: `take` is to note what it finds, not raise.
    """

    @seed(number)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=_SLOW_AND_LARGE,
    )
    @given(strategy)
    def hand_on(value: T) -> None:
        take(value)

    hand_on()
