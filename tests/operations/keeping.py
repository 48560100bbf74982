"""A mark for modules whose promises hold the same whether facts are kept in the process or not."""

import pytest

BOTH_WAYS = pytest.mark.parametrize("kept_customers", [0, 1_000], ids=["afresh", "kept"], indirect=True)
EVERYTHING_KEPT = pytest.mark.parametrize("kept_customers", [1_000], ids=["kept"], indirect=True)
