// What a table of products does beyond links and forms: opens a row's explanation and closes it,
// copies an EAN, closes the small panels above the table.

function rowOf(element) {
  return element.closest("tbody.product");
}

function close(row) {
  row.querySelector(".why-row")?.remove();
  row.querySelector("[data-act=explain]")?.setAttribute("aria-expanded", "false");
}

// htmx asks for the explanation; a row that is open already is closed instead.
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.target;
  if (button.dataset?.act !== "explain") return;
  const row = rowOf(button);
  if (row.querySelector(".why-row")) {
    event.preventDefault();
    close(row);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const row of document.querySelectorAll("tbody.product:has(.why-row)")) {
    row.querySelector("[data-act=explain]")?.setAttribute("aria-expanded", "true");
  }
  showCopies(document);
});

function showCopies(within) {
  if (!navigator.clipboard || !within.querySelectorAll) return;
  for (const button of within.querySelectorAll("[data-act=copy-ean]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-act=copy-ean]");
  if (button) {
    await navigator.clipboard.writeText(button.dataset.ean);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  }
  for (const panel of openPanels()) if (!panel.contains(event.target)) panel.open = false;
});

function openPanels() {
  return document.querySelectorAll("details.tool[open], details.choice[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of openPanels()) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }
});

showCopies(document);
