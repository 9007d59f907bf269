/* A table of products worked through with one key each, or with the buttons of its rows.

   Where a row has no such button (a viewer's page, a product without a cost) its key does nothing.
   Without this script the same buttons send forms. */

import { inTurn, say, text, toggleMark } from "./marks.js";
import {
  arrange, currentRow, focusRow, isRowItself, makeCurrent, move, rowOf, rowWithId, titleOf,
} from "./rows.js";
import { focusBar, measureBar, showTicked, tickPage } from "./selection.js";
import { undoLast } from "./undo.js";

const TURNED_OFF = "shortcuts off";
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select";
const MARKS = { favourite: "favourite", ignore: "ignored" };

let comesBackTo = ""; // the row whose cost was sent with Enter
let focusedBeforeSwap = "";

const control = (row, act) =>
  [...row.querySelectorAll(`[data-act=${act}]`)].find((one) => one.checkVisibility()) ?? null;

const press = (act) => () => {
  const row = currentRow();
  if (row) control(row, act)?.click();
};

function tick() {
  const row = currentRow();
  const box = row && control(row, "tick");
  if (!box) return;
  box.click();
  say(text(box.checked ? "ticked" : "unticked", titleOf(row)));
}

function typeCost() {
  const row = currentRow();
  const field = row && control(row, "cost");
  field?.focus();
  field?.select();
}

function showCard() {
  document.getElementById("shortcuts").showModal();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  f: press("favourite"),
  i: press("ignore"),
  b: press("bought"),
  e: press("explain"),
  o: press("amazon"),
  x: tick,
  c: typeCost,
  s: focusBar,
  u: () => inTurn(undoLast),
  "?": showCard,
};
// Only where the row itself has the focus: elsewhere they are the browser's.
const KEYS_OF_A_ROW = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: press("open"),
};
const REPEATED = new Set(["j", "k", "ArrowDown", "ArrowUp"]);

/* Bring what is on the page to life: at first, and after every swap. */
function wake() {
  arrange();
  showTicked();
  const choice = document.getElementById("shortcuts-on");
  if (choice) choice.checked = localStorage.getItem(TURNED_OFF) === null;
  for (const button of document.querySelectorAll("[data-act=shortcuts]")) button.hidden = false;
}

function actionOf(event) {
  if (isRowItself(event.target) && event.key in KEYS_OF_A_ROW) return KEYS_OF_A_ROW[event.key];
  if (localStorage.getItem(TURNED_OFF) !== null) return undefined;
  const key = event.key === "?" || event.shiftKey ? event.key : event.key.toLowerCase();
  return Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

function isElsewhere(event) {
  const isTyping = event.target.closest?.(FIELDS) || event.target.isContentEditable;
  const isCombined = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  return isTyping || isCombined || event.defaultPrevented || document.querySelector("dialog[open]");
}

function onCostKey(event) {
  const row = rowOf(event.target);
  if (!row || event.isComposing) return;
  if (event.key === "Enter") comesBackTo = row.id; // the browser sends the form
  if (event.key !== "Escape") return;
  const { dataset, defaultValue } = event.target;
  const isRefused = event.target.getAttribute("aria-invalid") === "true";
  event.target.value = isRefused ? dataset.before : defaultValue;
  focusRow(row);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-act=cost]")) onCostKey(event);
  if (isElsewhere(event) || !document.getElementById("marks")) return;
  const action = actionOf(event);
  if (!action || (event.repeat && !REPEATED.has(event.key))) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.("[data-act]");
  const mark = MARKS[pressed?.dataset.act];
  const row = rowOf(pressed);
  if (mark && row) {
    event.preventDefault();
    toggleMark(row, mark);
  } else if (pressed?.dataset.act === "tick-page") {
    tickPage();
  } else if (pressed?.dataset.act === "shortcuts") {
    showCard();
  } else if (pressed?.dataset.act === "undo") {
    inTurn(undoLast);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.dataset?.act === "tick" || event.target.name === "scope") showTicked();
  if (event.target.id !== "shortcuts-on") return;
  if (event.target.checked) localStorage.removeItem(TURNED_OFF);
  else localStorage.setItem(TURNED_OFF, "1");
});

addEventListener("resize", measureBar);

document.addEventListener("focusin", (event) => {
  const row = rowOf(event.target);
  if (row) makeCurrent(row);
  if (row?.id !== comesBackTo) comesBackTo = "";
});

document.addEventListener("htmx:beforeSwap", () => {
  focusedBeforeSwap = rowOf(document.activeElement)?.id ?? "";
});

document.addEventListener("htmx:afterSwap", () => {
  wake();
  const lost = document.activeElement === document.body;
  const row = rowWithId(comesBackTo) ?? (lost ? rowWithId(focusedBeforeSwap) : null);
  comesBackTo = "";
  const refused = row?.querySelector("[data-act=cost][aria-invalid=true]");
  if (refused) refused.focus();
  else if (row) focusRow(row);
});

wake();
