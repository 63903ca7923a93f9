/**
 * The worklist: asks for parts of the list without a new page, keeps it live, and is worked by keys.
 *
 * The server renders every row. This module puts what it answers in its place, and keeps the row in
 * focus by its accession.
 */

import { fromServer, LIST, localTimes, tell, typing } from "./dom.js";
import { isKey } from "./keymap.js";
import { onLine, onNews } from "./live.js";

const place = /** @type {HTMLElement} */ (document.getElementById("worklist"));
const WAIT_MS = 400;
const CLOCK_MS = 20_000;

/** What is shown now: the fields of the form, and the order. @type {URLSearchParams} */
let shown = fields();
/** @type {AbortController | null} */
let asking = null;
let due = 0;
/** @type {Set<string>} */
const changed = new Set();

function fields() {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("ask"));
  const found = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  for (const [name, value] of [...found]) if (!value) found.delete(name);
  return found;
}

/** The report that is opened from here can then lead to the next one. */
function remember() {
  const part = ["queue", "modality", "priority", "order"].filter((name) => shown.get(name));
  sessionStorage.setItem(LIST, String(new URLSearchParams(part.map((name) => [name, shown.get(name) ?? ""]))));
}
remember();

/** Ask for a part of the list and show it. @param {URLSearchParams} what */
async function show(what) {
  asking?.abort();
  asking = new AbortController();
  const signal = asking.signal;
  let answer;
  try {
    answer = await fetch("/worklist", { method: "POST", body: what, signal });
  } catch {
    if (!signal.aborted) line(false);
    return;
  }
  if (answer.status === 401) return void (location.href = "/sign-in?next=/");
  if (!answer.ok) return line(false);
  shown = what;
  remember();
  put(fromServer(await answer.text()));
}

/** @param {DocumentFragment} parts */
function put(parts) {
  const at = current()?.closest("tr")?.dataset.accession;
  const search = /** @type {HTMLInputElement | null} */ (document.activeElement?.closest("input[type=search]"));
  const typed = search && { value: search.value, start: search.selectionStart, end: search.selectionEnd };
  const named = document.activeElement?.getAttribute("name");
  place.replaceChildren(parts);
  localTimes(place);
  if (typed) {
    const input = /** @type {HTMLInputElement} */ (place.querySelector("input[type=search]"));
    input.value = typed.value;
    input.focus();
    input.setSelectionRange(typed.start, typed.end);
  } else if (at) {
    find(at)?.querySelector("a")?.focus({ preventScroll: true });
  } else if (named) {
    /** @type {HTMLElement | null} */ (place.querySelector(`form [name="${CSS.escape(named)}"]`))?.focus();
  }
  for (const each of changed) find(each)?.classList.add("news");
  changed.clear();
}

/** @param {string} accession */
const find = (accession) => place.querySelector(`tr[data-accession="${CSS.escape(accession)}"]`);

/** @returns {HTMLAnchorElement[]} */
const links = () => [...place.querySelectorAll("#rows td:nth-child(2) a")].map((each) => /** @type {HTMLAnchorElement} */ (each));

const current = () => links().find((each) => each === document.activeElement);

place.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  event.preventDefault();
  if (form.classList.contains("more")) return void more(form);
  const what = fields();
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (button?.name === "order") what.set("order", button.value);
  show(button?.name === "order" ? what : keepOrder(what));
});

/** The next page, below this one. @param {HTMLFormElement} form */
async function more(form) {
  const answer = await fetch("/worklist", { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))) });
  if (!answer.ok) return;
  const parts = fromServer(await answer.text());
  const rows = [...parts.querySelectorAll("#rows > tr")].filter((each) => !find(/** @type {HTMLElement} */ (each).dataset.accession ?? ""));
  place.querySelector("#rows")?.append(...rows);
  const next = parts.querySelector("form.more");
  if (next) form.replaceWith(next);
  else form.remove();
  rows[0]?.querySelector("a")?.focus();
  tell(`${rows.length} more studies`);
}

place.addEventListener("input", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  if (!at.closest("#ask")) return;
  clearTimeout(due);
  due = setTimeout(() => show(keepOrder(fields())), at.tagName === "SELECT" ? 0 : 250);
});

/** @param {URLSearchParams} what */
function keepOrder(what) {
  const order = shown.get("order");
  if (order) what.set("order", order);
  return what;
}

place.addEventListener("click", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  const row = at.closest("#rows > tr");
  if (row && !at.closest("a") && !String(getSelection())) row.querySelector("a")?.click();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event)) return links()[0]?.focus();
  if (typing(event)) return;
  const all = links();
  const now = all.indexOf(/** @type {any} */ (current()));
  /** @type {Record<string, () => HTMLElement | null | undefined>} */
  const keys = {
    down: () => all[Math.min(now + 1, all.length - 1)],
    ArrowDown: () => all[Math.min(now + 1, all.length - 1)],
    up: () => all[Math.max(now - 1, 0)],
    ArrowUp: () => all[Math.max(now - 1, 0)],
    Home: () => all[0],
    End: () => all.at(-1),
    search: () => place.querySelector("input[type=search]"),
  };
  const act = ["down", "up", "search"].find((each) => isKey(event, each));
  const held = event.ctrlKey || event.metaKey || event.altKey;
  const to = keys[act ?? (held ? "" : event.key)]?.();
  if (!to) return;
  event.preventDefault();
  to.focus();
  to.scrollIntoView({ block: "nearest" });
});

/** @param {boolean} connected */
function line(connected) {
  const at = place.querySelector(".line");
  if (!at) return;
  at.textContent = connected ? "Live" : "Connection lost; trying again";
  at.classList.toggle("lost", !connected);
}

let waiting = 0;
onNews((news) => {
  if (news.kind === "context" || news.kind === "mapping") return;
  if (news.accession) changed.add(news.accession);
  if (waiting || place.querySelectorAll("#rows > tr").length > 50) return; // more pages are read: keep them
  waiting = setTimeout(() => {
    waiting = 0;
    if (document.activeElement?.tagName !== "SELECT") show(shown).then(() => line(true));
  }, WAIT_MS);
});
onLine(line);

/** The clocks run on between answers. */
setInterval(() => {
  for (const each of place.querySelectorAll("[data-begun]")) {
    const { begun = "", limit = "" } = /** @type {HTMLElement} */ (each).dataset;
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(begun)) / 60_000));
    const late = limit !== "" && minutes > Number(limit);
    const first = /** @type {HTMLElement} */ (each.firstElementChild);
    first.textContent = words(minutes);
    each.classList.toggle("late", late);
  }
}, CLOCK_MS);

/** As `age` of worklist_row.py says it. @param {number} minutes */
function words(minutes) {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}
