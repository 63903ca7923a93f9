"""The Jobs port on DBOS; the only room that imports dbos."""
