/**
 * Against the wrong patient and against each other: who has the study open, and what to do when the
 * viewer goes to another one. Audio never moves: a recording belongs to where it was begun.
 */

import { tell } from "../dom.js";
import { onNews } from "../live.js";
import { accession, person, post } from "./api.js";
import { ask, make } from "./dialog.js";
import { refresh } from "./regions.js";

const BEAT_MS = 30_000;

let mine = false;
/** Whether the context has changed since the page was opened. */
let moved = false;
/** The topic that this person's programs share, as last heard. */
let topic = "";
/** What the others show that is not this study, as last heard: which study, since when. */
let elsewhere = "";
/** What the person has seen of that, and said that the dictation stays here all the same. */
let answered = "";
/** Questions come one after the other; each looks anew when its turn comes. @type {Promise<boolean>} */
let asking = Promise.resolve(true);

export const TAKE_OVER = "Somebody else has this study open; take it over first.";

/** Whether somebody else has the study open. @returns {boolean} */
export const isLocked = () => document.body.classList.contains("locked");

/** @param {boolean} takeOver */
async function claim(takeOver) {
  const held = await post("/lock", { take_over: takeOver });
  const had = mine;
  mine = held.person.id === person.id;
  document.body.classList.toggle("locked", !mine);
  if (mine === had) return;
  if (!mine) tell(`${held.person.given} ${held.person.family} has this study open.`, true);
  await refresh();
}

/** Take the study from who has it open. */
export const takeOver = () => claim(true);

/** @param {boolean} isOpen whether there is something to report @param {() => boolean} isBusy whether words are under way */
export function watch(isOpen, isBusy) {
  if (isOpen) {
    const atLoad = contexts();
    claim(false).then(() => (mine ? lead(atLoad) : undefined)).catch(() => {});
    setInterval(() => claim(false).catch(() => {}), BEAT_MS);
    addEventListener("pagehide", () => {
      if (!mine) return;
      const body = new Blob([JSON.stringify({ person })], { type: "application/json" });
      navigator.sendBeacon(`/api/studies/${encodeURIComponent(accession)}/unlock`, body);
    });
  }
  onNews((news) => {
    if (news.accession === accession && news.what.startsWith("taken over")) claim(false).catch(() => {});
    if (news.kind !== "context") return;
    moved = true;
    follow(isBusy).catch(() => {});
  });
}

/**
 * @typedef {{person: string, accession: string, asked: string, state: string, reason: string,
 *   connection: string, hub: string, topic: string, changed_at: string}} Context
 */

/** The sessions of this person at FHIRcast hubs, the latest change first. @returns {Promise<Context[]>} */
async function contexts() {
  const answer = await fetch("/api/context", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return [];
  /** @type {{contexts: Context[]}} */
  const found = await answer.json();
  const ours = found.contexts.filter((each) => !each.person || each.person === person.id);
  ours.sort((a, b) => b.changed_at.localeCompare(a.changed_at));
  topic = ours.find((each) => each.connection === "connected")?.topic ?? "";
  const other = shownElsewhere(ours);
  elsewhere = other ? `${other.asked} ${other.changed_at}` : "";
  return ours;
}

/** @param {Context[]} ours @returns {Context | undefined} */
const shownElsewhere = (ours) => ours.find((each) => each.asked && each.asked !== accession);

/** The topic that a new dictation names, so that the server can refuse it in another study. @returns {string} */
export const dictationTopic = () => (elsewhere && elsewhere === answered ? "" : topic);

/** Tell the other programs which study is open here, unless they have moved on since. @param {Promise<Context[]>} atLoad */
async function lead(atLoad) {
  for (const each of await atLoad) {
    if (moved || each.connection !== "connected" || each.asked === accession) continue;
    const body = JSON.stringify({ hub: each.hub, topic: each.topic, accession });
    await fetch("/api/context/open", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  }
}

/**
 * The viewer, or another program, has gone to another study.
 * @param {() => boolean} isBusy @returns {Promise<boolean>} whether this page stays with its own
 */
export function follow(isBusy) {
  asking = asking.catch(() => true).then((stays) => stays && question(isBusy));
  return asking;
}

/** @param {() => boolean} isBusy @returns {Promise<boolean>} */
async function question(isBusy) {
  const other = shownElsewhere(await contexts());
  if (!other || elsewhere === answered) return true;
  const seen = elsewhere;
  const busy = isBusy();
  const words = busy
    ? "You are dictating. What you have said and say here stays with this study."
    : "Nothing of this study moves with it.";
  const known = other.state !== "waiting" && other.state !== "refused";
  const go = { value: "go", words: `Open ${other.asked}`, main: !busy && known, disabled: !known };
  const content = [
    make("p", {}, "The other programs show ", make("strong", {}, other.asked), "."),
    make("p", { class: busy ? "note danger" : "note" }, words),
  ];
  if (other.reason) content.push(make("p", { class: "note danger" }, other.reason));
  const stay = { value: "", words: `Stay with ${accession}`, main: !go.main };
  if ((await ask("The context changed to another study", content, [stay, go])) === "go") {
    location.assign(`/studies/${encodeURIComponent(other.asked)}`);
    return false;
  }
  answered = seen;
  return true;
}
