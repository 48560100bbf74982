"""Marks of tests that are of one of the two databases alone."""

import pytest

only_postgresql = pytest.mark.parametrize("fresh_database", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("fresh_database", ["sqlite"], indirect=True)
