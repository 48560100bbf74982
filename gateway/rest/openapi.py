"""The description of all endpoints, made of their declarations (OpenAPI 3.1)."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gateway.rest.endpoints import Endpoint
from gateway.rest.forms import FORM
from resolvers.references import ABSENT

Json = dict[str, Any]

_REFUSALS = {
    "400": "The parameters are wrong, or what they ask for can't be.",
    "401": "No credential, or one that opens nothing.",
    "403": "The credential lacks the scope.",
    "404": "There is nothing of this id.",
    "429": "The caller has spent all it may for now.",
}


class _Schemas(GenerateJsonSchema):
    """Schemas without the values that stand for a parameter that was left out, and without names in other words."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The schema of what may be left out."""
        if schema.get("default") in (ABSENT, None):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: object) -> bool:
        """A name in other words says nothing new."""
        del schema
        return False


def describe(endpoints: Sequence[Endpoint]) -> Json:
    """The document."""
    schemas: Json = {"Error": _ERROR}
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Admittance over REST",
            "description": "Stripe's and Paygentic's interfaces to entitlements. See docs/stripe.md.",
            "version": version("admittance"),
        },
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Json) -> Json:
    sent = _schema(endpoint.parameters, "validation", schemas)
    sent.pop("description", None)
    if not endpoint.expandable:
        sent["properties"].pop("expand")
    described: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.description,
        "parameters": [_in_path(part[1:-1]) for part in endpoint.path.split("/") if part.startswith("{")],
        "responses": {
            "200": _answer("What was asked for.", _schema(endpoint.answers, "serialization", schemas)),
            **{status: _answer(what, {"$ref": "#/components/schemas/Error"}) for status, what in _REFUSALS.items()},
        },
    }
    if endpoint.method == "POST":
        described["parameters"].append(_IDEMPOTENCY_KEY)
        described["requestBody"] = {"required": bool(sent.get("required")), "content": {FORM: _form(sent)}}
    else:
        described["parameters"] += _in_query(sent)
    return described


def _schema(type_: Any, mode: Literal["validation", "serialization"], schemas: Json) -> Json:  # noqa: ANN401
    """The schema of a type; those it refers to are put with the others."""
    schema = TypeAdapter(type_).json_schema(
        mode=mode, ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    schemas |= schema.pop("$defs", {})
    return schema


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(sent: Json) -> list[Json]:
    """The parameters of an address. Lists are sent with brackets after their names, what is inside others in some."""
    found: list[Json] = []
    for name, schema in sent["properties"].items():
        is_list = schema.get("type") == "array"
        style = "form" if is_list else "deepObject" if "$ref" in schema else None
        entry = {"name": f"{name}[]" if is_list else name, "in": "query", "required": name in sent.get("required", ())}
        found.append({**entry, "schema": schema, **({"style": style, "explode": True} if style else {})})
    return found


def _form(sent: Json) -> Json:
    nested = {name: {"style": "deepObject", "explode": True} for name in sent["properties"]}
    return {"schema": sent, "encoding": nested}


def _answer(what: str, schema: Json) -> Json:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A request is carried out once under its key, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

_ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {"type": "string", "enum": ["invalid_request_error", "idempotency_error", "api_error"]},
                "code": {"type": "string"},
                "message": {"type": "string"},
                "param": {"type": "string"},
            },
        }
    },
}
