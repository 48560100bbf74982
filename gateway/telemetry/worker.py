"""What Prometheus is told of the worker of this process, if it has one."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from storage.agenda import Agenda


class WorkerFigures:
    """The figures of one worker, shown where the registry is. Without one they are counted for nobody."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.announced = Counter("admittance_events_announced", "Events that the worker wrote down.", registry=registry)
        self.errors = Counter(
            "admittance_worker_errors", "Looks, and customers looked at, that failed.", registry=registry
        )
        self._lag = Gauge(
            "admittance_announcing_lag_seconds", "How long the oldest change that is due waits.", registry=registry
        )

    def note_lag(self, agendas: Iterable[Agenda]) -> None:
        """Takes note of how late the worker is. By how much a clock was moved on says nothing of that."""
        late = [(each.now - each.due_at).total_seconds() for each in agendas if each.is_due and not each.is_frozen]
        self._lag.set(max(late, default=0.0))
