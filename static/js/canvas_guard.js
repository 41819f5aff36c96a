// If the canvas's own script can't be had (a deploy in between, no network), say so instead of an empty page.
(function () {
  "use strict";
  var root = document.getElementById("canvas-root");
  var said = document.getElementById("canvas-failed");
  if (!root || !said) return;
  function tell() {
    if (root.contains(said)) said.hidden = false; // the canvas replaces what is in its root
  }
  addEventListener("error", function (event) { if (event.target && event.target.tagName === "SCRIPT") tell(); }, true);
  addEventListener("load", function () { setTimeout(tell, 8000); });
})();
