"""Tokens: whose they are (OpenID Connect, Entra), and how we get our own (SMART, RFC 7523)."""
