"""Compiled execution of GraphQL operations over graphql-core's schemas. See README.md beside this file."""

from execution.batching import batched
from execution.compiler import CompiledOperation, Compiler, Fallback, Result

__all__ = ["CompiledOperation", "Compiler", "Fallback", "Result", "batched"]
