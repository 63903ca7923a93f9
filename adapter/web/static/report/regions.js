/** Keeps the parts of the page in step with the server, without disturbing who is at work in them. */

import { fromServer, localTimes } from "../dom.js";
import { markup } from "./api.js";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Map<string, string>} */
const known = new Map();
let asked = false;
let asking = false;

/** Call back after parts have changed. @param {() => void} listener */
export function onChange(listener) {
  listeners.add(listener);
}

/** Fetch the parts and put in place those that differ. */
export async function refresh() {
  asked = true;
  if (asking) return;
  asking = true;
  try {
    while (asked) {
      asked = false;
      place(fromServer(await markup("/parts")));
    }
  } finally {
    asking = false;
  }
}

/** @param {DocumentFragment} parts */
function place(parts) {
  let changed = false;
  const pane = parts.querySelectorAll("[data-part]");
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (pane)) {
    const old = document.getElementById(each.id);
    const html = each.outerHTML;
    if (!old || known.get(each.id) === html || isBusy(old)) continue;
    known.set(each.id, html);
    swap(old, each);
    changed = true;
  }
  if (changed) listeners.forEach((each) => each());
}

let putOff = false;

// a button that is replaced between press and release would lose its click
for (const kind of ["pointerup", "pointercancel", "keyup"]) {
  document.addEventListener(kind, () => {
    if (putOff) setTimeout(() => refresh().catch(() => {}), 0);
    putOff = false;
  });
}

/** Whether somebody types or presses here; it is put in place when they are done. @param {HTMLElement} part */
function isBusy(part) {
  if (part.matches(":active")) return (putOff = true);
  return Boolean(part.querySelector("[data-editing], form[data-touched]"));
}

/** @param {HTMLElement} old @param {HTMLElement} fresh */
function swap(old, fresh) {
  const at = document.activeElement;
  const focus = at && old.contains(at) ? at.id : "";
  for (const each of /** @type {NodeListOf<HTMLDetailsElement>} */ (old.querySelectorAll("details[data-keep]"))) {
    const same = fresh.querySelector(`details[data-keep="${each.dataset.keep}"]`);
    if (same) /** @type {HTMLDetailsElement} */ (same).open = each.open;
  }
  const scrolled = old.scrollTop;
  localTimes(fresh);
  old.replaceWith(fresh);
  fresh.scrollTop = scrolled;
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}
