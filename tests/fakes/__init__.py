"""Small real stand-ins for the ports."""
