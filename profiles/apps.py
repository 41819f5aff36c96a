from importlib import import_module

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from profiles import announcements, notes, personal_parts, signals, timeline
        from profiles.catalogue import own_uses, uses
        from profiles.membership import noticing, receivers

        personal_parts.register_all()
        import_module("profiles.computed.receivers")
        import_module("profiles.catalogue.receivers")
        uses.register(own_uses.provider)
        timeline.register(notes.entries, kinds=("note",))
        announcements.register(noticing.minder)
        announcements.register_last(receivers.hear)
        signals.profiles_merged.connect(receivers.join, dispatch_uid="profiles.membership")
        signals.profile_erased.connect(receivers.erase, dispatch_uid="profiles.membership")
