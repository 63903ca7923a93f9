/** The keys of the page; `/help` lists them. */

import { typing } from "../dom.js";
import { isKey, isLetGo } from "../keymap.js";
import { act, goTo, mayEdit } from "./acts.js";
import { isAsking } from "./dialog.js";
import { editSentence, removeSentence } from "./editing.js";
import { openNext } from "./next.js";
import { replay } from "./source.js";

const TAP_MS = 350;

let downAt = 0;

/** @typedef {{talk: () => void, hush: () => void, isTalking: () => boolean, finish: () => void}} Voice */

/** @param {Voice} voice */
export function listenToKeys(voice) {
  let wasTalking = false;
  document.addEventListener("keydown", (event) => {
    if (isKey(event, "talk")) {
      event.preventDefault();
      if (event.repeat || isAsking()) return;
      wasTalking = voice.isTalking();
      downAt = event.timeStamp;
      if (!wasTalking) voice.talk();
      return;
    }
    if (isAsking()) return;
    if (pressed(event, voice)) event.preventDefault();
  });
  document.addEventListener("keyup", (event) => {
    if (!isLetGo(event, "talk")) return;
    // a tap begins, the next tap ends; a key that is held ends when it is let go
    if (wasTalking || event.timeStamp - downAt > TAP_MS) voice.hush();
  });
  addEventListener("blur", () => {
    if (!wasTalking && downAt && performance.now() - downAt < TAP_MS) voice.hush();
  });
}

/** @type {Record<string, (at: HTMLElement) => void>} */
const BY_KEY = {
  sign: () => signOrNext(),
  replay: (at) => {
    const said = at.closest?.(".statement") ?? lastSaid();
    if (said) replay(/** @type {HTMLElement} */ (said));
  },
  flag: () => nextBlocker(),
  accept: () => decideAi("accept"),
  reject: () => decideAi("reject"),
};

/** Sign; what is signed leads to the next study. */
export function signOrNext() {
  if (isSigned()) openNext();
  else act("sign", document.body);
}

const isSigned = () => document.getElementById("editor")?.dataset.signed === "true";

/** @param {KeyboardEvent} event @param {Voice} voice @returns {boolean} whether the key was ours */
function pressed(event, voice) {
  const at = /** @type {HTMLElement} */ (event.target);
  const wanted = Object.keys(BY_KEY).find((each) => isKey(event, each));
  if (wanted) {
    BY_KEY[wanted](at);
    return true;
  }
  if (event.key === "Escape" && voice.isTalking()) {
    voice.finish();
    return true;
  }
  if (typing(event) || !at.classList?.contains("statement")) return false;
  return onSentence(event, at);
}

/** @param {KeyboardEvent} event @param {HTMLElement} at @returns {boolean} */
function onSentence(event, at) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case "Enter":
    case " ":
      if (mayEdit()) editSentence(at);
      return true;
    case "Delete":
      if (mayEdit()) removeSentence(at);
      return true;
    case "ArrowRight":
    case "ArrowDown":
      step(at, 1);
      return true;
    case "ArrowLeft":
    case "ArrowUp":
      step(at, -1);
      return true;
  }
  return false;
}

/** @param {HTMLElement} at @param {number} by */
function step(at, by) {
  const all = sentences();
  all[all.indexOf(at) + by]?.focus();
}

/** @returns {HTMLElement[]} */
const sentences = () => [...document.querySelectorAll("#editor .statement")].map((each) => /** @type {HTMLElement} */ (each));

/** One stop of Tab for each section; arrows go from sentence to sentence. */
export function setStops() {
  for (const part of document.querySelectorAll("#editor .prose")) {
    part.querySelectorAll(".statement").forEach((each, n) => each.setAttribute("tabindex", n ? "-1" : "0"));
  }
}

function lastSaid() {
  return sentences().filter((each) => each.dataset.origin === "dictated" && !each.dataset.typed).at(-1);
}

/** From one place that takes words to the next: sections, fields, what is being typed. @param {1 | -1} by */
export function stepField(by) {
  const all = [...document.querySelectorAll(STOPS)].map((each) => /** @type {HTMLElement} */ (each));
  const at = document.activeElement;
  const here = all.findIndex((each) => each === at || each.closest(".prose")?.contains(at));
  const next = here >= 0 ? here + by : by > 0 ? 0 : all.length - 1;
  all[(next + all.length) % all.length]?.focus();
}

const STOPS = '#editor .statement[tabindex="0"], #editor .field :is(input, select):enabled, #editor textarea';

let blocker = -1;

/** The next flag that must be cleared, and its place in the report. */
export function nextBlocker() {
  const all = [...document.querySelectorAll("#checks .flags > li[data-severity]")];
  const loud = all.filter((each) => "blocks" in /** @type {HTMLElement} */ (each).dataset);
  const found = loud.length ? loud : all;
  if (!found.length) return;
  blocker = (blocker + 1) % found.length;
  const flag = /** @type {HTMLElement} */ (found[blocker]);
  const place = /** @type {HTMLElement | null} */ (flag.querySelector("[data-act=go]"))?.dataset.place;
  flag.scrollIntoView({ block: "nearest" });
  if (place) goTo(place);
  else flag.focus();
}

/** @param {"accept" | "reject"} what of the finding in focus, or of the first one proposed */
function decideAi(what) {
  const near = document.activeElement?.closest("#ai li");
  const at = near ?? document.querySelector('#ai li[data-state="proposed"]');
  const button = /** @type {HTMLElement | null} */ (at?.querySelector(`[data-act="${what}"]`) ?? null);
  if (button) act(what, button);
}
