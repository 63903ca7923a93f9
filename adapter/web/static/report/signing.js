/** From a prepared report to a signed one, and what may follow it. */

import { fromServer, tell } from "../dom.js";
import { markup, post, Refused, shownVersion } from "./api.js";
import { ask, askWords, make } from "./dialog.js";
import { offerNext } from "./next.js";
import { refresh } from "./regions.js";

/** @returns {string[]} what must be cleared first */
const blockers = () => words("#checks .flags > li[data-blocks] > .words");

/** @returns {string[]} what may stay open, and is told once more */
const doubts = () => words('#checks .flags > li[data-severity="warn"]:not([data-blocks]) > .words');

/** @param {string} place @returns {string[]} */
const words = (place) => [...document.querySelectorAll(place)].map((each) => each.textContent ?? "");

/** @param {string} told @param {string[]} lines @param {string} kind */
const note = (told, lines, kind) =>
  make("div", { class: `note ${kind}` }, make("p", {}, told), make("ul", {}, ...lines.map((each) => make("li", {}, each))));

/** @param {string} kind @returns {Promise<Node>} what each destination would get */
async function preview(kind) {
  return fromServer(await markup(`/preview?kind=${kind}`));
}

/** Show what would leave, and sign. @param {() => Promise<void>} settled waits until all words are in the report */
export async function sign(settled) {
  await settled();
  await refresh();
  const version = shownVersion();
  if (!version) return tell("There is no report to sign yet.", true);
  const standing = blockers();
  const open = doubts();
  const content = [
    standing.length
      ? note(`Clear ${standing.length} first, or dismiss with a reason:`, standing, "danger")
      : make("p", { class: "note good" }, "No check stands in the way."),
    ...(open.length ? [note("Still open; you can sign all the same:", open, "")] : []),
    make("p", {}, "This is what leaves when you sign:"),
    await preview("final"),
  ];
  const choices = [{ value: "", words: "Not yet" }];
  const main = { value: "sign", words: "Sign as final", main: true, disabled: standing.length > 0 };
  if ((await ask("Sign the report", content, [...choices, main])) !== "sign") return;
  const done = await attempt(() => post("/report/sign", { version }), "Signed. The answers of the receivers follow.");
  if (done) await offerNext();
}

/** @param {() => Promise<any>} act @param {string} done @returns {Promise<boolean>} whether it was done */
export async function attempt(act, done) {
  try {
    await act();
    tell(done);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await ask("Not done", [make("p", { class: "note" }, error.message)], [{ value: "", words: "Close", main: true }]);
    return false;
  } finally {
    await refresh();
  }
}

/** Release it as a preliminary interpretation. @param {() => Promise<void>} settled */
export async function wetRead(settled) {
  await settled();
  await refresh();
  const version = shownVersion();
  const content = [make("p", {}, "It leaves as preliminary under your name:"), await preview("preliminary")];
  const choices = [{ value: "", words: "Cancel" }, { value: "go", words: "Release wet read", main: true }];
  if ((await ask("Wet read", content, choices)) !== "go") return;
  await attempt(() => post("/report/wet-read", { version }), "Released as preliminary.");
}

/** Hand it to the one who signs. @param {() => Promise<void>} settled */
export async function handOver(settled) {
  await settled();
  await refresh();
  const version = shownVersion();
  const to = /** @type {HTMLInputElement} */ (make("input", { maxlength: "100", placeholder: "anybody who signs" }));
  const content = [make("label", { class: "stacked" }, "Who is to sign", to)];
  const choices = [{ value: "", words: "Cancel" }, { value: "go", words: "Hand over", main: true }];
  if ((await ask("Hand over for signature", content, choices)) !== "go") return;
  if (await attempt(() => post("/report/hand-over", { version, to: to.value.trim() }), "Handed over.")) await offerNext();
}

/** Do not sign, and say why. */
export async function handBack() {
  const reason = await askWords("Hand back", "What is to be changed?", "Hand back");
  if (reason) await attempt(() => post("/report/hand-back", { reason }), "Handed back.");
}

/** Go on with what was handed over. */
export const recall = () => attempt(() => post("/report/recall"), "It is yours again.");

/** Add to a signed report. */
export async function addendum() {
  const text = await askWords("Addendum", "Text of the addendum", "Add and send");
  if (text) await attempt(() => post("/report/addendum", { text }), "The addendum is on its way.");
}

/** Take a signed report back: it was entered in error. */
export async function retract() {
  const reason = await askWords("Retract the signed report", "Why was it entered in error? Every receiver is told to take it back.", "Retract");
  if (reason) await attempt(() => post("/report/retract", { reason }), "The retraction is on its way.");
}

/** Correct sentences of a signed report. */
export async function correct() {
  const version = shownVersion();
  const sentences = [...document.querySelectorAll("#editor .statement")].map((each) => /** @type {HTMLElement} */ (each));
  const boxes = sentences.map((each) => {
    const box = /** @type {HTMLTextAreaElement} */ (make("textarea", { rows: "1", maxlength: "20000" }));
    box.value = each.dataset.text ?? "";
    return { id: each.dataset.id ?? "", was: box.value, box };
  });
  const labels = boxes.map(({ id, box }) => make("label", { class: "stacked" }, make("span", { class: "unseen" }, id), box));
  const content = [
    make("p", {}, "Change what is wrong; an empty box takes the sentence out. The report leaves as corrected."),
    make("div", { class: "corrections" }, ...labels),
  ];
  const choices = [{ value: "", words: "Cancel" }, { value: "go", words: "Correct and send", main: true }];
  if ((await ask("Correct the signed report", content, choices)) !== "go") return;
  const changed = boxes.filter(({ was, box }) => box.value.trim() !== was);
  const changes = Object.fromEntries(changed.map(({ id, box }) => [id, box.value.trim()]));
  if (!changed.length) return tell("Nothing was changed.");
  await attempt(() => post("/report/correct", { version, changes }), "The corrected report is on its way.");
}
