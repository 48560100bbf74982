"""Servers of other makers, over the same data."""
