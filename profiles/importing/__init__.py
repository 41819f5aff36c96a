"""People and events from files, in a stream: `manage.py import_people`, `manage.py import_events`, and uploads.

shape.py sees what kind of file it is, records.py reads it line by line and says what is no record. Calls are made of
records by people.py and events.py, whose columns have fixed names (commands), or by mapped.py, which asks a mapping
(uploads, queries). run.py hands the calls to record_event in chunks, remembers with each how far it came, and writes
what was refused to a file of rejects.
"""
