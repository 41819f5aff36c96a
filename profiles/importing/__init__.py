"""People and events from files, in a stream: `manage.py import_people`, `manage.py import_events`.

records.py reads a file line by line and says what is no record; people.py and events.py make calls of records; run.py
hands the calls to record_event in chunks, remembers after each how far it came, and writes what was refused to
FILE.rejects.csv.
"""
