// <details class="gm-menu">: a click elsewhere or Escape closes it and gives the focus back.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.gm-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.gm-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
