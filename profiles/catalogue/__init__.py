"""The catalogue of events, properties and attributes as really seen (models/known_name.py).

A new name is written with the batch that brings it (profiles.known_names), up to a limit a source. How often names
come, from where, as which types and with which examples is added up by each process and written every few seconds
(`tally`). Who uses a name is what the packages above say (`uses`).
"""
