// <button data-dialog="id"> opens <dialog id="id">; data-dialog-close closes it; so does a click on the backdrop.
addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) {
    opener.closest("dialog")?.close();
    document.getElementById(opener.dataset.dialog)?.showModal();
    return;
  }
  if (event.target.closest?.("[data-dialog-close]")) event.target.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});
