"""Documents made ready: parsed, held to limits, validated, priced. Knows graphql-core, and nothing of HTTP."""
