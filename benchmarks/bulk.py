"""`python -m benchmarks.bulk`: people who are moved again and again until its input is closed; for latency.py."""

import sys
import threading

import django


def main(people: int = 20_000) -> None:
    django.setup()
    from benchmarks import advance as bench
    from benchmarks import journey as reference
    from journeys.engine import advance
    from journeys.models import Enrolment, Finished

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with reference.world(people) as (_workspace, journey, ids):
        said = False
        while not ended.is_set():
            Enrolment.objects.filter(journey_id=journey.pk).delete()
            Finished.objects.filter(journey_id=journey.pk).delete()
            bench._stand_at_the_branch(journey, ids)
            if not said:
                print("moving", flush=True)
                said = True
            for now in (reference.START, reference.START + reference.HOUR):
                if not ended.is_set():
                    advance.advance_due(now, bench.BATCH)


if __name__ == "__main__":
    main()
