"""One file a leaf."""
