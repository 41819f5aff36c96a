"""The checks that need the workspace: names that really came in, contents and their languages, what conditions mean."""
