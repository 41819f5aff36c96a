"""The journey document (journeys.md 1), read by pure Python: no Django here, so that texts come as message ids that
the callers translate. `shape` reads it, `settings` reads what steps are set to, `walk` goes along its roads,
`policy` reads its rules, `problems` says what is wrong with it."""
