"""Ids of what is told of an event, and of its deliveries: functions of stored ids, both ways, with no stored row."""

from sqlalchemy import ColumnElement, func, literal

from storage.columns import Word
from storage.rows import events, webhook_endpoints
from storage.webhook_records import WebhookEventType

# Ids are digits and capitals, all of one length: a small letter behind one is read back without a doubt.
LETTERS = {WebhookEventType.SUMMARY_UPDATED: "s", WebhookEventType.CHANGED: "c"}
_TYPES = {letter: type_ for type_, letter in LETTERS.items()}


def webhook_event_id(event: str, type_: WebhookEventType) -> str:
    """The id under which one thing is told of a stored event."""
    return event + LETTERS[type_]


def read_webhook_event_id(text: str) -> tuple[str, WebhookEventType] | None:
    """The stored event that such an id names, and what is told of it; None for anything else."""
    type_ = _TYPES.get(text[-1:])
    return (text[:-1], type_) if type_ else None


def delivery_id(event: str, type_: WebhookEventType, endpoint: str) -> str:
    """The id of the delivery of one thing told of a stored event to an endpoint."""
    return f"whd_{event.partition('_')[2]}{LETTERS[type_]}{endpoint.partition('_')[2]}"


def delivery_id_in_sql(type_: WebhookEventType) -> ColumnElement[str]:
    """The same of rows of both tables."""
    event, endpoint = func.substr(events.c.id, len("evt_") + 1), func.substr(webhook_endpoints.c.id, len("we_") + 1)
    return literal("whd_", Word()).concat(event).concat(literal(LETTERS[type_], Word())).concat(endpoint)
