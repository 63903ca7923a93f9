/** Who said a sentence, and how it sounded: shown when it is focused or pointed at. */

import { keyOf } from "../keymap.js";
import { accession, read, shownVersion } from "./api.js";
import { make } from "./dialog.js";

const ORIGINS = {
  dictated: "Dictated", template: "From the template", ai: "AI finding, accepted by a person",
  edited: "Edited", elsewhere: "Signed in another system",
};

/** @type {Promise<Map<string, any>> | null} */
let sources = null;
let version = -1;
let shown = "";
const player = new Audio();
let stopAt = Infinity;

player.addEventListener("timeupdate", () => {
  if (player.currentTime >= stopAt) player.pause();
});

/** @returns {Promise<Map<string, any>>} */
function known() {
  if (!sources || version !== shownVersion()) {
    version = shownVersion();
    sources = read("/provenance").then(
      (found) => new Map(found.statements.map((/** @type {any} */ each) => [each.id, each])),
      () => new Map(),
    );
  }
  return sources;
}

/** @param {HTMLElement} at a sentence */
export async function showSource(at) {
  const id = at.dataset.id ?? "";
  shown = id;
  const found = (await known()).get(id);
  if (shown !== id) return;
  const card = document.getElementById("source");
  card?.replaceChildren(make("h2", {}, "Source"), ...(found ? lines(found) : [make("p", { class: "none" }, "Not known yet.")]));
}

/** @param {any} found @returns {Node[]} */
function lines(found) {
  const origin = found.origin === "dictated" && !found.ms ? "Typed" : ORIGINS[/** @type {keyof typeof ORIGINS} */ (found.origin)];
  const rows = [make("p", {}, make("strong", {}, origin ?? found.origin), make("span", { class: "muted" }, ` · ${found.text}`))];
  const add = (/** @type {string} */ words) => rows.push(make("p", { class: "muted small" }, words));
  if (found.person) add(`By ${found.person}`);
  if (found.dictation && found.ms) add(`${found.dictation}, ${seconds(found.ms[0])} to ${seconds(found.ms[1])}`);
  else if (found.dictation) add(found.dictation);
  if (found.words?.length) rows.push(heard(found.words));
  if (found.template) add(`Template ${found.template}`);
  if (found.prior) add(`Prior ${found.prior}`);
  if (found.model) add(`${found.model} ${found.model_version ?? ""}`);
  if (found.dictation && found.ms) {
    rows.push(make("button", {
      type: "button", "data-act": "listen", "data-dictation": found.dictation,
      "data-from": String(found.ms[0]), "data-to": String(found.ms[1]),
    }, "Listen "));
    rows.at(-1)?.append(make("kbd", {}, keyOf("replay")));
  }
  return rows;
}

/** The words as they were heard; the least sure is marked. @param {any[]} words */
function heard(words) {
  const place = make("p", { class: "heard small" });
  for (const each of words) {
    const doubtful = each.confidence < 0.6;
    place.append(
      make(doubtful ? "mark" : "span", doubtful ? { class: "unsure" } : {}, each.text), " ",
    );
  }
  place.title = `least sure ${Math.round(Math.min(...words.map((each) => each.confidence)) * 100)} %`;
  return place;
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Play a stretch of a dictation. @param {string} dictation @param {number} from ms @param {number} to ms */
export async function listen(dictation, from, to) {
  const place = `/api/studies/${encodeURIComponent(accession)}/dictations/${encodeURIComponent(dictation)}/audio`;
  const url = new URL(place, location.href).href;
  stopAt = to / 1000 + 0.05;
  if (player.src !== url) player.src = url;
  if (player.readyState < 1) await new Promise((resolve) => player.addEventListener("loadedmetadata", resolve, { once: true }));
  player.currentTime = Math.max(0, from / 1000 - 0.05);
  await player.play();
}

/** Play a sentence again. @param {HTMLElement} at */
export async function replay(at) {
  const found = (await known()).get(at.dataset.id ?? "");
  if (found?.dictation && found.ms) await listen(found.dictation, found.ms[0], found.ms[1]);
}

/** Whether the player runs, for those who test. */
export const isPlaying = () => !player.paused;
