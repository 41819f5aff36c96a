// <form data-submit-on-change>: a choice is sent at once.
addEventListener("change", (event) => {
  event.target.closest?.("form[data-submit-on-change]")?.requestSubmit();
});
