"""Compiled execution of GraphQL operations over graphql-core's schemas. See README.md beside this file."""

from execution.batching import batched
from execution.compiler import FIELD_BYTES, CompiledOperation, Compiler, Fallback, Result
from execution.reading import reads

__all__ = ["FIELD_BYTES", "CompiledOperation", "Compiler", "Fallback", "Result", "batched", "reads"]
