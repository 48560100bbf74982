"""Manifests of trusted documents, as client tools write them.

Those in `manifests/` were written from one schema and the same three operations by @graphql-codegen/client-preset 6.2.0
(`persistedDocuments: true`), relay-compiler 21.0.1 (`persistConfig` with `algorithm: "SHA256"`), and
@apollo/generate-persisted-query-manifest 1.4.0 (as it is, and with a `createOperationId` of the client's own).
"""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.documents.checking import check_documents
from gateway.documents.manifests import ManifestInvalid, parse_manifest, read_manifests
from storage.records import NewDocument

FOLDER = Path(__file__).parent / "manifests"

PAGE = "query Page { viewer { id } }"
PAGE_HASH = sha256(PAGE.encode()).hexdigest()
NOT_THE_HASH = (
    "the id isn't the SHA-256 of the document. Set `persistedDocuments.hashAlgorithm` of GraphQL Code Generator to "
    '"sha256", or `persistConfig.algorithm` of Relay to "SHA256", and generate again.'
)
NO_ID = (
    "the id is neither the SHA-256 of the document nor an id of one's own: 1 to 255 ASCII characters that print, "
    "without space and colon, and no hash of another text."
)


def apollo(*operations: object, **fields: object) -> bytes:
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    return json.dumps({**manifest, **fields}).encode()


def problems_of(content: bytes) -> tuple[str, ...]:
    with pytest.raises(ManifestInvalid) as refused:
        parse_manifest("m.json", content)
    return refused.value.problems


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("codegen.json", ["Gate", "Features", "Grant"]),
        ("relay.json", ["appGateQuery", "appGrantMutation", "appFeaturesQuery"]),
        ("apollo.json", ["Features", "Gate", "Grant"]),
        ("apollo-own-ids.json", ["Features", "Gate", "Grant"]),
    ],
)
def test_what_each_tool_writes_is_read_and_valid(file: str, names: list[str]) -> None:
    documents = check_documents(read_manifests([FOLDER / file]))

    assert [document.name for document in documents] == names


def test_only_ids_of_the_clients_own_are_kept_beside_the_hash() -> None:
    hashes = read_manifests([FOLDER / "codegen.json", FOLDER / "relay.json", FOLDER / "apollo.json"])
    own = read_manifests([FOLDER / "apollo-own-ids.json"])

    assert {document.alias for document in hashes} == {None}
    assert [document.alias for document in own] == ["shop/Features", "shop/Gate", "shop/Grant"]


@pytest.mark.parametrize("id_", [PAGE_HASH, f"sha256:{PAGE_HASH}"])
def test_a_hash_is_read_with_its_prefix_and_without(id_: str) -> None:
    by_id = parse_manifest("m.json", json.dumps({id_: PAGE}).encode())
    listed = parse_manifest("m.json", apollo({"id": id_, "name": "Page", "type": "query", "body": PAGE}))

    assert by_id == [NewDocument(PAGE)]
    assert listed == [NewDocument(PAGE, "Page")]


def test_a_manifest_without_documents_is_one() -> None:
    assert parse_manifest("m.json", b"{}") == []
    assert parse_manifest("m.json", apollo()) == []


@pytest.mark.parametrize("id_", ["", "md5:1", "0" * 40, "a b", f"sha256:{'0' * 64}", PAGE_HASH.upper(), "Page"])
def test_ids_by_which_nothing_is_verified_are_refused(id_: str) -> None:
    assert problems_of(json.dumps({id_: PAGE}).encode()) == (f"m.json: {id_}: {NOT_THE_HASH}",)


@pytest.mark.parametrize("id_", ["", "md5:1", "a b", "0" * 64, f"sha256:{'0' * 64}", "x" * 256, "é"])
def test_ids_that_no_request_could_name_are_refused(id_: str) -> None:
    operation = {"id": id_, "name": "Page", "type": "query", "body": PAGE}

    assert problems_of(apollo(operation)) == (f"m.json: Page: {NO_ID}",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "m.json:1: this is not valid JSON."),
        (b'{\n"a": }', "m.json:2: this is not valid JSON."),
        (b"\xff\xfe", "m.json:1: this is not valid JSON."),
        (b"[" * 100_000, "m.json:1: this is not valid JSON."),
        (b"[]", "m.json: this is no manifest of GraphQL Code Generator, Relay or Apollo."),
        (b'"x"', "m.json: this is no manifest of GraphQL Code Generator, Relay or Apollo."),
        (b'{"a": 1}', "m.json: a: it must be the text of a document."),
        (apollo(version=2), "m.json: of Apollo's formats only `apollo-persisted-query-manifest`, version 1, is known."),
        (
            apollo(format="x"),
            "m.json: of Apollo's formats only `apollo-persisted-query-manifest`, version 1, is known.",
        ),
        (apollo(operations={}), "m.json: `operations` must be a list."),
        (apollo(None), "m.json: operations.0: it must have the texts `id`, `name` and `body`."),
        (apollo({"id": "x"}), "m.json: operations.0: it must have the texts `id`, `name` and `body`."),
        (apollo({"id": "x", "body": 1}), "m.json: operations.0: it must have the texts `id`, `name` and `body`."),
        (apollo({"id": "", "body": PAGE}), f"m.json: operations.0: {NO_ID}"),
    ],
)
def test_what_is_no_manifest_is_said_in_a_sentence(content: bytes, problem: str) -> None:
    assert problems_of(content) == (problem,)


def test_everything_wrong_in_several_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(b'{"a": 1, "b": 2}')
    (tmp_path / "two.json").write_bytes(b"[]")

    with pytest.raises(ManifestInvalid) as refused:
        read_manifests([tmp_path / "one.json", tmp_path / "none.json", tmp_path / "two.json", tmp_path])

    assert refused.value.problems == (
        f"{tmp_path}/one.json: a: it must be the text of a document.",
        f"{tmp_path}/one.json: b: it must be the text of a document.",
        f"There is no file {tmp_path}/none.json.",
        f"{tmp_path}/two.json: this is no manifest of GraphQL Code Generator, Relay or Apollo.",
        f"{tmp_path} can't be read.",
    )


def test_every_document_that_the_schema_refuses_is_told_with_its_operation() -> None:
    unnamed = "{ viewer { nope } }"
    documents = [
        NewDocument("query Odd {\n  viewer { nope }\n  xyzzy\n}"),
        NewDocument(PAGE),
        NewDocument("query {", alias="shop/Broken"),
        NewDocument(unnamed),
        NewDocument("fragment F on Feature { id }"),
    ]

    with pytest.raises(ManifestInvalid) as refused:
        check_documents(documents)

    digests = [f"sha256:{sha256(text.encode()).hexdigest()}" for text in (unnamed, documents[-1].text)]
    assert refused.value.problems == (
        "Odd: Cannot query field 'nope' on type 'Viewer'. (line 2)",
        "Odd: Cannot query field 'xyzzy' on type 'Query'. (line 3)",
        "shop/Broken: it can't be parsed: Syntax Error: Expected Name, found <EOF>. (line 1)",
        f"{digests[0]}: Cannot query field 'nope' on type 'Viewer'. (line 1)",
        f"{digests[1]}: Fragment 'F' is never used. (line 1)",
    )


def test_an_owners_documents_needn_t_keep_the_limits() -> None:
    wide = "query Wide { " + " ".join(f"a{number}: viewer {{ __typename }}" for number in range(2_000)) + " }"

    assert check_documents([NewDocument(wide)]) == [NewDocument(wide, "Wide")]
