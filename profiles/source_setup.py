"""What goes into a site, an app or a script so that it sends here: unmodified client libraries, another host."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from profiles.models import Source

KEY = "WRITE_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    key: str
    label: str
    code: str


def snippets(source: Source, address: str) -> list[Snippet]:
    """The likeliest first."""
    host = address.rstrip("/")
    bare = host.partition("://")[2]
    scheme = host.partition("://")[0]
    found = [
        Snippet(
            "browser",
            "analytics.js",
            "// npm install @segment/analytics-next\n"
            'import { AnalyticsBrowser } from "@segment/analytics-next";\n\n'
            "const analytics = AnalyticsBrowser.load(\n"
            f'  {{ writeKey: "{KEY}", cdnURL: "{host}" }},\n'
            f'  {{ integrations: {{ "Segment.io": {{ apiHost: "{bare}/v1", protocol: "{scheme}" }} }} }},\n'
            ");\n"
            'analytics.identify("M-1024", { email: "yujin@example.com" });\n'
            'analytics.track("order_placed", { amount: 32000 });',
        ),
        Snippet(
            "node",
            "Node.js",
            "// npm install @segment/analytics-node\n"
            'import { Analytics } from "@segment/analytics-node";\n\n'
            f'const analytics = new Analytics({{ writeKey: "{KEY}", host: "{host}" }});\n'
            'analytics.track({ userId: "M-1024", event: "order_placed", properties: { amount: 32000 } });\n'
            "await analytics.closeAndFlush();",
        ),
        Snippet(
            "python",
            "Python",
            "# pip install segment-analytics-python\n"
            "import segment.analytics as analytics\n\n"
            f'analytics.write_key = "{KEY}"\n'
            f'analytics.host = "{host}"\n'
            'analytics.track("M-1024", "order_placed", {"amount": 32000})\n'
            "analytics.flush()",
        ),
        Snippet(
            "rudderstack",
            "RudderStack",
            "# pip install rudder-sdk-python\n"
            "import rudderstack.analytics as rudder\n\n"
            f'rudder.write_key = "{KEY}"\n'
            f'rudder.dataPlaneUrl = "{host}"\n'
            'rudder.track("M-1024", "order_placed", {"amount": 32000})',
        ),
        Snippet(
            "swift",
            "iOS (Swift)",
            f'let configuration = Configuration(writeKey: "{KEY}")\n'
            f'    .apiHost("{bare}/v1")\n'
            f'    .cdnHost("{bare}/v1")\n'
            "let analytics = Analytics(configuration: configuration)\n"
            'analytics.track(name: "order_placed", properties: ["amount": 32000])',
        ),
        Snippet(
            "kotlin",
            "Android (Kotlin)",
            f'val analytics = Analytics("{KEY}", applicationContext) {{\n'
            f'    apiHost = "{bare}/v1"\n'
            f'    cdnHost = "{bare}/v1"\n'
            "}\n"
            'analytics.track("order_placed", buildJsonObject { put("amount", 32000) })',
        ),
        Snippet(
            "curl",
            _("A terminal"),
            f"curl {host}/v1/track -u {KEY}: \\\n"
            "  -H 'Content-Type: application/json' \\\n"
            '  -d \'{"userId": "M-1024", "event": "order_placed", "properties": {"amount": 32000}}\'',
        ),
    ]
    first = {"app": ("swift", "kotlin"), "store": ("python", "curl"), "api": ("python", "node")}.get(
        source.kind, ()
    )
    return sorted(found, key=lambda snippet: snippet.key not in first)
