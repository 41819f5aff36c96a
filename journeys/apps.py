from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from channels import origins
        from journeys import receivers, segment_uses, story, uses  # noqa: F401 - the receivers connect themselves
        from journeys.engine import live
        from journeys.origins import JourneyOrigins
        from profiles import announcements, journeys_of, panels, timeline
        from profiles.catalogue import uses as catalogue_uses
        from profiles.segments import used_in
        from profiles.tasks import partitioned

        announcements.register(live.minder)
        used_in.register(segment_uses.uses)
        origins.register(JourneyOrigins())
        timeline.register(story.entries, kinds=("journey",))
        panels.register("journeys/person_panel.html", story.panel, order=10)
        panels.register("journeys/person_test.html", story.head, place="head")
        journeys_of.register(story.api)
        catalogue_uses.register(uses.provider)
        if "journeys_pass" not in partitioned:
            partitioned.append("journeys_pass")

        from journeys import personal_parts, topic_uses
        from profiles import topic_uses as topics_in_use

        personal_parts.register_all()
        topics_in_use.register(topic_uses.of_topic)
