from django.utils.functional import Promise


class Connector:
    """A kind of source that is more than a write key. `template`: the part of its page that sets it up."""

    kind: str
    label: str | Promise
    description: str | Promise
    icon: str
    template: str
    order = 100
