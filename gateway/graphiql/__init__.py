"""GraphiQL at `/`, from files of our own: no request leaves the host. Its source is the top-level folder `graphiql`."""
