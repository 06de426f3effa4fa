// The thread: files looked at where one is, messages only or everything, and the way to the newest.

// A file opens over the page, and the arrows lead to the ticket's others. Without this script it is a page of its own.
const look = async (link) => {
  const dialog = document.querySelector("dialog.looking");
  dialog.querySelector(".viewer")?.classList.add("pending");
  if (!dialog.open) {
    dialog.showModal();
    dialog.querySelector("#viewer").replaceChildren();
  }
  await htmx.ajax("GET", link.getAttribute("href"), { target: "#viewer", swap: "outerHTML", headers: { "HX-Target": "div#viewer" } });
  const shown = dialog.querySelector(".viewer[data-file]");
  if (!dialog.open) return; // closed meanwhile
  if (!shown || shown.classList.contains("pending")) window.location.assign(link.href); // the page says what was wrong
  else if (!shown.contains(document.activeElement)) shown.querySelector(".stage :is(a, pre), .bar a").focus();
};

document.addEventListener("click", (event) => {
  const dialog = document.querySelector("dialog.looking");
  if (event.target === dialog) dialog.close(); // beside it
  const link = event.target.closest("a[data-view]");
  if (!link || !dialog || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  look(link);
});

document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (!rel || event.altKey || event.metaKey || event.ctrlKey || event.target.closest("input, textarea, select")) return;
  document.querySelector(`:is(dialog.looking[open], main.looking) a[rel=${rel}]`)?.click();
});
document.addEventListener("close", (event) => { // what it showed goes on no longer
  if (event.target.matches("dialog.looking")) event.target.querySelector("#viewer").replaceChildren();
}, true);

// The switch shows its effect before the answer is there.
document.addEventListener("click", (event) => {
  const to = event.target.closest(".log a");
  if (!to) return;
  if (!to.dataset.log) return event.preventDefault(); // that is what is shown
  for (const other of to.parentElement.children) other.removeAttribute("aria-current");
  to.setAttribute("aria-current", "true");
  to.closest(".thread").classList.toggle("only", to.dataset.log === "messages");
}, true);

// A thread that is shown anew begins at its newest end, or at the record of the address. The button leads to that end while it
// is out of sight.
const end = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) target.parentElement.querySelector(".newest").hidden = isIntersecting;
}, { rootMargin: "0px 0px 80px 0px" });
let begun = null;
const begin = () => {
  const thread = document.querySelector(".thread");
  const newest = thread?.querySelector("#newest");
  if (!newest) return;
  end.disconnect();
  end.observe(newest);
  if (begun === thread) return;
  begun = thread;
  const asked = /^#r-/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (asked) asked.scrollIntoView({ block: "center" });
  else if (thread.scrollHeight > thread.clientHeight) thread.scrollTop = thread.scrollHeight;
};
document.addEventListener("click", (event) => {
  if (!event.target.closest(".newest")) return;
  event.preventDefault();
  document.querySelector("#newest").scrollIntoView({ block: "end", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});

// A browser that shows no PDF inside a page says so, and offers the file.
const frames = () => {
  for (const note of document.querySelectorAll(".no-pdf")) {
    if (navigator.pdfViewerEnabled) note.remove();
    else note.previousElementSibling?.remove();
  }
};
const bind = () => {
  begin();
  frames();
};
document.addEventListener("htmx:after:swap", bind);
bind();
