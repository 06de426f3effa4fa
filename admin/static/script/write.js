// Writing: drafts kept on the server while one types, files, the seconds in which a message can be taken back, reply
// templates, and what came meanwhile. Without a script the form's own buttons do the same.

const box = (kind) => document.querySelector(`#write .box[data-kind="${kind}"]`);
const chosen = (form) => form.querySelector("[name=as]:checked, [name=as][type=hidden]").value;
const text = (within) => within.querySelector("textarea");
const fill = (sentence, value) => sentence.replace("{0}", value);

// What was typed and is not kept yet, by its place; and what is under way, for nothing is sent before that has arrived.
const typed = new Map();
const underway = new Set();
let waits, last = Promise.resolve();

const track = (promise) => {
  underway.add(promise);
  promise.finally(() => underway.delete(promise));
  return promise;
};

const post = (address, fields) => fetch(address, { method: "POST", keepalive: true, body: new URLSearchParams(fields) });

const keep = () => {
  clearTimeout(waits);
  for (const [place, draft] of typed) {
    if (draft.keeping === draft.text) continue;
    draft.keeping = draft.text;
    last = track(last.then(async () => {
      const said = draft.keeping;
      const answer = await post(draft.address, { as: draft.kind, text: said }).catch(() => null);
      const kept = answer?.status === 204; // not a page on which to sign in again
      if (typed.get(place) === draft && draft.text === said && kept) typed.delete(place);
      draft.keeping = undefined;
      const form = document.querySelector("#write");
      if (form) form.querySelector(".kept-state").textContent = kept ? form.dataset.kept : form.dataset.unkept;
    }));
  }
};

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("#write");
  if (!form || event.target.tagName !== "TEXTAREA") return;
  const kind = event.target.closest(".box").dataset.kind;
  const place = `${form.dataset.draft} ${kind}`;
  const draft = typed.get(place) || { address: form.dataset.draft, kind };
  draft.text = event.target.value;
  typed.set(place, draft);
  form.querySelector(".kept-state").textContent = "";
  clearTimeout(waits);
  waits = setTimeout(keep, 800);
});
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());

// The next page may be made before what is kept on leaving has arrived: the tab hands it on itself.
const handed = "postdesk.typed";
window.addEventListener("pagehide", () => {
  if (typed.size > 0) sessionStorage.setItem(handed, JSON.stringify([...typed]));
  keep();
});
window.addEventListener("online", keep);

// A form of the ticket waits for what is being kept or attached: nothing that arrives late undoes what it does.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("#detail")) return;
  if (form.id === "write" && !event.submitter?.name.match(/^(drop|discard)$/)) {
    clearTimeout(waits);
    for (const kind of ["reply", "note"]) typed.delete(`${form.dataset.draft} ${kind}`); // it goes with the form
    form.classList.add("pending");
  } else {
    if (event.submitter?.name === "discard") typed.delete(`${form.dataset.draft} ${event.submitter.value}`);
    keep();
  }
  if (underway.size === 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const by = event.submitter;
  Promise.allSettled([...underway]).then(() => form.isConnected && form.requestSubmit(by?.isConnected ? by : null));
}, true);

document.addEventListener("htmx:error", () => {
  const form = document.querySelector("#write.pending");
  if (!form) return;
  form.classList.remove("pending");
  delete form.dataset.sent;
  let alert = form.querySelector("#unsent");
  if (!alert) {
    alert = document.createElement("p");
    alert.className = "alert";
    alert.id = "unsent";
    alert.setAttribute("role", "alert");
    form.querySelector(".box").before(alert);
  }
  alert.textContent = form.dataset.offline;
});

// After a part of the page was fetched: what is still being typed stays.
const restore = () => {
  for (const [place, draft] of typed) {
    const form = document.querySelector("#write");
    const area = form && place === `${form.dataset.draft} ${draft.kind}` && box(draft.kind) && text(box(draft.kind));
    if (area && area.value !== draft.text) area.value = draft.text;
  }
};
document.addEventListener("htmx:after:swap", restore);
for (const [place, { address, kind, text: said }] of JSON.parse(sessionStorage.getItem(handed) || "[]")) typed.set(place, { address, kind, text: said });
sessionStorage.removeItem(handed);
restore();
keep();

// The seconds count down; then the page is fetched until the message stands in the thread.
const ends = new WeakMap();
let asked = 0;
setInterval(() => {
  const counts = document.querySelectorAll("#waiting [data-left]");
  let due = false;
  for (const count of counts) {
    if (!ends.has(count)) ends.set(count, performance.now() + Number(count.dataset.left));
    const left = Math.ceil((ends.get(count) - performance.now()) / 1000);
    const line = left > 0 ? fill(count.dataset.in, left) : count.dataset.now;
    if (count.textContent !== line) count.textContent = line;
    due ||= left < 0;
  }
  if (!due || performance.now() - asked < 1500 || document.visibilityState === "hidden") return;
  asked = performance.now();
  keep();
  Promise.allSettled([...underway]).then(() => {
    const writing = document.querySelector("#writing");
    if (writing?.querySelector("#waiting")) htmx.ajax("GET", writing.dataset.here || location.href, { source: "#writing", target: "#detail", swap: "outerMorph" });
  });
}, 250);

// Files: chosen, dropped or pasted, each sent at once and kept with the draft.
const item = (form, name) => {
  const line = document.createElement("li");
  line.className = "file";
  const called = document.createElement("span");
  called.className = "name";
  called.textContent = name;
  const note = document.createElement("small");
  note.className = "num";
  called.append(note);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", fill(form.dataset.remove, name));
  line.append(called, remove);
  return { line, note, remove };
};

const attach = (form, files) => {
  const kind = chosen(form), address = form.dataset.draft;
  for (const file of files) {
    const { line, note, remove } = item(form, file.name);
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    line.append(bar);
    box(kind).querySelector(".kept").append(line);
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("as", kind);
    body.append("files", file, file.name);
    track(new Promise((done) => {
      const fail = (why) => {
        bar.remove();
        line.classList.add("failed");
        note.textContent = why || fill(form.dataset.unattached, file.name);
        done();
      };
      request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
      request.onerror = () => fail();
      request.onabort = () => { line.remove(); done(); };
      request.onload = () => {
        const answers = (kind) => request.getResponseHeader("Content-Type")?.startsWith(kind);
        if (request.status !== 200 || !answers("application/json")) return fail(answers("text/plain") ? request.responseText : ""); // a page on which to sign in again is none
        const [kept] = JSON.parse(request.responseText);
        bar.remove();
        remove.name = "drop";
        remove.value = kept.id;
        note.textContent = kept.size;
        const list = box(kind)?.querySelector(".kept");
        if (!line.isConnected && list && document.querySelector("#write").dataset.draft === address && !list.querySelector(`[value="${kept.id}"]`)) list.append(line);
        done();
      };
      remove.addEventListener("click", () => {
        if (request.readyState !== XMLHttpRequest.DONE) request.abort();
        else if (!remove.value) line.remove();
      });
      request.open("POST", `${address}/files`);
      request.send(body);
    }));
  }
};

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("#write");
  if (!form || event.target.type !== "file") return;
  event.stopImmediatePropagation();
  attach(form, [...event.target.files]);
  event.target.value = "";
}, true);
document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("#write");
  const data = event.clipboardData;
  if (!form || !data?.files.length || data.types.includes("text/plain")) return; // a table copied from a sheet is text with a picture
  event.preventDefault();
  attach(form, [...data.files]);
});
const carries = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector("#write");
document.addEventListener("dragover", (event) => {
  const form = carries(event);
  if (!form) return;
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || document.querySelector("#write")?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const form = carries(event);
  if (!form) return;
  event.preventDefault();
  form.classList.remove("over");
  attach(form, [...event.dataTransfer.files]);
});

document.addEventListener("click", (event) => {
  const remove = event.target.closest?.("#write .kept .remove");
  if (remove?.value) {
    event.preventDefault();
    const form = remove.closest("form"), area = text(remove.closest(".box"));
    const kind = remove.closest(".box").dataset.kind;
    last = track(last.then(() => post(form.dataset.draft, { as: kind, text: area.value, drop: remove.value })).catch(() => null));
    remove.closest("li").remove();
    area.focus();
    return;
  }

  // A reply template goes where the cursor is.
  const reply = event.target.closest?.("#write [data-insert]");
  if (!reply) return;
  event.preventDefault();
  const area = text(box("reply"));
  const before = area.value.slice(0, area.selectionStart);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  area.setRangeText(gap + reply.dataset.insert, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  reply.closest("details").open = false;
  area.focus();
});

// The templates are fetched when their menu is opened, and narrowed as one types.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("#write .templates") || !event.target.open) return;
  const find = () => event.target.querySelector("input")?.focus();
  const link = event.target.querySelector("#replies > a");
  if (!link) return find();
  htmx.ajax("GET", link.href, { source: "#replies", target: "#replies", swap: "outerHTML", headers: { "HX-Target": "div#replies" } }).then(find);
}, true);
document.addEventListener("input", (event) => {
  const replies = event.target.closest?.(".replies");
  if (!replies) return;
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const line of replies.querySelectorAll("li")) line.hidden = !words.every((word) => line.textContent.toLowerCase().includes(word));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("#write .replies input")) return;
  event.preventDefault();
  event.target.closest(".replies").querySelector("li:not([hidden]) a")?.click();
});

// What came while one writes is said above the box.
document.addEventListener("desk:changed", (event) => {
  const form = document.querySelector("#write");
  const number = Number(document.querySelector("#detail")?.dataset.number);
  if (!form || !event.detail?.numbers?.includes(number)) return;
  if (![...form.querySelectorAll("textarea")].some((area) => area.value.trim() || area === document.activeElement)) return;
  htmx.ajax("GET", `${form.dataset.came}?seen=${encodeURIComponent(form.elements.seen.value)}`, { source: "#came", target: "#came", swap: "outerHTML" });
});

// Into the box of the kind that was chosen, at once.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("#write [name=as]")) text(box(event.target.value))?.focus();
});
