"""The walk through a sandbox that docs/test-clocks.md shows works as it stands there, step by step."""

import json
import re
from pathlib import Path

from tests.service.serving import Caller, Json

PAGE = (Path(__file__).parents[2] / "docs" / "test-clocks.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```graphql\n(.*?)^```(?:\n\n```json\n(.*?)^```)?", PAGE, re.MULTILINE | re.DOTALL)


async def test_every_step_of_the_walk_answers_what_is_shown(caller: Caller) -> None:
    variables: dict[str, Json] = {}
    shown = 0

    for document, expected in STEPS:
        answer = await caller.ask(document, variables)
        assert not re.search(r'"userErrors": \[[^]]', json.dumps(answer)), document
        if expected:
            shown += 1
            assert answer == json.loads(expected)
        if "createSandbox" in answer:
            caller.secret = answer["createSandbox"]["apiKey"]
        if "createTestClock" in answer:
            variables["clock"] = answer["createTestClock"]["testClock"]["id"]

    assert (len(STEPS), shown) == (6, 3)
