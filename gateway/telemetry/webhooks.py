"""What Prometheus is told of webhooks."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


class WebhookFigures:
    """The attempts of one process at delivering webhooks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "admittance_webhook_attempts",
            "Attempts at webhooks, by what came of them.",
            ("outcome",),
            registry=registry,
        )
        self._seconds = Histogram(
            "admittance_webhook_seconds",
            "Time one attempt at a webhook took.",
            buckets=_SECONDS,
            registry=registry,
        )

    def note_attempt(self, outcome: str, seconds: float) -> None:
        """Counts an attempt. `outcome`: one of few words."""
        self._attempts.labels(outcome).inc()
        self._seconds.observe(seconds)
