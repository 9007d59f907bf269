/* Favourite and ignored in a row, and the line at the bottom of the window that tells of it. */

import { rowWithId, titleOf } from "./rows.js";
import { remember } from "./steps.js";

const SHOWN_FOR = 20_000; // ms; "u" undoes later too
const LONGEST_TITLE = 60;

const toast = () => document.getElementById("toast");

let waiting = Promise.resolve();
let hiding = 0;

/* One thing after the other: the site keeps what was pressed last, and "u" knows what was done. */
export function inTurn(work) {
  waiting = waiting.then(work, work);
}

/* A sentence of the toast's data-*, about a product. */
export function text(name, title = "") {
  const short = title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE)}…` : title;
  return toast().dataset[name].replace("#", short);
}

export function say(sentence, { canUndo = false } = {}) {
  const shown = toast();
  shown.querySelector("[role=status]").textContent = sentence;
  shown.querySelector("[data-act=undo]").hidden = !canUndo;
  shown.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(hide, SHOWN_FOR);
}

function hide() {
  if (toast().matches(":hover, :focus-within")) hiding = setTimeout(hide, SHOWN_FOR);
  else toast().classList.remove("shown");
}

export const failed = () => say(text("failed"));

/* The answer, or null where there was none: to be signed in again is no answer either. */
export async function post(address, data) {
  const token = document.querySelector("#marks [name=csrfmiddlewaretoken]").value;
  try {
    return await fetch(address, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
      redirect: "error",
      keepalive: true, // the page may be left at once
    });
  } catch {
    return null;
  }
}

export function showMark(rowId, mark, given) {
  const row = rowWithId(rowId);
  if (!row) return;
  row.classList.toggle(`is-${mark}`, given);
  const act = mark === "ignored" ? "ignore" : mark;
  for (const button of row.querySelectorAll(`[data-act=${act}]`)) {
    button.setAttribute("aria-pressed", String(given));
  }
}

function addressOfMark(row) {
  const address = new URL(row.dataset.productUrl, location.href);
  address.pathname += "marque/";
  address.search = "";
  return address;
}

/* A pick is ignored by a decision of its own, which its card knows the address of. */
export function toggleMark(row, mark) {
  const given = !row.classList.contains(`is-${mark}`);
  const step = { kind: "mark", row: row.id, mark, given, title: titleOf(row) };
  const decides = mark === "ignored" ? row.dataset.decideUrl : undefined;
  const address = decides ?? addressOfMark(row);
  const sent = decides
    ? { decision: given ? "ignore" : "restore" }
    : { mark, wanted: given ? "1" : "0" };
  showMark(row.id, mark, given);
  inTurn(async () => {
    const answer = await post(address, sent);
    if (!answer?.ok) {
      showMark(row.id, mark, !given);
      failed();
      return;
    }
    const token = answer.headers.get("X-Undo");
    if (token) remember({ ...step, token, decides });
    say(text(`${mark}${given ? "On" : "Off"}`, step.title), { canUndo: token !== null });
  });
}
