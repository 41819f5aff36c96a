"""A JSON column that SQL never looks into: kept as the text that came, at half the cost of jsonb in and out."""

import json
from typing import Any

from django.db import models


class StoredJSON(models.JSONField):
    """Column type json. Look-ups by key need jsonb and do not work here."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        # psycopg reads json by itself; Django asks for the text of jsonb alone.
        return json.loads(value, cls=self.decoder) if isinstance(value, str | bytes) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else json.dumps(value, cls=self.encoder)
