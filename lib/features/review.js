// Filters, search and copying on the review page, which shows everything without.
"use strict";
{
  const cards = [...document.querySelectorAll("article")];
  const control = id => document.getElementById(id);
  const agrees = (select, has) => select.value === "" || (select.value === "yes") === has;

  const filter = () => {
    const genre = control("genre").value;
    const wanted = control("search").value.normalize("NFKC").toLowerCase().trim();
    let shown = 0;
    for (const card of cards) {
      const d = card.dataset;
      card.hidden = !(
        (genre === "" || d.genre === genre) &&
        agrees(control("faces"), d.faces !== "0") &&
        agrees(control("text"), d.words !== "0") &&
        agrees(control("corrected"), d.corrected !== "") &&
        d.search.includes(wanted));
      if (!card.hidden) shown++;
    }
    control("shown").textContent = `${shown} of ${cards.length} pictures`;
  };
  control("filter").addEventListener("input", filter);
  control("filter").hidden = false;
  filter();

  // A page that was opened from a disk may not be allowed to use the clipboard: then the
  // row stays selected, to be copied by hand.
  document.addEventListener("click", async event => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const row = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(row);
    let copied = false;
    try {
      await navigator.clipboard.writeText(row.textContent);
      copied = true;
    } catch {
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  for (const button of document.querySelectorAll("button.copy")) button.hidden = false;
}
