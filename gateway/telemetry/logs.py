"""The log: one line a record, on standard error, for machines or for people, and never a secret in it.

All of the program logs by `logging.getLogger`, libraries too; here it is decided what becomes of it.
"""

import logging
import re
import sys
from typing import TextIO, cast

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor

from gateway.setting_groups import TelemetrySettings
from gateway.telemetry.request_ids import current_request_id
from gateway.telemetry.scrubbing import scrubbed

# In this order, before whatever else a record brings along.
_FIRST = ("timestamp", "level", "logger", "event", "request_id", "error_id")

# The message once more: with uvicorn's escape sequences for colours, and as another handler's formatter left it.
_SAID_AGAIN = ("color_message", "message", "asctime")

# What these say on the level of debugging is every statement with its parameters, and every byte.
_CHATTY = ("aiosqlite", "asyncio", "httpcore2", "httpx2", "websockets")

# What these say of their own start is said better by the commands.
_STARTING = ("alembic", "uvicorn.error")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def configure_logging(settings: TelemetrySettings) -> None:
    """Writes the log of this process to standard error from now on. May be called again."""
    is_terminal = sys.stderr.isatty()
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not is_terminal)
    handler = LineHandler(sys.stderr)
    handler.setFormatter(log_formatter(as_json=as_json, colours=is_terminal))
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, LineHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    for name in _STARTING:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def log_formatter(*, as_json: bool, colours: bool = False) -> logging.Formatter:
    """What makes a line of a record.

    A record that can't be rendered raises whatever its contents raise: LineHandler says so in a line of its own.
    """
    rendering: list[Processor] = [_escape, _console(colours=colours)] if not as_json else [_json()]
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            _name_request,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # The plain traceback: one with local variables would hold what was sent.
            structlog.processors.format_exc_info,
        ],
        processors=[ProcessorFormatter.remove_processors_meta, _arrange, _scrub, *rendering],
    )


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines, and never raises: neither a broken record nor a closed stream stops who logs."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Called instead of raising. The library's own prints the record's arguments, unscrubbed."""
        failure = sys.exc_info()[0]
        reason = failure.__name__ if failure else "unknown"
        said = {"event": "A log record could not be written", "level": "error", "logger": record.name, "reason": reason}
        try:
            self.stream.write(f"{cast('str', _json()(None, 'error', said))}\n")
        except (OSError, ValueError):
            # The stream itself is gone: there is nobody left to tell.
            return


def _name_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    request_id = current_request_id()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _arrange(_logger: object, _method: str, event: EventDict) -> EventDict:
    arranged = {key: event[key] for key in _FIRST if key in event}
    return arranged | {key: value for key, value in event.items() if key not in _SAID_AGAIN}


def _scrub(_logger: object, _method: str, event: EventDict) -> EventDict:
    return cast("EventDict", scrubbed(event))


def _escape(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Lets no record of the text format look like two, nor steer the terminal that shows it."""
    return {
        key: _indented(value) if key in ("exception", "stack_info") else _printable(value)
        for key, value in event.items()
    }


def _printable(value: object) -> object:
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], value) if isinstance(value, str) else value


def _indented(value: object) -> object:
    return "\n".join(f"    {_printable(line)}" for line in value.split("\n")) if isinstance(value, str) else value


def _json() -> structlog.processors.JSONRenderer:
    # ASCII alone: control characters, separators of lines and lone surrogates are escaped.
    return structlog.processors.JSONRenderer(ensure_ascii=True, allow_nan=False)


def _console(*, colours: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=colours, sort_keys=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
