from profiles.importing import run
from profiles.importing.command import ImportCommand


class Command(ImportCommand):
    help = (
        "Takes events in from a CSV file (external_id, event, timestamp, properties.*) or from JSON lines (.jsonl). "
        "Journeys are not started unless --announce is given. Bad rows go to FILE.rejects.csv."
    )
    take_in = staticmethod(run.events)
    noun = "events"
