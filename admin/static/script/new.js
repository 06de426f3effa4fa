// Opening a ticket. Without a script the form asks for the fields of all services, and files are chosen by the button.
const form = document.querySelector("#new");
if (form) {
  // Only what the chosen service asks for is shown and sent.
  const chosen = () => form.querySelector("[name=service]:checked, input[type=hidden][name=service], select[name=service]")?.value || "";
  const narrow = () => {
    for (const field of form.querySelectorAll("[data-of]")) {
      const wanted = field.dataset.of.split("\n").includes(chosen());
      field.hidden = !wanted;
      for (const input of field.querySelectorAll("input, select")) input.disabled = !wanted;
    }
  };
  form.classList.add("narrowed");
  form.addEventListener("change", (event) => event.target.name === "service" && narrow());
  window.addEventListener("pageshow", narrow);
  narrow();

  // What is being written is kept while one types, for any machine. Files stay with the form.
  const state = form.querySelector(".kept-state");
  let changed = false, sent = false, later;
  const keep = async () => {
    clearTimeout(later);
    if (!changed || sent) return;
    changed = false;
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    const answer = await fetch(form.dataset.draft, { method: "POST", keepalive: true, body: fields }).catch(() => null);
    if (!sent) state.textContent = answer?.ok ? form.dataset.kept : form.dataset.unkept;
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    changed = true;
    state.textContent = "";
    clearTimeout(later);
    later = setTimeout(keep, 800);
  });
  form.addEventListener("submit", () => {
    sent = true;
    clearTimeout(later);
  });
  window.addEventListener("pageshow", () => { sent = false; });
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());

  // Knowledge that may save the ticket. An answer to what was typed before is dropped.
  const matches = document.querySelector("#matches");
  let waits, asked = "";
  const ask = () => {
    const about = `${form.elements.subject.value} ${form.elements.text.value.slice(0, 600)}`.trim();
    if (about === asked) return;
    asked = about;
    htmx.ajax("GET", `${matches.dataset.ask}?q=${encodeURIComponent(about)}`, { source: matches, target: matches, swap: "innerMorph" });
  };
  form.addEventListener("input", (event) => {
    if (!["subject", "text"].includes(event.target.name)) return;
    clearTimeout(waits);
    waits = setTimeout(ask, 450);
  });
  if (form.elements.subject.value) ask();

  // Files by drag, drop and paste, each with its size, and taken out again one by one.
  const input = form.elements.files;
  const picked = form.querySelector(".picked");
  const size = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "kilobyte", unitDisplay: "short", maximumFractionDigits: 0 });
  let files = [];
  const show = () => {
    const all = new DataTransfer();
    for (const file of files) all.items.add(file);
    input.files = all.files;
    picked.hidden = files.length === 0;
    picked.replaceChildren(...files.map((file) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = file.name;
      const big = document.createElement("small");
      big.className = "num";
      big.textContent = size.format(Math.max(1, file.size / 1000));
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "remove";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `${picked.dataset.remove} ${file.name}`);
      remove.addEventListener("click", () => {
        files = files.filter((other) => other !== file);
        show();
        (picked.querySelector("button") || input).focus();
      });
      item.append(name, big, remove);
      return item;
    }));
  };
  const add = (more) => {
    for (const file of more) {
      if (!files.some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified)) files.push(file);
    }
    show();
  };
  input.addEventListener("change", (event) => {
    event.stopImmediatePropagation();
    add([...input.files]);
  }, true);
  form.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  const zone = form.querySelector(".drop");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
}
