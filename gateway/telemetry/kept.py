"""What Prometheus is told of what the process keeps. Nothing is counted here: the figures are read when asked for."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from resolvers.shared import SharedReads


class Keeping(Protocol):
    """Whatever keeps values up to a bound, and counts how that goes."""

    size_bytes: int
    found: int
    missed: int
    dropped: int

    def __len__(self) -> int:
        """How many values it keeps."""
        ...


class KeptFigures(Collector):
    """How much is kept, by what it is, and how often that spares the database a look-up."""

    def __init__(self, shared: SharedReads, documents: Keeping, subgraph_documents: Keeping | None = None) -> None:
        self._kept: dict[str, Keeping] = {
            "customers": shared.customers,
            "catalogue": shared.catalogue,
            "documents": documents,
        }
        if subgraph_documents is not None:
            self._kept["subgraph_documents"] = subgraph_documents

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        """The figures of this moment."""
        entries = GaugeMetricFamily("admittance_kept_entries", "What is kept in the process.", labels=("of",))
        size = GaugeMetricFamily("admittance_kept_bytes", "The memory that takes, as weighed.", labels=("of",))
        lookups = CounterMetricFamily(
            "admittance_kept_lookups", "Look-ups, by whether what is kept answered them.", labels=("of", "found")
        )
        dropped = CounterMetricFamily(
            "admittance_kept_dropped", "What had to go to make way for something else.", labels=("of",)
        )
        for of, kept in self._kept.items():
            entries.add_metric((of,), len(kept))
            size.add_metric((of,), kept.size_bytes)
            lookups.add_metric((of, "yes"), kept.found)
            lookups.add_metric((of, "no"), kept.missed)
            dropped.add_metric((of,), kept.dropped)
        return entries, size, lookups, dropped
