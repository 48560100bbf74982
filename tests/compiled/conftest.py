"""The shop of the operations' tests, to be read here too."""

from tests.operations.conftest import api, kept_customers, shared, shop

__all__ = ["api", "kept_customers", "shared", "shop"]
