/* What was done is undone, the last step first.

   A mark, of one product or many, is undone by the token that the server gave for it; a decision
   about a pick, by the contrary one; a cost, by sending what its form held before. */

import { failed, post, say, showMark, text } from "./marks.js";
import { focusRow, rowOf, rowWithId, titleOf } from "./rows.js";
import { forget, remember, takeLast } from "./steps.js";

const sentCosts = new WeakMap(); // request -> the step that undoes it
let undoneCost = ""; // the row whose cost is being put back

/* The last step is taken back; what cannot be taken back any more is said, and is gone. */
export async function undoLast() {
  const step = takeLast();
  if (step === undefined) say(text("nothing"));
  else if (step.kind === "several") undoSeveral(step);
  else if (step.kind === "mark") await undoMark(step);
  else if (!undoCost(step)) await undoLast();
}

async function undoMark(step) {
  const answer = step.decides
    ? await post(step.decides, { decision: step.token })
    : await post(document.getElementById("marks").action, { token: step.token });
  if (answer?.status === 410) {
    say(await answer.text());
  } else if (!answer?.ok) {
    remember(step);
    failed();
  } else {
    showMark(step.row, step.mark, !step.given);
    tellUndone(step);
  }
}

/* The page shows what became of many products once it is loaded again. */
function undoSeveral(step) {
  const form = document.getElementById("marks");
  form.elements.token.disabled = false;
  form.elements.token.value = step.token;
  form.submit();
}

/* Whether there was anything to do: the row may be on another page of the table. */
function undoCost(step) {
  const form = rowWithId(step.row)?.querySelector("[data-act=cost]")?.form;
  if (!form) return false;
  for (const [name, value] of step.values) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
  undoneCost = step.row;
  form.requestSubmit();
  return true;
}

function tellUndone(step) {
  const row = rowWithId(step.row);
  say(text("undone", step.title));
  if (row) focusRow(row);
}

/* What the fields of a form held when the page was made; an empty one may know better. */
function valuesBefore(form) {
  const before = new Map();
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "submit") continue;
    if (field.type === "radio" || field.type === "checkbox") {
      if (field.defaultChecked) before.set(field.name, field.value);
    } else if (field.options) {
      const chosen = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
      before.set(field.name, chosen?.value ?? "");
    } else {
      before.set(field.name, field.dataset.before ?? field.defaultValue);
    }
  }
  return [...before];
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const sender = event.detail.elt;
  const form = sender.closest("form");
  const row = rowOf(sender);
  if (!row || !form?.querySelector("[data-act=cost]")) return;
  const step = { kind: "cost", row: row.id, values: valuesBefore(form), title: titleOf(row) };
  step.undoes = undoneCost === row.id;
  undoneCost = "";
  sentCosts.set(event.detail.xhr, step);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const step = sentCosts.get(event.detail.xhr);
  if (!step) return;
  sentCosts.delete(event.detail.xhr);
  if (event.detail.xhr.status >= 400) return; // one that was refused is shown too
  if (step.undoes) {
    tellUndone(step);
    return;
  }
  remember(step);
  say(text("cost", step.title), { canUndo: true });
});

/* A message about many products brings its own button: pressed, its step is gone. */
for (const form of document.querySelectorAll("form[data-undo]")) {
  const { token } = Object.fromEntries(new FormData(form));
  remember({ kind: "several", token });
  form.addEventListener("submit", () => forget(token));
}
