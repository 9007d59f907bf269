// The filters of the search form: those in use are shown, a select adds another, a cross takes one
// away. Without this script they all stand in the open fold.

const box = document.getElementById("filters");

if (box) start(box);

function start(box) {
  const select = box.querySelector("#add-filter");
  const filters = new Map(
    [...box.querySelectorAll(".filter")].map((filter) => [filter.dataset.filter, filter]),
  );
  box.classList.add("is-live");
  box.querySelector("details").open = true;
  box.querySelector(".add-filter").hidden = false;
  for (const [name, filter] of filters) {
    const cross = filter.querySelector(".remove-filter");
    cross.hidden = false;
    cross.addEventListener("click", () => {
      clear(filter);
      show(name, false);
      select.focus();
    });
    show(name, filter.classList.contains("is-set"));
  }
  // It asks nothing itself: the price is not to be worked out for it.
  select.addEventListener("input", (event) => event.stopPropagation());
  select.addEventListener("change", (event) => {
    const name = select.value;
    event.stopPropagation();
    select.value = "";
    if (!filters.has(name)) return;
    show(name, true);
    const field = filters.get(name).querySelector("input, select");
    if (field.type === "checkbox") {
      field.checked = true;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    field.focus();
  });

  function show(name, shown) {
    const filter = filters.get(name);
    filter.hidden = !shown;
    select.querySelector(`option[value="${name}"]`).disabled = shown;
    const theme = filter.closest(".filter-theme");
    theme.hidden = !theme.querySelector(".filter:not([hidden])");
  }

  function clear(filter) {
    for (const field of filter.querySelectorAll("input, select")) {
      if (field.type === "checkbox") field.checked = false;
      else if (field.tagName === "SELECT") field.selectedIndex = 0;
      else field.value = "";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}
