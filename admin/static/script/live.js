// What happens elsewhere shows here: counts and rows of the list, the open ticket, who else is at it, what is unread.
// Nothing that is being read moves: what is new waits at the top of the list, or follows below the thread.

const said = document.querySelector("#live")?.dataset;
const fill = (sentence, word) => sentence.replace("{0}", word);
const list = () => document.querySelector("#list");
const detail = () => document.querySelector("#detail[data-number]");
const open = () => Number(detail()?.dataset.number ?? 0);
const path = "/dashboard/ithelpdesk";
const visible = () => document.visibilityState === "visible";
const post = (what, fields, more) => fetch(`${path}/${what}`, { method: "POST", keepalive: true, body: new URLSearchParams(fields), ...more });

// The title counts what is unread in one's own queue.
let unread = 0;
const entitle = () => {
  const plain = document.title.replace(/^\(\d+\+?\) /, "");
  const title = unread ? `(${unread}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
};

// The stream. A new one stands before the one of the page before ends, so that nothing falls between them. A page that is
// not seen gives its connection back, for browsers have few, and only counts now and then.
let stream = null, listens = null, lost = false, rest = 0;
const hang = () => { stream?.close(); stream = null; listens = null; };
const connect = () => {
  const ticket = open();
  if (stream && listens === ticket && stream.readyState !== EventSource.CLOSED) return;
  const before = stream, again = before?.readyState === EventSource.OPEN;
  const next = new EventSource(`${path}/events?${new URLSearchParams({ ...(ticket && { ticket }), ...(again && { again: "yes" }) })}`);
  stream = next;
  listens = ticket;
  present([]);
  next.onopen = () => {
    before?.close();
    if (lost) refresh([ticket]);
    lost = false;
  };
  next.onerror = () => {
    before?.close();
    lost = true;
    if (next.readyState === EventSource.CLOSED && stream === next) rest = setTimeout(() => visible() && connect(), 60_000);
  };
  next.addEventListener("changed", (event) => {
    const detail = JSON.parse(event.data);
    document.dispatchEvent(new CustomEvent("desk:changed", { detail }));
    refresh(detail.numbers);
  });
  next.addEventListener("present", (event) => present(JSON.parse(event.data).people));
  next.addEventListener("unread", (event) => {
    unread = JSON.parse(event.data).mine;
    entitle();
    if (!visible()) hang();
  });
};

// Who else is here.
const names = (people) => new Intl.ListFormat(document.documentElement.lang).format(people.map((one) => one.name));
let people = [];
const present = (now) => {
  people = now;
  const place = document.querySelector("#present");
  if (!place) return;
  const lines = [];
  for (const [some, one, more] of [[people.filter((x) => x.writing), said.writes, said.write], [people.filter((x) => !x.writing), said.looks, said.look]]) {
    if (some.length) lines.push(fill(some.length > 1 ? more : one, names(some)));
  }
  const line = lines.join(" · ");
  if (place.textContent !== line) place.textContent = line;
};

// One's own presence. Who typed lately writes.
let at = 0, typed = 0, told = "";
const beat = () => {
  const ticket = visible() ? open() : 0;
  if (at && at !== ticket) post(`${at}/presence`, { writing: "gone" }).catch(() => {});
  at = ticket;
  told = Date.now() - typed < 12_000 ? "yes" : "no";
  if (at) post(`${at}/presence`, { writing: told }).catch(() => {});
};
document.addEventListener("input", (event) => {
  if (!event.target.closest?.("#write textarea")) return;
  typed = Date.now();
  if (told !== "yes") beat();
});

// What was on the screen for a second is read.
let reading = 0, read = "";
const look = () => {
  clearTimeout(reading);
  const state = `${open()} ${detail()?.dataset.version}`;
  if (!open() || state === read || !visible()) return;
  reading = setTimeout(async () => {
    const answer = await post(`${open()}/seen`, {}).catch(() => null);
    if (!answer?.ok) return;
    read = state;
    unread = (await answer.json()).mine;
    entitle();
    const row = rows(list()).get(open())?.querySelector(".row");
    row?.classList.remove("unread");
    row?.querySelector("i.new")?.remove();
  }, 1000);
};

// Parts of the page are fetched quietly: one at a time, and once more where something came meanwhile.
const fetching = new Map();
const fetchPart = (id, address) => {
  if (fetching.has(id)) return fetching.set(id, true);
  fetching.set(id, false);
  htmx.ajax("GET", address, { source: "#live", target: `#${id}`, swap: "outerMorph", live: id, headers: { "HX-Target": `x#${id}` } })
    .catch(() => {}).then(() => {
      const again = fetching.get(id);
      fetching.delete(id);
      if (again) refresh(id === "detail" ? [open()] : []);
    });
};
const refresh = (numbers) => {
  if (!visible()) return;
  if (list()) fetchPart("list", `${path}/live${location.search}`);
  if (open() && numbers.includes(open()) && !document.querySelector("#detail .pending")) fetchPart("detail", `${path}/${open()}/live${location.search}`);
};

const rows = (of) => {
  const found = new Map();
  for (const row of of?.querySelectorAll(".row") ?? []) found.set(Number(new URL(row.getAttribute("href"), location).pathname.match(/\d+$/)?.[0]), row.closest("li"));
  return found;
};
const inUse = (of) => of.scrollTop > 0 || (of.scrollHeight <= of.clientHeight && scrollY > 0) || of.matches(":hover, :focus-within, :has(:checked)");

// The list as it is put in: where it is in use, every row stays in its place; what is new is told above them, what does not
// belong to it any more is pale. What was fetched below the first page stays.
let force = false, held = false;
const settle = (fresh) => {
  const old = list(), before = rows(old), now = rows(fresh), ul = fresh.querySelector(".rows"), first = old.querySelector(".rows");
  const busy = !force && inUse(old), alert = old.querySelector(":scope > .alert");
  force = held = false;
  if (alert) fresh.prepend(alert.cloneNode(true));
  if (!first) return;
  const oldest = Math.min(...now.keys());
  const below = ul?.querySelector("#older") ? [...before].filter(([n]) => n < oldest) : [];
  if (below.length) ul.querySelector("#older").replaceWith(...below.map(([, row]) => row.cloneNode(true)), old.querySelector("#older")?.cloneNode(true) ?? "");
  if (!busy) return;
  const into = ul ?? first.cloneNode(false), end = into.querySelector("#older") ?? "";
  if (!ul) fresh.replaceChildren(into);
  const kept = rows(fresh);
  const stay = [...before].map(([n, row]) => {
    if (kept.has(n)) return kept.get(n);
    held = true;
    const gone = row.cloneNode(true);
    gone.classList.add("gone");
    return gone;
  });
  const fewer = [...now.keys()].filter((n) => !before.has(n)).length;
  into.replaceChildren(...stay, end);
  if (!fewer) return;
  held = true;
  const bar = document.createElement("p"), button = document.createElement("button");
  bar.className = "fresh";
  bar.setAttribute("role", "status");
  button.type = "button";
  button.className = "btn";
  button.textContent = fewer === 1 ? said.newOne : fill(said.newOther, fewer);
  bar.append(button);
  fresh.prepend(bar);
};
document.addEventListener("click", (event) => {
  if (!event.target.closest("#list .fresh button")) return;
  force = true;
  list().scrollTop = 0;
  refresh([]);
});
let free = 0;
const release = () => {
  clearTimeout(free);
  if (held) free = setTimeout(() => held && list() && !inUse(list()) && refresh([]), 400);
};
for (const event of ["pointerout", "focusout", "scroll"]) document.addEventListener(event, release, true);

// The open ticket: what is new follows below. A menu or dialog that is open, and what is being written, are left as they are.
const untouched = (old) => {
  const parts = [old.querySelector("#present")];
  const box = old.querySelector("#writing");
  const texts = [...old.querySelectorAll("#write textarea")];
  if (box && (box.contains(document.activeElement) || box.querySelector("details[open]") || texts.some((text) => text.value))) parts.push(box);
  const busy = old.querySelector("dialog[open]");
  for (const part of old.querySelectorAll(".head, .side")) {
    if (busy || part.querySelector("details[open]") || part.contains(document.activeElement)) parts.push(part);
  }
  parts.push(busy, ...[...old.querySelectorAll(".thread details[open]")].map((fold) => fold.closest("[id]")));
  return parts.filter(Boolean);
};
let came = [];
const add = (fresh) => {
  const old = detail(), known = new Set([...old.querySelectorAll(".thread .msg")].map((message) => message.id));
  came = [...fresh.querySelectorAll(".thread .msg")].filter((message) => !known.has(message.id)).map((message) => message.id);
  for (const part of untouched(old)) part.setAttribute("hx-morph-skip", "");
};
const announce = () => {
  for (const part of document.querySelectorAll("[hx-morph-skip]")) part.removeAttribute("hx-morph-skip");
  const thread = document.querySelector("#detail .thread");
  const last = came.map((id) => document.getElementById(id)).filter((message) => message && message.querySelector(".by b")?.textContent !== said.me).pop();
  came = [];
  if (!thread || !last || [...document.querySelectorAll("#write textarea")].some((text) => text.value)) return; // who writes is told above the box
  document.querySelector("#detail .just")?.remove();
  const line = document.createElement("button");
  line.type = "button";
  line.className = "just";
  line.setAttribute("aria-live", "polite");
  line.textContent = fill(last.classList.contains("note") ? said.noted : said.wrote, last.querySelector(".by b").textContent);
  line.onclick = () => {
    last.scrollIntoView({ block: "nearest" });
    line.remove();
  };
  document.querySelector("#writing").prepend(line);
  setTimeout(() => line.remove(), 20_000);
};

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx?.live || (ctx.response?.raw?.ok && !ctx.response.raw.redirected)) return;
  event.preventDefault(); // signed out, or out of sight: the next click tells
  event.stopImmediatePropagation();
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (!ctx?.live) return;
  const main = tasks.find((task) => task.type === "main");
  const fresh = main?.fragment.querySelector(`#${ctx.live}`);
  const other = ctx.live === "detail" && fresh?.dataset.number !== detail()?.dataset.number;
  if (!fresh || other) return event.preventDefault(); // another ticket was opened meanwhile
  ctx.title = null;
  for (const id of ["said", "tiles", "pills"]) {
    const i = tasks.findIndex((task) => (task.target?.id ?? `${task.target}`.slice(1)) === id);
    const menu = document.querySelector(`#${id} details[open]`);
    if (i >= 0 && (id === "said" || menu)) tasks.splice(i, 1);
  }
  if (ctx.live === "list") settle(fresh);
  else add(fresh);
});
document.addEventListener("htmx:after:swap", (event) => {
  entitle();
  if (event.detail.ctx?.live === "detail") announce();
  if (!event.detail.ctx?.live) {
    if (visible()) connect();
    if (open() !== at) beat();
  }
  present(people);
  look();
});

if (said) {
  new MutationObserver(entitle).observe(document.querySelector("title"), { childList: true });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(rest);
    if (visible()) {
      if (stream) refresh([open()]);
      lost ||= !stream;
      connect();
    } else {
      rest = setTimeout(() => visible() || hang(), 10_000);
    }
    beat();
    look();
  });
  window.addEventListener("pagehide", () => {
    hang();
    if (at) navigator.sendBeacon(`${path}/${at}/presence`, new URLSearchParams({ writing: "gone" }));
    at = 0;
  });
  window.addEventListener("pageshow", (event) => event.persisted && (lost = true, connect(), beat()));
  setInterval(() => visible() && beat(), 15_000);
  setInterval(() => visible() || connect(), 30_000);
  connect();
  beat();
  look();
}
