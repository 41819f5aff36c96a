from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"

    def ready(self) -> None:
        from channels import conditions, receivers, story  # noqa: F401 - conditions registers its leaf
        from profiles import devices, signals, timeline

        signals.profiles_merged.connect(receivers.move_messages, dispatch_uid="channels.move")
        signals.profile_erased.connect(receivers.erase_messages, dispatch_uid="channels.erase")
        signals.profiles_merged.connect(devices.move, dispatch_uid="devices.move")
        signals.profile_erased.connect(devices.erase, dispatch_uid="devices.erase")
        timeline.register(story.entries, kinds=story.KINDS, tells=story.EVENTS)

        from channels import confirmation, person_panels, personal_parts
        from channels import receivers as listeners
        from profiles import consent, erased_names, panels, person_consents

        personal_parts.register_all()
        panels.register("channels/person_messages.html", person_panels.messages, order=20)
        panels.register("channels/person_addresses.html", person_panels.addresses, order=30)
        consent.when_asked(confirmation.ask)
        person_consents.in_use.append(person_panels.media_of_workspace)
        erased_names.when_readmitted(listeners.restore_suppressions)
