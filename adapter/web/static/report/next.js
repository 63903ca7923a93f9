/** When a report is done: the study that comes next in the list that this one was opened from. */

import { fromServer, LIST, tell } from "../dom.js";
import { accession } from "./api.js";

const place = /** @type {HTMLElement} */ (document.getElementById("next"));

/** Offer it; Enter then opens it. */
export async function offerNext() {
  const asked = new URLSearchParams(sessionStorage.getItem(LIST) ?? "");
  asked.set("but", accession);
  const answer = await fetch("/worklist/next", { method: "POST", body: asked });
  if (!answer.ok) return;
  place.replaceChildren(fromServer(await answer.text()));
  const link = place.querySelector("a");
  link?.focus();
  tell(link?.textContent ?? "");
}

/** Open it, or offer it first. */
export async function openNext() {
  const link = place.querySelector("a");
  if (link) link.click();
  else await offerNext();
}
