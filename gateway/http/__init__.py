"""GraphQL over HTTP, by the specification."""
