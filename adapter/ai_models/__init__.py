"""Models that are called: one file a contract, what it asks for and what its answer means."""
