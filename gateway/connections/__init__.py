"""The server below the application: uvicorn, and what it lacks on the open internet."""
