"""How a picture of a timeline is drawn: lanes of bars above one another, all on one axis of months."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from xml.sax.saxutils import escape, quoteattr

WIDTH = 720
LEFT = 184
RIGHT = 128
"""Room beyond the axis' end, for what is said of a bar that ends there."""

LANE = 34
BAR = 22
MONTHS = 24
"""Above the lanes: the months, and below them the rows of marks."""

MARK = 15
LETTER = 6.2
BOLD = 7.2
"""About what a letter takes, so that no text stands where it doesn't fit."""

STYLE = """
.timeline-picture { --ink: #24292f; --faint: #d0d7de; --fact: #f3f4f6; --run: #3f51b5; --mark: #b3420c; }
@media (prefers-color-scheme: dark) {
  .timeline-picture { --ink: #e6edf3; --faint: #3d444d; --fact: #2b3138; --run: #5c6bc0; --mark: #ffa657; }
}
.timeline-picture text { font: 11.5px system-ui, sans-serif; fill: var(--ink); }
.timeline-picture .head { font-weight: 600; }
.timeline-picture .grid { stroke: var(--faint); }
.timeline-picture .fact { fill: var(--fact); stroke: var(--ink); stroke-opacity: 0.45; }
.timeline-picture .run { fill: var(--run); }
.timeline-picture .withheld { fill: none; stroke: var(--run); stroke-width: 1.5; stroke-dasharray: 4 3; }
.timeline-picture .tick { stroke: var(--ink); stroke-width: 2; }
.timeline-picture .mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 2 2; }
.timeline-picture text.mark { fill: var(--mark); stroke: none; font-weight: 600; }
.timeline-picture .inside { fill: #fff; }
"""


class Look(StrEnum):
    """What a bar stands for."""

    FACT = "fact"
    RUN = "run"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Bar:
    """What holds from one instant until another, open if there is none."""

    since: datetime
    until: datetime | None
    look: Look
    text: str = ""
    """Said within it, or behind it where it is too short."""
    end: str = ""
    """Said behind its end."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A row. Without bars it is a heading of those below, unless something is said in their place."""

    label: str
    bars: tuple[Bar, ...] = ()
    ticks: tuple[datetime, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant that goes through all lanes."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Lanes between two instants, the first the beginning of a month. `about` is for those who don't see it."""

    name: str
    about: str
    since: datetime
    until: datetime
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...] = ()

    def draw(self) -> str:
        """The picture as SVG; its colours follow the reader's choice of light or dark."""
        rows = self._rows()
        top = MONTHS + MARK * (max(rows, default=-1) + 1)
        height = top + LANE * len(self.lanes) + 4
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" class="timeline-picture" role="img"',
            f'  viewBox="0 0 {WIDTH} {height}" aria-label={quoteattr(self.about)}>',
            f"<style>{STYLE}</style>",
            *self._months(height),
            *(part for at, lane in enumerate(self.lanes) for part in self._lane(lane, top + LANE * at)),
            *(part for mark, row in zip(self.marks, rows, strict=True) for part in self._mark(mark, row, height)),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _x(self, at: datetime) -> float:
        reach = WIDTH - LEFT - RIGHT
        return round(LEFT + reach * ((at - self.since) / (self.until - self.since)), 1)

    def _months(self, height: int) -> Iterator[str]:
        month = self.since
        while month <= self.until:
            x = self._x(month)
            name = f"{month:%b %Y}" if month == self.since or month.month == 1 else f"{month:%b}"
            yield f'<line class="grid" x1="{x}" y1="4" x2="{x}" y2="{height}"/>'
            yield f'<text x="{x + 4}" y="14">{name}</text>'
            month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)

    def _reach(self, mark: Mark) -> tuple[float, float]:
        """From where to where its text goes: behind its line, or before it where that would leave the picture."""
        x, long = self._x(mark.at), BOLD * len(mark.text)
        return (x + 4, x + 4 + long) if x + long < WIDTH else (x - 4 - long, x - 4)

    def _rows(self) -> list[int]:
        """The row of each mark: texts don't meet, nor does a line go through the text of an earlier one."""
        rows: list[int] = []
        ends: list[float] = []
        for mark in self.marks:
            begin, end = self._reach(mark)
            row = max((at + 1 for at, taken in enumerate(ends) if taken > begin), default=0)
            ends[row:] = [max(end, *ends[row : row + 1])] if row < len(ends) else [end]
            rows.append(row)
        return rows

    def _mark(self, mark: Mark, row: int, height: int) -> Iterator[str]:
        x, y = self._x(mark.at), MONTHS + 8 + MARK * row
        yield f'<line class="mark" x1="{x}" y1="{y - 8}" x2="{x}" y2="{height}"/>'
        place = f'x="{x + 4}"' if self._reach(mark)[0] > x else f'x="{x - 4}" text-anchor="end"'
        yield f'<text class="mark" {place} y="{y}">{escape(mark.text)}</text>'

    def _lane(self, lane: Lane, top: int) -> Iterator[str]:
        middle = top + LANE / 2 + 4
        kind = "lane" if lane.bars or lane.empty else "head"
        x = 0 if kind == "head" else 10
        yield f'<text class="{kind}" x="{x}" y="{middle}">{escape(lane.label)}</text>'
        if lane.empty:
            yield f'<text x="{LEFT + 4}" y="{middle}">{escape(lane.empty)}</text>'
        for at, bar in enumerate(lane.bars):
            following = self._x(lane.bars[at + 1].since) if at + 1 < len(lane.bars) else WIDTH
            yield from self._bar(bar, top + (LANE - BAR) / 2, following)
        for tick in lane.ticks:
            x = self._x(tick)
            yield f'<line class="tick" x1="{x}" y1="{top + 4}" x2="{x}" y2="{top + LANE - 4}"/>'

    def _bar(self, bar: Bar, top: float, following: float) -> Iterator[str]:
        """The bar and what is said of it, as far as there is room before the following one."""
        left, right = self._x(max(bar.since, self.since)), self._x(min(bar.until or self.until, self.until))
        bottom, middle = top + BAR, top + BAR / 2
        # An open end goes on: it points where the time does.
        tip = f"{right + 10},{middle} " if bar.until is None else ""
        points = f"{left},{top} {right},{top} {tip}{right},{bottom} {left},{bottom}"
        yield f'<polygon class="{bar.look}" points="{points}"/>'
        fits = LETTER * len(bar.text) + 8 <= right - left
        if bar.text and fits:
            colour = ' class="inside"' if bar.look is Look.RUN else ""
            yield f'<text{colour} x="{left + 6}" y="{middle + 4}">{escape(bar.text)}</text>'
        behind = ": ".join(each for each in (bar.text if not fits else "", bar.end) if each)
        if behind and right + 14 + LETTER * len(behind) <= following:
            yield f'<text x="{right + (14 if bar.until is None else 6)}" y="{middle + 4}">{escape(behind)}</text>'
