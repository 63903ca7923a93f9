"""The pages of the workspace: HTML from the server, small documented modules in the browser."""
