"""A CSV or JSON lines file that somebody brings in. How it is read: profiles.uploads, profiles.importing."""

from django.utils.translation import gettext_lazy as _

from profiles.connectors.base import Connector
from profiles.connectors.registry import connectors


@connectors.register
class FileUpload(Connector):
    kind, label, icon = "file", _("Files"), "upload"
    description = _("CSV or JSON lines with people, events or order lines")
    template = "profiles/sources/file.html"
    order = 10
