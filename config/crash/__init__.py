"""`manage.py crashtest`: everything that may die dies, while thousands of people walk; then only the tables speak.

plant.py      PostgreSQL, Valkey, a mailbox, Celery workers, two beats and the publishers, each a process
harm.py       what happens to them: SIGKILL, an emptied broker, a database that stops
scene.py      the workspace, the people and the journeys they walk
publisher.py  stores events until each is stored, however often it is killed
check.py      reads the tables alone, and says what is wrong with them
"""
