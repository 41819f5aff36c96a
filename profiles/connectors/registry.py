from lib.registry import Registry
from profiles.connectors.base import Connector

connectors: Registry[Connector] = Registry("profiles.connectors")
