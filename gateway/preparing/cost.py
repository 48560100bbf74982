"""Costs as sums and products, of which some factors are known only once there are variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.preparing.limits import LARGEST_NUMBER
from gateway.preparing.sizes import Sizes, VariableSize


@dataclass(frozen=True, slots=True)
class Amount:
    """A cost: a number, and lines of a formula to add."""

    constant: int = 0
    lines: tuple[int, ...] = ()

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(min(self.constant + other.constant, LARGEST_NUMBER), self.lines + other.lines)


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Formula:
    """Products that depend on variables, a line each: sizes, of which the largest counts, times an amount.

    A line refers to earlier ones alone. So all are worked out in one pass, however often fragments share them: what a
    document of n fields costs takes n steps, though written out it may have 2^n.
    """

    lines: list[tuple[Sizes, Amount]] = field(default_factory=list[tuple[Sizes, Amount]])

    def multiply(self, sizes: Sizes, amount: Amount) -> Amount:
        """An amount as often as the largest of the sizes."""
        numbers = [size for size in sizes if isinstance(size, int)]
        if len(numbers) == len(sizes) and not amount.lines:
            return Amount(min(max(numbers) * amount.constant, LARGEST_NUMBER))
        if not amount.lines and not amount.constant:
            return amount
        return self.refer(sizes, amount)

    def refer(self, sizes: Sizes, amount: Amount) -> Amount:
        """The product as a line of its own, so that what uses it stays as short as a document is."""
        self.lines.append((sizes, amount))
        return Amount(0, (len(self.lines) - 1,))

    def evaluate(self, amount: Amount, given: Mapping[VariableSize, int]) -> int:
        """The amount as a number, for variables of these sizes; counting ends at LARGEST_NUMBER."""
        values: list[int] = []
        for sizes, factor in self.lines[: max(amount.lines, default=-1) + 1]:
            largest = max(size if isinstance(size, int) else given.get(size, size.default) for size in sizes)
            values.append(min(largest * _sum(factor, values), LARGEST_NUMBER))
        return min(_sum(amount, values), LARGEST_NUMBER)


def _sum(amount: Amount, values: list[int]) -> int:
    return amount.constant + sum(values[line] for line in amount.lines)
