"""A row of people: external_id, email or phone say who; consent.<medium>.<topic> what she allows; the rest is known
of her."""

from datetime import datetime

from profiles import consent, standard
from profiles.call import Call
from profiles.importing import cells
from profiles.importing.records import Record, WrongHeader
from profiles.segment_calls import MAX_CALL, MAX_NAME, Refused, check

WHO = ("external_id", "email", "phone")
STATES = {
    **dict.fromkeys(("granted", "yes", "true", "1", "y", "동의"), "granted"),
    **dict.fromkeys(("withdrawn", "no", "false", "0", "n", "거부"), "withdrawn"),
}


class People:
    kind = "people"

    def __init__(self, columns: list[str], now: datetime, region: str) -> None:
        if not set(columns) & set(WHO):
            raise WrongHeader(
                "one column must be external_id, email or phone; the file has: " + ", ".join(columns)
            )
        self.now, self.region = now, region
        self.columns = columns
        for name in columns:
            if len(name) > MAX_NAME:
                raise WrongHeader(f"the column {name[:40]}… has a name that is too long")
            if name.startswith("consent."):
                self._consent(name, "granted")

    def read(self, record: Record) -> Call:
        """Refused with the reason."""
        if len(record.raw) > MAX_CALL:
            raise Refused(f"a row may have {MAX_CALL // 1024} kB")
        call = Call("identify", self.now)
        traits = {}
        for name, text in zip(self.columns, record.cells or (), strict=True):
            if name.startswith("consent."):
                if text.strip():
                    medium, topic, state = self._consent(name, text)
                    call.consents.setdefault(medium, {})[topic] = state
            elif name == "external_id":
                call.user_id = text.strip() or None
            else:
                known = text.strip() if standard.RENAMED.get(name, name) in cells.TEXTS else cells.value(text)
                if known not in (None, ""):
                    traits[name] = known
        check(traits, "the row")
        call.traits = standard.attributes(traits, self.region)
        call.email, call.phone = call.traits.get("email"), call.traits.get("phone")
        who = call.user_id or call.email or call.phone
        if not who:
            raise Refused("names nobody: " + ", ".join(n for n in WHO if n in self.columns) + " is empty")
        if len(who) > MAX_NAME:
            raise Refused(f"the id is longer than {MAX_NAME} characters")
        return call

    def _consent(self, name: str, text: str) -> tuple[str, str, str]:
        parts = name.split(".")
        medium, topic = parts[1], parts[2] if len(parts) == 3 else consent.EVERY_TOPIC
        state = STATES.get(text.strip().lower(), text.strip())
        try:
            if len(parts) > 3:
                raise ValueError(f"{name} must look like consent.email.offers")
            consent.read({medium: {topic: state}})
        except ValueError as error:
            raise Refused(str(error)) from None
        return medium, topic, state
