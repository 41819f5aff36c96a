"""The pages under /content/."""

from django.urls import URLPattern, URLResolver, include, path

from content.views.creating import create, starter
from content.views.editor import archive, draft, editor, people, show
from content.views.listing import contents

_content: list[URLPattern | URLResolver] = [
    path("content/", contents, name="list"),
    path("content/new/", create, name="create"),
    path("content/people/", people, name="people"),
    path("content/starters/<slug:medium>/<slug:key>/", starter, name="starter"),
    path("content/<uuid:public_id>/", editor, name="editor"),
    path("content/<uuid:public_id>/draft/", draft, name="draft"),
    path("content/<uuid:public_id>/preview/", show, name="preview"),
    path("content/<uuid:public_id>/archive/", archive, name="archive"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("", include((_content, "content")))]
