/* The boxes of a table and the bar below it, which says how many are ticked. */

const ticks = () => [...document.querySelectorAll("[data-act=tick]")];

/* What changes many boxes or takes all results is shown by what it has changed. */
export function showTicked() {
  const all = ticks();
  const ticked = all.filter((tick) => tick.checked).length;
  const isWhole = all.length > 0 && ticked === all.length;
  for (const whole of document.querySelectorAll("[data-act=tick-page]")) {
    whole.hidden = all.length === 0;
    if (whole.type === "checkbox") {
      whole.checked = isWhole;
      whole.indeterminate = ticked > 0 && !isWhole;
    } else {
      whole.setAttribute("aria-pressed", String(isWhole));
    }
  }
  measureBar();
  const told = document.querySelector("#selection .ticked");
  if (!told) return;
  const name = ["none", "one"][ticked] ?? "many";
  const sentence = told.dataset[name].replace("#", ticked.toLocaleString(document.documentElement.lang));
  if (told.textContent !== sentence) told.textContent = sentence;
}

/* What sticks to the bottom hides nothing: the page is scrolled, and told, above it. */
export function measureBar() {
  const bar = document.getElementById("selection");
  const height = bar && getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
  document.documentElement.style.setProperty("--bar-height", `${height}px`);
}

/* Tick all of the page, or none where all are ticked. */
export function tickPage() {
  const all = ticks();
  const wanted = !all.every((tick) => tick.checked);
  for (const tick of all) tick.checked = wanted;
  showTicked();
}

export function focusBar() {
  document.getElementById("selection")?.focus();
}
