// Messages that pass by: gone after 6 s, not while pointed at or focused; failures stay until closed.
// From anywhere: dispatchEvent(new CustomEvent("gm:toast", {detail: {text, error, action: {label, run}}})), or from the
// server with the header HX-Trigger: {"gm:toast": {"text": "..."}}.
(() => {
  const box = document.getElementById("toasts");
  const live = (toast, seconds) => {
    if (toast.getAttribute("role") === "alert") return;
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), seconds * 1000); };
    const hold = () => clearTimeout(timer);
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, hold);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, start);
    start();
  };
  const show = ({ text, error = false, action }) => {
    const template = document.getElementById(error ? "toast-error-template" : "toast-template");
    const toast = template.content.firstElementChild.cloneNode(true);
    if (text) toast.querySelector("span").textContent = text;
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.label;
      button.addEventListener("click", () => { toast.remove(); action.run(); });
      toast.querySelector("[data-toast-close]").before(button);
    }
    box.append(toast);
    live(toast, action ? 10 : 6);
  };
  for (const toast of box.children) live(toast, 6);
  addEventListener("gm:toast", (event) => show(event.detail));
  addEventListener("click", (event) => { event.target.closest?.("[data-toast-close]")?.closest(".gm-toast").remove(); });
  // A request of htmx that got no answer, a refusal or a fault: say so; the page stays as it was (htmx-config in
  // base.html). Other 4xx answers are fragments that say themselves what is wrong.
  addEventListener("htmx:error", () => show({ error: true }));
  addEventListener("htmx:response:error", (event) => {
    const status = event.detail.ctx.response.status;
    if (status >= 500 || status === 403 || status === 404) show({ error: true });
  });
})();
