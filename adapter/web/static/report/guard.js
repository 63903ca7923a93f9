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

/** Whether this person has the study open. @returns {boolean} */
export const isMine = () => mine;

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
    claim(false).catch(() => {});
    setInterval(() => claim(false).catch(() => {}), BEAT_MS);
    addEventListener("pagehide", () => {
      if (!mine) return;
      const body = new Blob([JSON.stringify({ person })], { type: "application/json" });
      navigator.sendBeacon(`/api/studies/${encodeURIComponent(accession)}/unlock`, body);
    });
  }
  onNews((news) => {
    if (news.accession === accession && news.what.startsWith("taken over")) claim(false).catch(() => {});
    if (news.kind === "context") follow(isBusy).catch(() => {});
  });
}

/** The viewer, or another program, has gone to another study. @param {() => boolean} isBusy */
async function follow(isBusy) {
  const answer = await fetch("/api/context", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const context = await answer.json();
  const other = context.accession ?? "";
  if (!other || other === accession) return;
  const busy = isBusy();
  const words = busy
    ? "You are dictating. What you have said and say here stays with this study."
    : "Nothing of this study moves with it.";
  const chosen = await ask(
    "The context changed to another study",
    [
      make("p", {}, make("strong", {}, other), context.patient ? ` ${context.patient}` : ""),
      make("p", { class: busy ? "note danger" : "note" }, words),
    ],
    [{ value: "", words: `Stay with ${accession}`, main: busy }, { value: "go", words: `Open ${other}`, main: !busy }],
  );
  if (chosen === "go") location.assign(`/studies/${encodeURIComponent(other)}`);
}
