from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"

    def ready(self) -> None:
        from channels import receivers
        from profiles import signals

        signals.profiles_merged.connect(receivers.move_messages, dispatch_uid="channels.move")
        signals.profile_erased.connect(receivers.erase_messages, dispatch_uid="channels.erase")
