"""The GraphQL-over-HTTP specification, by the audits of its reference implementation."""

from tests.clients.conftest import Run

AUDITS = 61


def test_every_audit_of_the_specification_passes(run: Run) -> None:
    audits = run("audit.mjs")

    assert len(audits) == AUDITS
    assert [audit for audit in audits if audit["status"] != "ok"] == []
