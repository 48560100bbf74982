"""Traces: a span for every operation and one for each of its loader batches; nothing at all unless it is asked for."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from gateway.setting_groups import TelemetrySettings
from gateway.settings import SettingsInvalid


class OperationSpan(Protocol):
    """The span of the operation that is being carried out."""

    def set(self, *, outcome: str | None = None, cost: int | None = None, document: str | None = None) -> None:
        """Notes what has become known: never variables, never the text of an error.

        `document`: its text, of which only the SHA-256 is kept.
        """
        ...


class Tracing(Protocol):
    """Where spans go. One for each application."""

    def operation(
        self, name: str | None, kind: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[OperationSpan]:
        """The span round an operation; part of the caller's trace, if its headers name one (W3C Trace Context)."""
        ...

    def batch(self, loader: str, size: int, seconds: float) -> None:
        """A loader's batch, when it is over: a BatchObserver."""
        ...

    async def close(self) -> None:
        """Sends what wasn't sent yet."""
        ...


def tracer(settings: TelemetrySettings) -> Tracing:
    """What the settings ask for. Raises: SettingsInvalid, if that needs what isn't installed."""
    if not settings.tracing:
        return NoTracing()
    try:
        # Of some twenty packages, for the few who want traces; nobody else should wait for them, or need them.
        from gateway.telemetry.spans import OtlpTracing  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        message = "The setting `tracing` needs an extra that isn't installed: pip install 'admittance[telemetry]'."
        raise SettingsInvalid([message]) from None
    return OtlpTracing()


class NoTracing:
    """Traces nothing, at no cost."""

    def operation(
        self, name: str | None, kind: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[OperationSpan]:
        """A span that forgets."""
        del name, kind, headers
        return _NOWHERE

    def batch(self, loader: str, size: int, seconds: float) -> None:
        """Forgets it."""

    async def close(self) -> None:
        """Nothing was kept."""


class _NoSpan:
    def set(self, *, outcome: str | None = None, cost: int | None = None, document: str | None = None) -> None:
        """Forgets it."""


_NOWHERE = nullcontext[OperationSpan](_NoSpan())
