"""GraphQL over WebSocket, by the protocol `graphql-transport-ws`. See docs/websocket.md.

Strawberry's own handler is not what this is built on. What it would have left to us is a dictionary of tasks: reading
messages, the greeting, credentials, carrying operations out, sending and closing all had to differ.
"""
