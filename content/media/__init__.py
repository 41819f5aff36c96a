"""What a message of each medium is made of: one file a medium."""
