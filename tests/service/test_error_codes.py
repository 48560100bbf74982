"""The codes of errors: one list, and a page that says what to do about each."""

import re
from pathlib import Path

from schema.error_codes import ErrorCode

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_code_is_documented_in_the_order_of_the_list() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)

    assert documented == list(ErrorCode)
