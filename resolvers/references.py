"""How callers name things, and how an update tells a field that is absent from one that is null."""

from dataclasses import dataclass
from enum import Enum


class Absent(Enum):
    """The type of ABSENT."""

    ABSENT = "ABSENT"


ABSENT = Absent.ABSENT
"""Stands for a field that an update doesn't mention and so leaves as it is."""


@dataclass(frozen=True, slots=True)
class ById:
    """Names an object by its public id."""

    id: str


@dataclass(frozen=True, slots=True)
class ByKey:
    """Names an object by its owner's key: a feature's or product's lookup key, a customer's external id."""

    key: str


Reference = ById | ByKey
