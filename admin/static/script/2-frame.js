// What makes the desk quicker to use. Every page works without it.

// htmx puts in what this desk itself answers, and nothing else makes markup of text (require-trusted-types-for).
const policy = window.trustedTypes?.createPolicy("desk", { createHTML: (answer) => answer });
htmx.registerExtension("desk", { init: (api) => policy && api.initSecurity(policy) });

// Where the key for commands is ⌘ the page has the class apple; buttons name the keys that press them.
const root = document.documentElement;
root.classList.toggle("apple", /Mac|iPhone|iPad/.test(navigator.platform));
const nameKeys = () => {
  for (const keys of document.querySelectorAll("[data-keys]")) keys.textContent = root.matches(".apple") ? "⌘↵" : "Ctrl ↵";
};
nameKeys();
document.addEventListener("htmx:after:swap", nameKeys);

// Ctrl or ⌘ with Enter sends what is being written.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-send]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  }
});

// One menu is open at a time, and a click beside it closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A form is sent once, however often its button is pressed. Coming back to the page makes it ready again.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A list that scrolls by itself begins where the open ticket is.
const current = document.querySelector(".list .row[aria-current]");
if (current && current.offsetTop > current.closest(".list").clientHeight) current.closest(".list").scrollTop = current.offsetTop - 80;

// The row of the ticket that is open is the current one, also where the ticket alone was fetched.
document.addEventListener("htmx:after:swap", () => {
  const open = document.querySelector("#detail")?.dataset.number;
  document.querySelector("#main")?.classList.toggle("reading", Boolean(open));
  for (const row of document.querySelectorAll("#list .row")) {
    if (open && new URL(row.href).pathname.endsWith("/" + open)) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  // Where the list made room for the ticket, the focus goes with it.
  const here = document.activeElement;
  if (open && (here === document.body || here.getClientRects().length === 0)) document.querySelector("#subject")?.focus({ preventScroll: true });
});
