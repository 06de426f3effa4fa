// The command palette: everything that can be done or opened, by typing (Ctrl or ⌘ with K).
const palette = document.querySelector("#palette");
const apple = document.documentElement.matches(".apple");

if (palette) {
  const ask = palette.querySelector("input");
  const commands = palette.querySelector("#palette-commands");
  const found = palette.querySelector("#palette-found");
  let count = 0;

  // What the page itself offers are its commands: they are those the reader may give, in their language.
  const offered = () => {
    const list = [];
    const add = (element, label, run) => {
      label = label?.trim().replace(/\s+/g, " ");
      if (label && !list.some((c) => c.label === label)) list.push({ label, run, icon: element.querySelector("svg") });
    };
    for (const button of document.querySelectorAll("#detail .acts > form > button, #detail .acts > details > summary, #detail .acts .item")) {
      const group = button.closest("details")?.querySelector("summary")?.textContent.trim().split(":")[0];
      const label = button.matches(".item") && group ? `${group}: ${button.textContent.trim()}` : button.textContent;
      add(button, label, () => (button.matches("summary") ? openMenu(button) : button.click()));
    }
    for (const mode of document.querySelectorAll("#write .mode label")) {
      add(mode, mode.textContent, () => mode.click()); // which puts the focus into its box (write.js)
    }
    for (const link of document.querySelectorAll(".rail > a, .rail .pop a:not(.lang a), header.top > a.btn")) {
      add(link, link.getAttribute("aria-label") || link.textContent, () => link.click());
    }
    for (const button of document.querySelectorAll(".rail .pop form button")) add(button, button.textContent, () => button.click());
    return list;
  };
  const openMenu = (summary) => {
    summary.parentElement.open = true;
    (summary.parentElement.querySelector(".pop :is(button, input, textarea, select)") || summary).focus();
  };

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const show = () => {
    const words = fold(ask.value).split(/\s+/).filter(Boolean);
    const fits = offered().filter((c) => words.every((w) => fold(c.label).includes(w))).slice(0, words.length ? 6 : 9);
    commands.replaceChildren(...fits.map((c) => {
      const option = document.createElement("div");
      option.role = "option";
      option.id = `command-${(count += 1)}`;
      option.run = c.run;
      if (c.icon) option.append(c.icon.cloneNode(true));
      const what = document.createElement("span");
      what.className = "what";
      what.textContent = c.label;
      option.append(what);
      return option;
    }));
    if (!ask.value.trim()) found.replaceChildren();
    settle();
  };

  const options = () => [...palette.querySelectorAll("[role=option]")];
  const settle = () => {
    const all = options();
    palette.querySelector(".nothing").hidden = all.length > 0 || !ask.value.trim();
    palette.querySelector(".options").hidden = all.length === 0;
    ask.setAttribute("aria-expanded", String(all.length > 0));
    choose(all.find((o) => o.ariaSelected === "true") || (/^\s*#?\d+\s*$/.test(ask.value) && found.firstElementChild) || all[0]);
  };
  const choose = (option) => {
    for (const o of options()) o.ariaSelected = String(o === option);
    if (option) ask.setAttribute("aria-activedescendant", option.id);
    else ask.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const run = (option, event) => {
    if (!option) return;
    if (option.run) {
      event.preventDefault();
      palette.close();
      option.run();
    } else if (event.type !== "click") {
      if (event.ctrlKey || event.metaKey) window.open(option.href, "_blank", "noopener");
      else location.href = option.href;
    }
  };

  ask.addEventListener("input", show);
  ask.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((o) => o.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(all[at], event);
    }
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close(); // beside it
    run(event.target.closest("[role=option]"), event);
  });
  document.addEventListener("htmx:after:swap", settle);

  const open = () => {
    if (document.querySelector("dialog[open]")) return;
    ask.value = "";
    palette.showModal();
    show();
    ask.focus();
  };
  document.addEventListener("desk:palette", open);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (apple ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (palette.open) palette.close();
      else open();
    }
  });
}
