/** What the buttons of the page do: each carries its `data-act`. */

import { fromServer, tell } from "../dom.js";
import { markup, person, post, Refused, shownVersion } from "./api.js";
import { ask, askWords, make } from "./dialog.js";
import { editSentence, saveEdit, typeInto, typeWords } from "./editing.js";
import { isLocked, takeOver, TAKE_OVER } from "./guard.js";
import { readBack } from "./read_back.js";
import { refresh } from "./regions.js";
import * as signing from "./signing.js";
import { listen } from "./source.js";

/** @typedef {DOMStringMap} Data */

/** @param {string} what @param {Data} data @param {Record<string, any>} [more] */
const decide = (what, data, more = {}) =>
  post(`/report/${what}`, { target: data.ai ?? data.flag, version: shownVersion(), ...more });

/** @type {Record<string, (data: Data, at: HTMLElement) => Promise<any> | void>} */
const ACTS = {
  accept: (data) => decide("accept", data),
  reject: (data) => decide("reject", data),
  restore: (data) => decide("restore", data),
  "edit-ai": async (data) => {
    const text = await askWords("Edit the AI finding", "Text as it goes into the report", "Take it so", data.text);
    if (text) await saveEdit(data.ai ?? "", text, shownVersion());
  },
  keep: (data) => decide("reject", data),
  take: async (data) => {
    await decide("accept", data);
    await saveEdit(data.statement ?? "", "", shownVersion());
  },
  dismiss: async (data) => {
    const reason = await askWords("Put this check aside", "Why? It is kept with the report.", "Put aside");
    if (reason) await decide("dismiss", data, { reason });
  },
  go: (data) => goTo(data.place ?? ""),
  listen: (data) => listen(data.dictation ?? "", Number(data.from), Number(data.to)),
  type: (_data, at) => typeInto(at),
  "read-back": () => readBack(),
  "take-over": () => takeOver(),
  templates: chooseTemplate,
  "hand-back": () => signing.handBack(),
  recall: () => signing.recall(),
  addendum: () => signing.addendum(),
  correct: () => signing.correct(),
  retract: () => signing.retract(),
  "release-summary": releaseSummary,
};

/** Lead to a place in the report. @param {string} place */
export function goTo(place) {
  const at = document.getElementById(`st-${place}`) ?? document.getElementById(place);
  at?.scrollIntoView({ block: "center" });
  at?.focus();
}

/** @param {Data} data */
async function releaseSummary(data) {
  const choices = [{ value: "", words: "Cancel" }, { value: "go", words: "Release", main: true }];
  const told = make("p", {}, "You have read it. It is kept with your name; a change of the report withdraws it.");
  if ((await ask("Let the patient have this summary?", [told], choices)) !== "go") return;
  await post("/summary/release", { version: Number(data.version) });
  tell("Released.");
}

async function chooseTemplate() {
  const content = fromServer(await markup("/templates"));
  const choices = [{ value: "", words: "Cancel" }, { value: "go", words: "Use it", main: true }];
  const select = /** @type {HTMLSelectElement} */ (content.querySelector("select"));
  if ((await ask("Template", [make("p", {}, "What was dictated is laid out anew."), select], choices)) === "go") {
    await typeWords(`Apply template ${select.value.replaceAll("_", " ")}.`);
  }
}

/** @param {() => Promise<void>} settled waits until all words are in the report */
export function listenToButtons(settled) {
  const sign = { sign: signing.sign, "wet-read": signing.wetRead, "hand-over": signing.handOver };
  for (const [name, act] of Object.entries(sign)) ACTS[name] = () => act(settled);
  document.addEventListener("click", (event) => {
    const at = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("button[data-act]"));
    if (at) act(at.dataset.act ?? "", at);
  });
  document.addEventListener("dblclick", (event) => {
    const at = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest(".statement"));
    if (at && mayEdit()) editSentence(at);
  });
  document.addEventListener("change", (event) => change(/** @type {HTMLInputElement} */ (event.target)));
  document.addEventListener("input", ({ target }) => {
    const form = /** @type {HTMLElement} */ (target).closest("form[data-act]");
    if (form) form.setAttribute("data-touched", "");
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.dataset.act !== "communicate") return;
    event.preventDefault();
    guarded(() => communicate(form));
  });
}

/** Whether the report takes changes from this page. */
export const mayEdit = () => document.getElementById("editor")?.dataset.open === "true" && !isLocked();

/** What who only reads may do. */
const READING = new Set(["go", "listen", "read-back", "take-over"]);

/** @param {string} name @param {HTMLElement} at */
export function act(name, at) {
  const work = ACTS[name];
  if (work && isLocked() && !READING.has(name)) tell(TAKE_OVER, true);
  else if (work) guarded(async () => work(at.dataset, at));
}

/** @param {HTMLInputElement | HTMLSelectElement} at a field or the macros */
function change(at) {
  if (at.dataset.act && isLocked()) return tell(TAKE_OVER, true);
  if (at.dataset.act === "macro" && at.value) {
    const name = at.value;
    at.value = "";
    guarded(() => typeWords(`Insert macro ${name.replaceAll("_", " ")}.`));
  }
  if (at.dataset.act === "field" && at.value !== at.dataset.was) {
    const bare = /^[\d.,\s x×]+$/.test(at.value) && at.dataset.unit;
    const text = bare ? `${at.value.trim()} ${at.dataset.unit}` : at.value.trim();
    guarded(() => saveEdit(at.dataset.field ?? "", text, shownVersion()));
  }
}

/** @param {HTMLFormElement} form */
async function communicate(form) {
  const told = Object.fromEntries(new FormData(form));
  const moment = (/** @type {any} */ text) => (text ? new Date(text) : new Date()).toISOString();
  await post("/communications", {
    finding: told.finding, receiver: told.receiver, method: told.method, sender: person, person: undefined,
    identified_at: moment(told.identified_at), received_at: moment(told.received_at),
  });
  form.removeAttribute("data-touched");
  form.reset();
  tell("Recorded.");
}

/** Do something; what the server refuses is said where the eye is. @param {() => any} work */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError)) throw error;
    const stale = error instanceof Refused && error.code === "stale";
    const words = stale ? `${error.message}. What stands now is shown; decide again.` : /** @type {Error} */ (error).message;
    await ask("Not done", [make("p", { class: "note" }, words)], [{ value: "", words: "Close", main: true }]);
  }
  await refresh().catch(() => {});
}
