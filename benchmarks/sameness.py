"""Whether the servers give the same answers: speed is compared between those alone."""

from collections.abc import Hashable, Sequence
from typing import Any

import httpx2

from benchmarks.data import Size
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.servers import Server


class AnswersDiffer(Exception):
    """Two servers answer an operation differently."""


def compare(servers: Sequence[Server], size: Size, customers: Sequence[int]) -> int:
    """Asks every server for everything about these customers. Returns how many answers each gave.

    Raises: AnswersDiffer.
    """
    with httpx2.Client(timeout=30) as client:
        asked = 0
        for operation in OPERATIONS:
            for number in customers:
                _compare_one(client, servers, operation, number, size)
                asked += 1
    return asked


def _compare_one(
    client: httpx2.Client, servers: Sequence[Server], operation: Operation, number: int, size: Size
) -> None:
    first, *others = ((server, _content(client, server, operation, number, size)) for server in servers)
    for server, content in others:
        if content != first[1]:
            names = f"{first[0].kind.name} and {server.kind.name}"
            differ = f"{names} answer {operation.name} for customer {number} differently"
            raise AnswersDiffer(f"{differ}.\n{first[1]}\n{content}")


def _content(client: httpx2.Client, server: Server, operation: Operation, number: int, size: Size) -> Hashable:
    body = operation.body(server.kind.dialect, number, size)
    headers = {"Content-Type": "application/json", **server.headers}
    response = client.post(server.url, content=body, headers=headers)
    answer: dict[str, Any] = response.json()
    if response.status_code != 200 or answer.get("errors"):
        raise AnswersDiffer(f"{server.kind.name} refuses {operation.name}: {response.text[:1000]}")
    return operation.read(answer["data"])
