from profiles.importing import run
from profiles.importing.command import ImportCommand


class Command(ImportCommand):
    help = (
        "Takes people in from a CSV file: external_id, email or phone says who; consent.email.offers (granted or "
        "withdrawn) what she allows; every other column is an attribute. Bad rows go to FILE.rejects.csv."
    )
    take_in = staticmethod(run.people)
    noun = "people"
