from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from channels import origins
        from journeys import receivers, story  # noqa: F401 - the receivers connect themselves
        from journeys.engine import live
        from journeys.origins import JourneyOrigins
        from profiles import announcements, journeys_of, panels, timeline
        from profiles.tasks import partitioned

        announcements.register(live.minder)
        origins.register(JourneyOrigins())
        timeline.register(story.entries, kinds=("journey",))
        panels.register("journeys/person_panel.html", story.panel, order=10)
        journeys_of.register(story.api)
        if "journeys_pass" not in partitioned:
            partitioned.append("journeys_pass")

        from journeys import personal_parts

        personal_parts.register_all()
