/** The reporting page: puts its parts together. */

import { tell } from "../dom.js";
import { onLine, onNews } from "../live.js";
import { listenToButtons } from "./acts.js";
import { accession, onSignedOut, person, shownVersion } from "./api.js";
import { make } from "./dialog.js";
import { chooseDevice, listenToDevices } from "./devices.js";
import { Dictation } from "./dictation.js";
import { resumeDrafts } from "./editing.js";
import { dictationTopic, follow, isLocked, TAKE_OVER, watch } from "./guard.js";
import { listenToKeys, nextBlocker, setStops, signOrNext, stepField } from "./keys.js";
import { onChange, refresh } from "./regions.js";
import * as staging from "./staging.js";
import { replay, showSource } from "./source.js";
import { readBack } from "./read_back.js";

const WORDS = { idle: "Talk", opening: "Wait…", talking: "Talking", paused: "Go on", settling: "Writing…" };

const talk = /** @type {HTMLButtonElement} */ (document.getElementById("talk"));
const finish = /** @type {HTMLButtonElement} */ (document.getElementById("finish"));
const level = /** @type {HTMLMeterElement} */ (document.getElementById("level"));
const mic = /** @type {HTMLElement} */ (document.getElementById("mic"));
const isOpen = document.getElementById("editor")?.dataset.open === "true";

let signedOut = false;

/** Dictations that the report does not hold yet. @type {Set<string>} */
const awaited = new Set();

document.body.dataset.voice = "idle";

const dictation = new Dictation(accession, person.id ?? "", {
  state(state) {
    document.body.dataset.voice = state;
    /** @type {HTMLElement} */ (document.getElementById("talk-word")).textContent = WORDS[state];
    talk.setAttribute("aria-pressed", String(dictation.isTalking));
    finish.hidden = state !== "paused" && state !== "talking";
    mic.textContent = state === "talking" ? "Microphone on" : "Microphone off";
    if (state !== "talking") level.value = 0;
    if (state === "settling") staging.settle();
    tell(state === "talking" ? "Microphone on" : state === "paused" ? "Microphone off" : "");
  },
  level(value) {
    level.value = Math.min(1, value * 4);
  },
  line(words) {
    if (words && signedOut) return;
    signedOut = false;
    staging.showLine(words);
    if (words) refresh().catch(() => {}); // finds out whether the session is over
  },
  text: staging.showText,
  command(command) {
    staging.showCommand(command);
    if (command.name === "read_back") readBack();
    if (command.name === "end_dictation" || command.name === "sign_report") dictation.finish();
  },
  final(made) {
    if (made) awaited.add(made);
    else staging.clear();
    refresh().catch(() => {});
  },
  topic: dictationTopic,
  elsewhere(insist) {
    follow(() => true).then((stays) => stays && insist()).catch(() => {});
  },
});

/** The words that were said are in the report once it names their dictation. */
function settleWords() {
  const editor = document.getElementById("editor");
  const held = new Set((editor?.dataset.dictations ?? "").split(" "));
  for (const each of awaited) if (held.has(each)) awaited.delete(each);
  if (!awaited.size && dictation.state === "idle") staging.clear();
}

/** @returns {Promise<void>} once all that was said is in the report */
async function settled() {
  dictation.finish();
  for (let tries = 0; tries < 100 && (dictation.isBusy || awaited.size); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (tries % 5 === 4) await refresh();
  }
}

const voice = {
  talk() {
    if (!isOpen) return tell("The report is signed; write an addendum.", true);
    if (isLocked()) return tell(TAKE_OVER, true);
    dictation.talk();
  },
  hush: () => dictation.hush(),
  isTalking: () => dictation.isTalking,
  finish: () => dictation.finish(),
};

talk.addEventListener("click", () => (voice.isTalking() ? voice.hush() : voice.talk()));
finish.addEventListener("click", () => dictation.finish());
document.getElementById("devices")?.addEventListener("click", () => chooseDevice());
listenToButtons(settled);
listenToKeys(voice);
listenToDevices({
  ...voice,
  replay: () => {
    const at = document.activeElement?.closest(".statement");
    if (at) replay(/** @type {HTMLElement} */ (at));
  },
  flag: nextBlocker,
  next: () => stepField(1),
  previous: () => stepField(-1),
  sign: signOrNext,
}).catch(() => {});

for (const kind of ["focusin", "mouseover"]) {
  document.addEventListener(kind, ({ target }) => {
    const at = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (target).closest?.(".statement") ?? null);
    if (at) showSource(at);
  });
}

// an archive that has no picture of it leaves the words alone
document.addEventListener("error", ({ target }) => /** @type {HTMLElement} */ (target).closest?.(".picture")?.remove(), true);

onChange(() => {
  setStops();
  settleWords();
  tick();
});
onNews((news) => {
  if (news.kind === "reset" || news.accession === accession) refresh().catch(() => {});
});
onLine((connected) => document.body.classList.toggle("offline", !connected));
onSignedOut(() => {
  if (signedOut) return;
  signedOut = true;
  const place = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  const words = make("span", {}, "Your session is over. What you said is kept in this browser: ");
  document.getElementById("line")?.replaceChildren(words, make("a", { href: place }, "sign in to go on"));
  tell("Your session is over; sign in to go on.", true);
});
for (const kind of ["online", "focus"]) addEventListener(kind, () => dictation.hurry());
addEventListener("beforeunload", (event) => {
  if (dictation.isTalking) event.preventDefault();
});

/** The time since the order, to the minute. */
function tick() {
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-clock]"))) {
    const minutes = Math.max(0, Math.round((Date.now() - Date.parse(each.dataset.clock ?? "")) / 60_000));
    const hours = Math.floor(minutes / 60);
    const days = Math.floor(hours / 24);
    each.textContent = days ? `${days} d ${hours % 24} h` : hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
  }
}

tick();
setInterval(tick, 30_000);
setStops();
watch(isOpen, () => dictation.isBusy || Boolean(document.querySelector("[data-editing]")));
if (shownVersion() || isOpen) resumeDrafts().catch(() => {});
if (isOpen) {
  dictation.microphone.prepare().catch(() => {});
  dictation.microphone.warm().catch(() => {});
}
dictation.resume().catch(() => staging.showLine("This browser keeps no recordings: do not close the page while you dictate."));
document.body.dataset.ready = "true";
