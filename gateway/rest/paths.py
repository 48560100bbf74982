"""Which endpoint an address means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.rest.endpoints import Endpoint
from gateway.rest.errors import RestError


@dataclass(slots=True)
class _Step:
    """A place in a tree of paths: where each next segment leads, or any segment at all; and what is there."""

    named: dict[str, "_Step"] = field(default_factory=dict[str, "_Step"])
    any: "_Step | None" = None
    endpoints: dict[str, Endpoint] = field(default_factory=dict[str, Endpoint])


class Paths:
    """All endpoints by path and method. Where a name and an id could stand in one place, the name is meant."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Step()
        for endpoint in endpoints:
            step = self._root
            for segment in _segments(endpoint.path):
                if segment.startswith("{"):
                    step.any = step.any or _Step()
                    step = step.any
                else:
                    step = step.named.setdefault(segment, _Step())
            step.endpoints[endpoint.method] = endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
        """The endpoint, and the ids that the path names. Raises: RestError, if there is none, or not for the method."""
        step: _Step | None = self._root
        segments = _segments(path)
        for segment in segments:
            step = step and (step.named.get(segment) or (step.any if segment else None))
        if step is None or not step.endpoints:
            raise RestError(f"Unrecognized request URL ({method}: {path}).", status=404)
        endpoint = step.endpoints.get(method)
        if endpoint is None:
            allowed = ", ".join(step.endpoints)
            message = f"Unrecognized request URL ({method}: {path}): here it is {allowed}."
            raise RestError(message, status=405, headers={"Allow": allowed})
        return endpoint, {
            name[1:-1]: segment
            for name, segment in zip(_segments(endpoint.path), segments, strict=True)
            if name.startswith("{")
        }


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/")
