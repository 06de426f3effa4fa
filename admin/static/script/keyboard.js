// Keys: one letter for what is done all day. They rest while somebody writes, and can be switched off (WCAG 2.1.4).
const keys = document.querySelector("#keys");
const apple = document.documentElement.matches(".apple");
const off = "desk.keys.off";

if (keys) {
  const on = keys.querySelector("#keys-on");
  on.checked = !localStorage.getItem(off);
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(off) : localStorage.setItem(off, "yes")));
  for (const term of document.querySelectorAll("[data-keys-of]")) {
    term.replaceChildren(...term.dataset.keysOf.split(" ").map((key) => {
      const cap = document.createElement("kbd");
      cap.textContent = key === "mod" ? (apple ? "⌘" : "Ctrl") : key;
      return cap;
    }));
  }
  keys.addEventListener("click", (event) => event.target === keys && keys.close());
}

const go = (address) => { location.href = address; };
const visible = (element) => element && element.getClientRects().length > 0 && element;
const press = (selector) => {
  const element = visible(document.querySelector(selector));
  element?.click();
  return Boolean(element);
};
// open shows a menu and puts the focus on its first choice.
const open = (selector) => {
  const menu = visible(document.querySelector(selector)?.closest("details"));
  if (!menu) return false;
  menu.open = true;
  menu.querySelector(".pop :is(button, textarea, input, select)")?.focus();
  return true;
};
const step = (by) => {
  const rows = [...document.querySelectorAll("#list .row")];
  if (!rows.length) return false;
  const here = rows.indexOf(document.activeElement.closest?.(".row"));
  const current = here < 0 ? rows.findIndex((row) => row.hasAttribute("aria-current")) : here;
  const next = current < 0 ? 0 : Math.min(Math.max(current + by, 0), rows.length - 1);
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
};
const write = (mode) => {
  const choice = document.querySelector(`#write input[name=as][value=${mode}]`);
  if (choice?.type === "radio") choice.click();
  const box = choice && [...document.querySelectorAll("#write textarea")].find(visible);
  box?.focus();
  return Boolean(box);
};

const plain = {
  j: () => step(1),
  k: () => step(-1),
  u: () => press("#detail .back") || (go("/dashboard/ithelpdesk"), true),
  r: () => write("reply"),
  n: () => write("note"),
  t: () => press('#detail form[action*="/actions/take"] button'),
  a: () => open('#detail .acts form[action*="/actions/assign"]'),
  s: () => open('#detail .acts form[action*="/actions/status"]'),
  p: () => open('#detail .acts form[action*="/actions/priority"]'),
  e: () => open('#detail .acts form[action*="/actions/resolve"]'),
  c: () => (go("/dashboard/ithelpdesk/new"), true),
  "/": () => {
    const search = document.querySelector("form.search input[type=search]");
    search?.select();
    search?.focus();
    return Boolean(search);
  },
  "?": () => (keys?.showModal(), true),
};
const after = {
  g: { h: "/dashboard/ithelpdesk", k: "/knowledge", n: "/news", a: "/approvals", q: "/quarantine", m: "/me", r: "/reports", t: "/templates" },
};
let prefix = "";
let forget;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || localStorage.getItem(off)) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog[open]")) return;
  if (prefix) {
    const address = after[prefix][event.key];
    prefix = "";
    if (address) {
      event.preventDefault();
      go(address);
    }
    return;
  }
  if (after[event.key]) {
    prefix = event.key;
    clearTimeout(forget);
    forget = setTimeout(() => { prefix = ""; }, 1200);
    return;
  }
  if (plain[event.key]?.()) event.preventDefault();
});

// Escape leaves the writing box for the list's keys.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("#write textarea")) event.target.blur();
});
