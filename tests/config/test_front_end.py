"""The front end's build leaves a running product what it was started with."""

import os
import time

from config.embedded import node


def test_what_an_earlier_build_made_stays_for_a_day(tmp_path, monkeypatch):
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "manifest.json").write_text('{"app": {"file": "assets/app-new.css"}}')
    long_ago = time.time() - 2 * node.DAY
    for name, at in [("app-new.css", long_ago), ("app-just.css", time.time()), ("app-old.css", long_ago)]:
        (assets / name).write_text("")
        os.utime(assets / name, (at, at))
    monkeypatch.setattr(node, "DIST", tmp_path)
    node._sweep()
    assert sorted(made.name for made in assets.iterdir()) == ["app-just.css", "app-new.css"]
