/* The rows of a table of products, or cards: one is current, and it alone is reached with Tab.

   Rows are looked up anew each time and the current one is known by its id, because htmx may put
   another element in the place of a row, or of the whole table, at any moment. */

const ROW = ".product[data-asin]";

let currentId = "";

export const rowOf = (element) => element?.closest?.(ROW) ?? null;

export const rowWithId = (id) => (id ? rowOf(document.getElementById(id)) : null);

export const currentRow = () => rowWithId(currentId);

export const rows = () => [...document.querySelectorAll(ROW)].filter((row) => row.checkVisibility());

export const titleOf = (row) =>
  row.querySelector("[data-act=open]")?.textContent.trim() || row.dataset.asin;

/* What takes the focus of a row: its first line, without the explanation below it. */
const lineOf = (row) => row.querySelector(":scope > .main-row");

export const isRowItself = (element) => element.matches?.(`${ROW} > .main-row`) ?? false;

/* Give every row its place in the order of Tab; after a swap, and when another becomes current. */
export function arrange() {
  const current = currentRow();
  for (const row of document.querySelectorAll(ROW)) {
    const line = lineOf(row);
    if (line === null) continue;
    line.tabIndex = -1;
    if (row === current) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  const reachable = current ?? rows()[0];
  if (reachable) lineOf(reachable).tabIndex = 0;
}

export function makeCurrent(row) {
  if (row.id === currentId) return;
  currentId = row.id;
  arrange();
}

export function focusRow(row) {
  makeCurrent(row);
  const line = lineOf(row);
  if (line === null) return;
  line.focus({ preventScroll: true });
  reveal(line);
}

export function move(step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const next = at < 0 ? all[0] : all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (next) focusRow(next);
}

/* Bring the line into view, clear of a heading that sticks; triage.css keeps it clear of the bar. */
function reveal(line) {
  const head = line.closest("table")?.tHead;
  line.style.scrollMarginTop = `${head ? stuckHeight(head) : 0}px`;
  line.scrollIntoView({ block: "nearest" });
}

function stuckHeight(head) {
  const parts = [head, head.querySelector("th")].filter(Boolean).map((one) => getComputedStyle(one));
  const stuck = parts.find(({ position }) => position === "sticky");
  return stuck ? head.offsetHeight + (parseFloat(stuck.top) || 0) : 0;
}
