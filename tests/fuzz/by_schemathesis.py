"""Requests as Schemathesis generates them, and what it thinks of the answers."""

from typing import Any

import httpx2
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.fuzz.documents import SCALARS

Case = Any
"""A request to one root field, its document in `body`. Schemathesis' own class, whose types are half open."""

_tool: Any = schemathesis


def cases(url: str, secret: str, mode: GenerationMode) -> st.SearchStrategy[Case]:
    """Requests to every root field of the schema that the running server tells of itself."""
    for name, strategy in SCALARS.items():
        _tool.graphql.scalar(name, strategy)
    headers = {"Authorization": f"Bearer {secret}"}
    return _tool.graphql.from_url(f"{url}/graphql", headers=headers).as_strategy(generation_mode=mode)


def own_failures(case: Case, response: httpx2.Response) -> list[str]:
    """What Schemathesis finds wrong with an answer: a fault of the server's, or that it took what was invalid."""
    load_all_checks()
    known = _tool.checks
    wanted = [known.not_a_server_error, known.response_schema_conformance, known.negative_data_rejection]
    try:
        case.validate_response(response, checks=wanted)
    except FailureGroup as group:
        return [str(failure) for failure in group.exceptions]
    return []
