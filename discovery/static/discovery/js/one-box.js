/* The box of every page: "/" goes to it, Enter sends it, several lines become a list.

   Without this script the button sends it, and a page offers to make several lines a list. */

const NAMES_A_PRODUCT = /\d{7}|\bB[0-9A-Z]{9}\b|https?:/i;

const boxes = () => [...document.querySelectorAll("[data-one-box]")];

function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function goToTheBox() {
  const visible = boxes().find((box) => box.checkVisibility());
  if (!visible) document.getElementById("one-box-sheet")?.showPopover();
  const field = (visible ?? boxes().find((box) => box.checkVisibility()))?.elements.q;
  field?.focus();
  field?.select();
}

function sendAsList(text) {
  const list = document.getElementById("one-box-list");
  const lines = text.split("\n").filter((line) => NAMES_A_PRODUCT.test(line));
  if (list === null || lines.length < 2) return false;
  const field = document.createElement("textarea");
  field.name = "text";
  field.value = text;
  list.append(field);
  list.submit();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target)) return;
  event.preventDefault();
  goToTheBox();
});

for (const box of boxes()) {
  box.elements.q.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    box.requestSubmit();
  });
  box.addEventListener("submit", (event) => {
    if (sendAsList(box.elements.q.value)) event.preventDefault();
  });
}
