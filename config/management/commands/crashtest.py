"""`manage.py crashtest`: kills what can be killed while thousands walk, and asks the tables whether it mattered."""

import json
import random
import shutil
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.crash import check
from config.crash.harm import Harm, do
from config.crash.plant import Plant

STALLED = 240  # seconds in which nothing moved any more: what is left is stuck


class Command(BaseCommand):
    help = (
        "Kills workers, empties the broker and restarts the database while people walk journeys, on services of its "
        "own; then reads the tables: nobody lost, stuck or moved twice, no message doubled. Exit code 1 on any fault."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=8000)
        parser.add_argument(
            "--kills", type=int, default=100, help="of workers; publishers and beats die beside"
        )
        parser.add_argument("--flushes", type=int, default=10, help="times that the broker is emptied")
        parser.add_argument(
            "--restarts", type=int, default=2, help="of the database, every other without a stop"
        )
        parser.add_argument(
            "--gap", type=float, default=1.5, help="seconds between two of these, on average, at least"
        )
        parser.add_argument("--seconds", type=float, default=240, help="over which the events come")
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--slots", type=int, default=2, help="processes of each worker")
        parser.add_argument("--publishers", type=int, default=2)
        parser.add_argument("--seed", type=int, help="repeats the order and the moments of a run")
        parser.add_argument(
            "--small", action="store_true", help="what the test-suite runs, in less than a minute"
        )
        parser.add_argument(
            "--simultaneous",
            action="store_true",
            help="8 workers and 4 publishers, who also publish the journey again and again; kills nothing unless told",
        )
        parser.add_argument(
            "--no-delivery", action="store_true", help="does not wait until the last mail has left"
        )
        parser.add_argument(
            "--broker",
            default="",
            metavar="URL",
            help="one to be used, and emptied, instead of a Valkey of its own: amqp://guest:guest@localhost//",
        )
        parser.add_argument("--keep", action="store_true", help="keeps the tables and logs of the run")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["simultaneous"]:
            options |= {"workers": 8, "slots": 1, "publishers": 4}
            if options["kills"] == 100:
                options |= {"kills": 0, "flushes": 0, "restarts": 0, "seconds": 60}
        if options["small"]:
            options |= {"people": 200, "no_delivery": True}
            if not options["simultaneous"]:
                options |= {"kills": 8, "flushes": 1, "restarts": 1, "seconds": 12, "gap": 0.5}
            else:
                options["seconds"] = 5
        seed = options["seed"] if options["seed"] is not None else random.randrange(10**6)  # noqa: S311
        chance = random.Random(seed)  # noqa: S311
        harm = Harm(options["kills"], options["flushes"], options["restarts"], options["gap"])
        home = settings.VAR / f"crashtest-{seed}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        home.chmod(0o711)  # the database may run as another account
        plant = Plant(
            home,
            people=options["people"],
            workers=options["workers"],
            slots=options["slots"],
            publishers=options["publishers"],
            pace=_pace(options),
            broker=options["broker"],
        )
        plant.republish = options["simultaneous"]
        self.say(f"seed {seed}: {harm}, {options['people']} people")
        began = time.monotonic()
        try:
            plant.start(delay=max(3, int(options["seconds"] / 3)))
            self.say(f"running after {time.monotonic() - began:.1f} s")
            faults = do(plant, harm, chance, self.say)
            self.until_quiet(plant, delivery=not options["no_delivery"])
            more, figures = check.everything(plant)
            faults += more
            if not options["no_delivery"]:
                faults += self.mails(plant, harm, figures)
        finally:
            plant.stop()
            if not options["keep"]:
                shutil.rmtree(home, ignore_errors=True)
        figures |= {"seed": seed, "kills": harm.kills, "flushes": harm.flushes, "restarts": harm.restarts}
        figures |= {"seconds": round(time.monotonic() - began), "faults": len(faults)}
        for fault in faults[:50]:
            self.say(f"FAULT {fault}")
        self.stdout.write(
            json.dumps({"crashtest": "simultaneous" if plant.republish else "crash", **figures})
        )
        if faults:
            raise CommandError(f"{len(faults)} faults; seed {seed}")

    def until_quiet(self, plant: Plant, *, delivery: bool) -> None:
        """Until everybody has stored and walked to the end; or nothing moves any more."""
        seen, since = None, time.monotonic()
        while time.monotonic() - since < STALLED:
            plant.tend()
            left = plant.ask(
                "select (select count(*) from journeys_enrolment), (select count(*) from profiles_announcement), "
                "(select count(*) from channels_message where state = 'created'), "
                "(select count(*) from journeys_schedule where due_at is not null) + "
                "(select count(*) from journeys_occurrence where finished_at is null), "
                "(select count(*) from journeys_pass)"
            )[0]
            walking = not all(one.done for one in plant.publishers) or left[0] or left[1] or left[3]
            if not walking and not (delivery and left[2]):
                return
            if left != seen:
                seen, since = left, time.monotonic()
                self.say(f"        {left[0]} inside, {left[1]} announcements, {left[2]} messages to send")
            time.sleep(1)

    def mails(self, plant: Plant, harm: Harm, figures: dict[str, Any]) -> list[str]:
        """What arrived: each message, and hardly one twice (SMTP knows no key: one a killed connection may be)."""
        arrived = plant.mailbox.count()
        figures |= {"mails": arrived, "mails_twice": arrived - figures["messages"]}
        missing = plant.ask("select count(*) from channels_message where state <> 'sent'")[0][0]
        faults = [f"{missing} messages did not leave"] if missing else []
        most = harm.kills * plant.slots + harm.restarts * len(plant.workers) * plant.slots
        if not 0 <= figures["mails_twice"] <= most:
            faults.append(f"{arrived} mails arrived for {figures['messages']} messages")
        return faults

    def say(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()


def _pace(options: dict[str, Any]) -> float:
    """Between two batches of a publisher."""
    from config.crash.publisher import plan

    batches = len(plan(options["people"], 0, options["publishers"]))
    return round(max(0.01, options["seconds"] / batches), 3)
