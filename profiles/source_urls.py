"""The pages of sources, under /people/sources/, and the address of incoming webhooks."""

from django.urls import URLPattern, URLResolver, path

from profiles.views import connectors, identity_rules, live_calls, source, sources, uploads

pages: list[URLPattern | URLResolver] = [
    path("people/sources/", sources.sources, name="sources"),
    path("people/sources/identity/", identity_rules.rules, name="identity-rules"),
    path("people/sources/live/", live_calls.debugger, name="live-calls"),
    path("people/sources/upload/", uploads.new, name="upload-new"),
    path("people/sources/upload/<uuid:public_id>/", uploads.upload, name="upload"),
    path("people/sources/upload/<uuid:public_id>/piece/", uploads.piece, name="upload-piece"),
    path("people/sources/upload/<uuid:public_id>/mapping/", uploads.mapping, name="upload-mapping"),
    path(
        "people/sources/upload/<uuid:public_id>/cancellation/",
        uploads.cancellation,
        name="upload-cancellation",
    ),
    path("people/sources/upload/<uuid:public_id>/rejects/", uploads.rejects, name="upload-rejects"),
    path("people/sources/<int:source_id>/", source.source, name="source"),
    path("people/sources/<int:source_id>/name/", source.name, name="source-name"),
    path("people/sources/<int:source_id>/key/", source.key, name="source-key"),
    path("people/sources/<int:source_id>/key/shown/", source.reveal, name="source-key-shown"),
    path("people/sources/<int:source_id>/key/old/", source.old_key, name="source-key-old"),
    path("people/sources/<int:source_id>/pause/", source.pause, name="source-pause"),
    path("people/sources/<int:source_id>/database/", connectors.database, name="source-database"),
    path("people/sources/<int:source_id>/mapping/", connectors.database_mapping, name="source-mapping"),
    path("people/sources/<int:source_id>/fetch/", connectors.fetch, name="source-fetch"),
    path("people/sources/<int:source_id>/hook/", connectors.hook, name="source-hook"),
    path("people/sources/<int:source_id>/hook/preview/", connectors.hook_preview, name="source-hook-preview"),
]
