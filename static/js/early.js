// A page is seen a moment before its scripts are there. What is pressed, sent or chosen meanwhile is done once they are.
(() => {
  const held = [];
  const hold = (event, again) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push(again);
  };
  const native = (target) => {
    const button = target.closest("button");
    return button ? button.form && button.type !== "button" : target.closest("a:not([hx-get], [hx-post]), summary, label, input, select, textarea");
  };
  // Links and fields do by themselves what they do.
  const click = (event) => {
    const control = event.target.closest?.("button, [data-dialog], [data-href], [hx-get], [hx-post]");
    if (control && !control.matches("form") && !native(event.target)) hold(event, () => control.click());
  };
  const submit = (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("method") === "dialog") return;
    const again = "early" in form.dataset;
    form.dataset.early = "";
    hold(event, () => {
      if (again) return;
      delete form.dataset.early;
      form.requestSubmit(submitter);
    });
  };
  // What is written stays as it is; whoever listens hears of it later.
  const change = ({ target, type }) => {
    target.dataset.early = "";
    held.push(() => target.dispatchEvent(new Event(type, { bubbles: true })));
  };
  const types = { click, submit, input: change, change };
  for (const [type, act] of Object.entries(types)) addEventListener(type, act, true);
  // Deferred scripts and modules have run by then; htmx looks at the page one task later.
  addEventListener("DOMContentLoaded", () => setTimeout(() => {
    for (const [type, act] of Object.entries(types)) removeEventListener(type, act, true);
    for (const again of held) again();
  }));
})();
