"""What people do with segments: make and change them, keep lists, try a condition out, see where one is used."""
