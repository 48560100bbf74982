"""The tables of what a source told: a system outside that owns some of an environment's objects."""

from sqlalchemy import Column, ForeignKey, Index, Table

from storage.columns import Instant, Word
from storage.metadata import tables

observations = Table(
    "observations",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("object_id", Word(), primary_key=True),
    # The source's own id of the event that told, or one of ours for what was seen in a list.
    Column("id", Word(), primary_key=True),
    Column("kind", Word(), nullable=False),
    Column("manner", Word(), nullable=False),
    # By the source's clock.
    Column("at", Instant(), nullable=False),
    # JSON that the source's own code reads, of the object since that instant, and of just before it.
    Column("state", Word(), nullable=False),
    Column("before", Word()),
)
Index("ix_observations_kind", observations.c.environment_id, observations.c.kind, observations.c.object_id)

source_runs = Table(
    "source_runs",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    # Of a run that isn't through: when it began, by the source's clock, and the object up to which a step has come.
    Column("begun_at", Instant()),
    Column("step", Word()),
    Column("cursor", Word()),
    # Up to where all of the source's events were read by a run that is through.
    Column("read_until", Instant()),
)
