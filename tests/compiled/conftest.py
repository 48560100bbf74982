"""The shop of the operations' tests, to be read here too."""

from tests.operations.conftest import api, shop

__all__ = ["api", "shop"]
