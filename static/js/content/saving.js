// Saves 600 ms after the last change, with the revision one began from. Nothing that was typed is ever thrown away.
export function makeSaving(root, boot, state, showProblems) {
  if (!boot.canEdit) return { soon() {} };
  const mark = document.querySelector("[data-saved]");
  const text = mark.querySelector("[data-saved-text]");
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
  let timer, busy = false, dirty = false, stopped = false, spare = null;

  const say = (look, words) => { mark.dataset.state = look; text.textContent = words; };
  const time = (iso) => new Date(iso).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });

  async function save() {
    clearTimeout(timer);
    if (busy || !dirty || stopped) return;
    busy = true;
    dirty = false;
    say("", boot.strings.saving);
    const { name, team, default_locale, variants, revision } = state;
    let response, answer = {};
    try {
      response = await fetch(boot.urls.draft, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "If-Match": `"${revision}"`, ...headers },
        body: JSON.stringify({ name, team, default_locale, variants }),
      });
      answer = await response.json().catch(() => ({}));
    } catch {
      response = null;
    }
    busy = false;
    if (response?.ok) {
      state.revision = answer.revision;
      showProblems(answer.problems);
      spare?.remove();
      spare = null;
      if (dirty) soon();
      else say("", boot.strings.saved.replace("{time}", time(answer.saved_at)));
    } else if (response?.status === 412) {
      dirty = stopped = true;
      conflict(answer.revision);
    } else if (response && response.status < 500) {
      dirty = true;
      say("bad", boot.strings.refused.replace("{reason}", answer.errors?.[0]?.detail ?? answer.detail ?? response.status));
    } else {
      dirty = true;
      say("bad", boot.strings.offline);
      timer = setTimeout(save, 5000);
    }
  }
  // Somebody was faster: one's own words stay on the page, and one decides.
  function conflict(revision) {
    say("bad", boot.strings.not_saved);
    spare = document.createElement("div");
    spare.className = "gm-note gm-note--warn m-3 items-center";
    spare.setAttribute("role", "alert");
    const words = document.createElement("span");
    words.className = "flex-1";
    words.textContent = boot.strings.conflict;
    const button = (label, run) => Object.assign(document.createElement("button"), { type: "button", className: "btn btn-xs btn-line", textContent: label, onclick: run });
    spare.append(
      words,
      button(boot.strings.save_mine, () => { state.revision = revision; stopped = false; spare.remove(); save(); }),
      button(boot.strings.take_theirs, () => { dirty = false; location.reload(); }),
    );
    root.before(spare);
  }
  function soon() {
    dirty = true;
    if (stopped) return;
    say("unsaved", boot.strings.unsaved);
    clearTimeout(timer);
    timer = setTimeout(save, 600);
  }
  addEventListener("beforeunload", (event) => { if (dirty || busy) event.preventDefault(); });
  addEventListener("keydown", (event) => { if ((event.metaKey || event.ctrlKey) && event.key === "s") { event.preventDefault(); save(); } });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  return { soon };
}
