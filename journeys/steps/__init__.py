"""One file a step kind. A kind reads its settings, says what stands on its card, checks itself, and runs a whole
batch of visits at once. Kinds know neither the engine nor each other."""
