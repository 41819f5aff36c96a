"""One file a way in."""
