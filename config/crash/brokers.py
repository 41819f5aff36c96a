"""The broker of a crash test: a Valkey of its own, or one of whatever kind that stands somewhere and may be emptied."""

from typing import Protocol

import redis
from kombu import Connection

from config.celery import QUEUES
from config.embedded.broker import Broker


class Emptied(Protocol):
    @property
    def url(self) -> str: ...

    def start(self) -> object: ...

    def stop(self) -> None: ...

    def empty(self) -> None: ...


class OwnBroker(Broker):
    def empty(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


class GivenBroker:
    """RabbitMQ or Valkey at an address. What waits in the product's queues is thrown away, before and after too: never
    one that others use."""

    def __init__(self, url: str) -> None:
        self.url = url

    def start(self) -> None:
        self.empty()

    def stop(self) -> None:
        self.empty()

    def empty(self) -> None:
        with Connection(self.url, connect_timeout=5) as connection:
            connection.ensure_connection(max_retries=3, timeout=10)
            for queue in QUEUES:
                with connection.channel() as channel:  # a queue that is not there closes its channel
                    try:
                        channel.queue_purge(queue)
                    except connection.channel_errors:
                        continue
