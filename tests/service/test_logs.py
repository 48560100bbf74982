"""The log: one line a record whatever is in it, and no secret in any."""

import io
import json
import logging
from collections.abc import Generator
from typing import Any

import pytest

from gateway.setting_groups import TelemetrySettings
from gateway.telemetry.logs import LineHandler, configure_logging, log_formatter
from gateway.telemetry.scrubbing import LONGEST_TEXT, scrub

KEY = "adm_live_" + "aB3" * 14 + "z"
TOKEN = "adms_sandbox7_" + "9Zq" * 14 + "K"
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJhY21lIiwiZXhwIjoxfQ.c2lnbmF0dXJl_-AB"
PASSWORD = "hunter2/:pass"

SECRETS = {
    "a key": (f"found {KEY}, it seems", "found adm_live_***, it seems"),
    "a key in quotes": (f"'{KEY}'", "'adm_live_***'"),
    "half a key": (f"found {KEY[:30]}", "found adm_live_***"),
    "a session token": (f"token={TOKEN}&x=1", "token=adms_sandbox7_***&x=1"),
    "a JWT": (f"refused {JWT}.", "refused ***"),
    "a JWT glued to something": (f"x-{JWT}", "x-***"),
    "a header": ("Authorization: Basic YWJj", "Authorization: ***"),
    "a header of no known scheme": ("authorization:abc", "authorization:***"),
    "headers as a mapping": ("{'authorization': 'Bearer abc', 'a': 'b'}", "{'authorization': '***', 'a': 'b'}"),
    "headers as pairs": ("[(b'authorization', b'Bearer abc')]", "[(b'authorization', b'***')]"),
    "headers as JSON inside of JSON": (r"{\"Authorization\": \"abc\"}", r'{\"Authorization\": \"***"}'),
    "a Bearer token by itself": ("got bearer abcdefgh12", "got bearer ***"),
    "a database URL": (f"at postgresql://me:{PASSWORD}@db/x", "at postgresql://me:***@db/x"),
    "a password with an @": ("redis://:a@b@cache:6379", "redis://:***@cache:6379"),
    "a password as a parameter": ("postgresql:///x?password=abc&ssl=on", "postgresql:///x?password=***&ssl=on"),
    "a password in a mapping": ("{'password': 'abc'}", "{'password': '***'}"),
}

HARMLESS = (
    "err_0123456789abcdef0123456789abcdef: KeyError at customer.entitlements",
    "GET http://127.0.0.1:8000/graphql?first=1 took 3 ms",
    "ent_01JD0000000000000000000000Z001JD0000000000000000000000",
    "The database is unavailable: no connection could be made. Try again shortly.",
    "admit_one adm_ adms_x eyJ",
)

CONTROLS = "a\r\nb\x1b[31mc\x00d\x7f\x85\u2028\ud800"


@pytest.fixture
def stream() -> Generator[io.StringIO]:
    """What a logger of the tests writes as JSON."""
    yield from _logging_to(as_json=True)


@pytest.fixture
def text_stream() -> Generator[io.StringIO]:
    """What it writes as text."""
    yield from _logging_to(as_json=False)


def _logging_to(*, as_json: bool) -> Generator[io.StringIO]:
    written = io.StringIO()
    handler = LineHandler(written)
    handler.setFormatter(log_formatter(as_json=as_json))
    log.addHandler(handler)
    yield written
    log.removeHandler(handler)


# Of no family: what is logged here is hostile, and shall not reach the handlers of pytest.
log = logging.Logger("tests.logs", logging.DEBUG)  # noqa: LOG001 - one of the manager has handlers above it


def _only(stream: io.StringIO) -> dict[str, Any]:
    [line] = stream.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    return json.loads(line)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_masked_wherever_it_stands(name: str, stream: io.StringIO) -> None:
    text, masked = SECRETS[name]

    log.warning("%s", text)
    log.warning("fields", extra={"field": text, "nested": {"list": [text]}})

    message, fields = map(json.loads, stream.getvalue().splitlines())
    assert message["event"] == masked
    assert (fields["field"], fields["nested"]) == (masked, {"list": [masked]})


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert scrub(text) == text


def test_a_field_named_after_a_secret_is_masked_whatever_it_holds(stream: io.StringIO) -> None:
    log.warning("headers", extra={"headers": {"Authorization": "abc", "cookie": "def", "Accept": "ghi"}})

    assert _only(stream)["headers"] == {"Authorization": "***", "cookie": "***", "Accept": "ghi"}


def test_a_traceback_is_a_field_without_secrets_and_without_local_variables(stream: io.StringIO) -> None:
    def fail(argument: str) -> None:
        local = f"local {argument}"
        raise ValueError(local[:0] + f"refused {KEY}")

    try:
        fail(f"never {'shown'}")
    except ValueError:
        log.exception("surprise", extra={"error_id": "err_1"})

    line = _only(stream)
    assert (line["event"], line["error_id"], line["level"]) == ("surprise", "err_1", "error")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("ValueError: refused adm_live_***")
    assert "never shown" not in line["exception"]


def test_a_line_has_an_instant_a_level_and_a_logger_first(stream: io.StringIO) -> None:
    log.info("said", extra={"size": 3, "color_message": "\x1b[1msaid"})

    line = _only(stream)
    assert list(line) == ["timestamp", "level", "logger", "event", "size"]
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["logger"], line["event"], line["size"]) == ("info", "tests.logs", "said", 3)


def test_control_characters_make_no_second_line(stream: io.StringIO) -> None:
    log.info("said %s", CONTROLS, extra={"field": CONTROLS, CONTROLS: 1})

    line = _only(stream)
    assert line["event"] == f"said {CONTROLS}"
    assert (line["field"], line[CONTROLS]) == (CONTROLS, 1)


def test_text_for_people_has_one_line_too_and_steers_no_terminal(text_stream: io.StringIO) -> None:
    log.info("said %s", CONTROLS, extra={"field": CONTROLS})

    [line] = text_stream.getvalue().splitlines()
    assert line.isprintable()
    assert r"said a\r\nb\x1b[31mc\x00d\x7f\x85\u2028\ud800" in line


def test_a_traceback_as_text_can_not_pass_for_another_record(text_stream: io.StringIO) -> None:
    try:
        raise ValueError(f"{KEY}\n2026-01-01T00:00:00Z [info] forged\x1b[2J")
    except ValueError:
        log.exception("surprise")

    first, *others = text_stream.getvalue().splitlines()
    assert "surprise" in first
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert others[-1] == r"    2026-01-01T00:00:00Z [info] forged\x1b[2J"


def test_a_record_that_cannot_be_rendered_is_said_to_be_so() -> None:
    class Unspeakable:
        def __repr__(self) -> str:
            raise RuntimeError(KEY)

    written = io.StringIO()
    handler = LineHandler(written)
    handler.setFormatter(log_formatter(as_json=True))

    for broken in ({"msg": "%s and %s", "args": (KEY,)}, {"msg": "fields", "field": Unspeakable()}):
        handler.handle(logging.makeLogRecord({"name": "somebody", "levelname": "INFO", **broken}))

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line["logger"], line["reason"]) for line in lines] == [
        ("A log record could not be written", "somebody", "TypeError"),
        ("A log record could not be written", "somebody", "RuntimeError"),
    ]


def test_what_json_does_not_know_is_shown_all_the_same(stream: io.StringIO) -> None:
    cyclic: list[object] = []
    cyclic.append(cyclic)

    log.info("odd", extra={"a": float("nan"), "b": b"\xff", "c": {1: {2}}, "d": cyclic, "e": 10**400})

    line = _only(stream)
    assert (line["a"], line["b"], line["c"], line["e"]) == ("nan", r"b'\xff'", {"1": [2]}, 10**400)
    assert "[...]" in json.dumps(line["d"])


def test_a_text_beyond_all_measure_is_cut_in_the_middle() -> None:
    cut = scrub("a" * 100_000 + "end")

    assert len(cut) < LONGEST_TEXT + 100
    assert "left out" in cut
    assert cut.endswith("aend")


def test_a_closed_stream_stops_nobody() -> None:
    handler = LineHandler(io.StringIO())
    handler.setFormatter(log_formatter(as_json=True))
    handler.stream.close()

    handler.handle(logging.makeLogRecord({"msg": "said", "levelname": "INFO"}))


def test_configured_twice_it_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    root, level = logging.getLogger(), logging.getLogger().level
    try:
        configure_logging(TelemetrySettings(log_level="info"))
        configure_logging(TelemetrySettings(log_level="info"))
        logging.getLogger("somebody.else").info("said")
    finally:
        root.handlers = [each for each in root.handlers if not isinstance(each, LineHandler)]
        root.setLevel(level)
        logging.captureWarnings(capture=False)

    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "said"
