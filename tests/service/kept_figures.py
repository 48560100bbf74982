"""What a served process says it keeps, by its metrics."""

from dataclasses import dataclass

import httpx2
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class KeptFigures:
    """The figures of one kind: customers, catalogue or documents."""

    entries: float
    size_bytes: float
    dropped: float
    found: float
    missed: float


async def kept_figures(client: httpx2.AsyncClient, of: str) -> KeptFigures:
    """The figures of one kind at this moment."""
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    samples = [sample for each in families for sample in each.samples if sample.labels.get("of") == of]
    named = {
        (sample.name.removeprefix("admittance_kept_"), sample.labels.get("found")): sample.value for sample in samples
    }
    return KeptFigures(
        entries=named["entries", None],
        size_bytes=named["bytes", None],
        dropped=named["dropped_total", None],
        found=named["lookups_total", "yes"],
        missed=named["lookups_total", "no"],
    )
