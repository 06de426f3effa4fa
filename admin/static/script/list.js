// Choosing several tickets in the list: a click on a box, with shift from the one before to this one, x for the row that
// has the focus. Esc chooses none. Which are chosen is what the boxes say; the bar below says how many.
let anchor;

const boxes = () => [...document.querySelectorAll("#list .pick input")];
const count = () => {
  const bar = document.querySelector("#bulk");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked).length;
  const says = bar.querySelector("[data-chosen]");
  says.textContent = chosen ? `${chosen} ${says.dataset.chosen}` : "";
  bar.classList.toggle("some", chosen > 0);
};

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("#list .pick input");
  if (!box) return;
  const all = boxes();
  const from = all.indexOf(anchor), to = all.indexOf(box);
  if (event.shiftKey && from >= 0) {
    for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
  }
  anchor = box;
  count();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog[open]")) return;
  if (event.key === "x" && !localStorage.getItem("desk.keys.off")) {
    const item = event.target.closest?.("#list li") ?? document.querySelector("#list .row[aria-current]")?.closest("li");
    item?.querySelector(".pick input")?.click();
  }
  if (event.key === "Escape" && !document.querySelector("details.menu[open]") && boxes().some((box) => box.checked)) {
    for (const box of boxes()) box.checked = false;
    count();
  }
});
document.addEventListener("reset", (event) => event.target.id === "bulk" && setTimeout(count));
document.addEventListener("htmx:after:swap", count);
window.addEventListener("pageshow", count);

// A menu that is open stays so, whatever the list learns meanwhile; what it was opened for closes it.
document.addEventListener("toggle", (event) => {
  if (event.target.matches("#pills details, #bulk details")) event.target.toggleAttribute("hx-morph-skip", event.target.open);
}, true);
document.addEventListener("submit", (event) => {
  const menu = event.target.closest("#pills details");
  menu?.removeAttribute("hx-morph-skip");
  if (menu) menu.open = false;
});

// What is done with the chosen ones shows on them at once; the answer brings the list as it is then.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "bulk") return;
  for (const menu of event.target.querySelectorAll("details[open]")) menu.open = false;
  for (const box of boxes()) box.closest("li").classList.toggle("pending", box.checked);
});
document.addEventListener("htmx:error", () => {
  for (const item of document.querySelectorAll("#list li.pending")) item.classList.remove("pending");
  delete document.querySelector("#bulk")?.dataset.sent;
});
