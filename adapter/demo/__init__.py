"""The demonstration: peers with real sockets, and the story of four studies between them."""
