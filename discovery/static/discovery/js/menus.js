/* Menus (details with data-menu): they lie above the page, and close on Esc and outside clicks.

   Without this script they open in the page, and close as they were opened. */

const OPEN = "details[data-menu][open]";
const GAP = 4; // px between a button and its menu, and between the menu and the window's edge

const openMenus = () => [...document.querySelectorAll(OPEN)];

const panelOf = (menu) => menu.querySelector(":scope > :not(summary)");

/* Below its button, or above it where there is no room; flush with its left edge, or with its right
   one at the right of the window. */
function place(menu) {
  const panel = panelOf(menu);
  const button = menu.querySelector(":scope > summary").getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = button.bottom + GAP;
  const fits = below + height <= innerHeight || button.top < height + GAP;
  const isRoom = button.left + width + GAP <= document.documentElement.clientWidth;
  const left = isRoom ? button.left : button.right - width;
  panel.style.top = `${fits ? below : button.top - height - GAP}px`;
  panel.style.left = `${Math.max(left, GAP)}px`;
}

function closeAllBut(element) {
  for (const menu of openMenus()) if (!menu.contains(element)) menu.open = false;
}

document.documentElement.classList.add("has-menus");

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches?.(OPEN)) return;
    closeAllBut(event.target);
    place(event.target);
  },
  true, // it does not bubble
);

document.addEventListener("keydown", (event) => {
  const [menu] = openMenus();
  if (event.key !== "Escape" || !menu) return;
  event.preventDefault();
  const hadFocus = menu.contains(document.activeElement);
  menu.open = false;
  if (hadFocus) menu.querySelector(":scope > summary").focus();
});

document.addEventListener("click", (event) => closeAllBut(event.target));
document.addEventListener("focusin", (event) => closeAllBut(event.target));
for (const moved of ["scroll", "resize"]) {
  addEventListener(moved, () => openMenus().forEach(place), { capture: true, passive: true });
}
