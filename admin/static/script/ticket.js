// Acting on a ticket: what is pressed shows its effect at once and takes it back where it failed; dialogs open over the
// ticket; people are completed as one types.

// What a press changed before the server answered, by its form.
const pressed = new Map();

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (!form.closest("#detail") || !form.action.includes("/actions/")) return;
  if (pressed.has(form)) { // once is enough
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (!button) return;
  const menu = button.closest("details.menu:not(.wide, .more, .add)");
  const label = menu?.querySelector("summary .now");
  const shown = label ? label.closest("summary") : button;
  const was = label?.textContent;
  if (label && button.value) {
    label.textContent = button.textContent.trim();
    menu.open = false;
    shown.focus();
  }
  shown.classList.add("pending");
  shown.setAttribute("aria-busy", "true");
  pressed.set(form, () => {
    if (label) label.textContent = was;
    shown.classList.remove("pending");
    shown.removeAttribute("aria-busy");
    delete form.dataset.sent;
  });
}, true); // before htmx takes it

// takeBack undoes what a press showed, and says so where the press was.
const takeBack = (form) => {
  pressed.get(form)?.();
  pressed.delete(form);
  const sentence = document.querySelector("#detail")?.dataset.failed;
  if (!sentence) return;
  const place = form.closest("dialog") ? form.closest("dialog").querySelector("h2") : document.querySelector("#detail .head .acts");
  const before = document.querySelector("#detail .refusal.lost");
  const box = before ?? document.createElement("div");
  box.className = "refusal lost";
  box.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.className = "alert";
  line.textContent = sentence;
  place?.after(box);
  box.replaceChildren(line);
};

const formOf = (event) => {
  const source = event.detail.ctx?.sourceElement;
  return source?.closest?.("form") ?? source;
};

// The desk did not answer: connection, time, or a failure of its own.
document.addEventListener("htmx:error", (event) => {
  const form = formOf(event);
  if (pressed.has(form)) takeBack(form);
});

// A whole page is never put into a part of one. Where a request led to another page the browser goes there; a failure is
// taken back.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail, raw = ctx.response?.raw;
  if (!raw || !/^\s*<!doctype/i.test(ctx.text ?? "")) return;
  const part = ctx.target?.closest?.("#detail, #list");
  if (!part) return;
  event.preventDefault();
  const form = formOf(event);
  if (raw.status >= 500 && pressed.has(form)) takeBack(form);
  else location.assign(raw.redirected || ctx.request.method === "GET" ? raw.url : location.href);
});

// Dialogs: what the server opened is made modal, so that nothing behind it is reached.
let opener;
const show = () => {
  const dialog = document.querySelector("dialog#act");
  if (!dialog?.open || dialog.matches(":modal")) return;
  dialog.close();
  dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[hx-target='#act']");
  if (link) {
    opener = link.closest("details.menu")?.querySelector("summary") ?? link;
    const menu = link.closest("details.menu");
    if (menu) menu.open = false;
  }
  if (event.target.closest("dialog#act [data-close]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  } else if (event.target.matches("dialog#act") && event.target.matches(":modal")) {
    const box = event.target.getBoundingClientRect(); // the backdrop belongs to the dialog
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) event.target.close();
  }
});
document.addEventListener("close", (event) => {
  if (!event.target.matches("dialog#act") || !event.target.isConnected) return;
  if (new URL(location.href).searchParams.has("do")) { // reached by its address: coming back must not open it again
    const here = new URL(location.href);
    for (const name of ["do", "record"]) here.searchParams.delete(name);
    history.replaceState(history.state, "", here);
  }
  (opener?.isConnected ? opener : document.querySelector("#detail .menu.more summary"))?.focus();
}, true);

// An empty dialog takes the place of one that was answered. What the press showed is the server's word now.
document.addEventListener("htmx:after:swap", () => {
  for (const form of pressed.keys()) if (!form.isConnected) pressed.delete(form);
  show();
});
show();

// People are completed within what the reader may find. Of several addresses the last is being typed.
let asked = 0, typing;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("input[data-people]")) return;
  const words = field.value.split(/[,;]\s*/), query = words.at(-1).trim();
  clearTimeout(typing);
  if (query.length < 2) return;
  typing = setTimeout(async () => {
    const turn = ++asked;
    let people = [];
    try {
      const answer = await fetch("/dashboard/ithelpdesk/people?q=" + encodeURIComponent(query), { headers: { Accept: "application/json" } });
      if (answer.ok) people = await answer.json();
    } catch {
      return; // one types the address whole, then
    }
    const list = document.getElementById(field.getAttribute("list"));
    if (turn !== asked || !list) return;
    list.replaceChildren(...people.map((person) => {
      const option = document.createElement("option");
      option.value = field.multiple ? [...words.slice(0, -1), person.email].join(", ") : person.email;
      option.label = person.name ? person.name + " – " + person.email : person.email;
      return option;
    }));
  }, 120);
});
