/**
 * Small helpers that every module may use.
 *
 * The policy of the pages (Trusted Types) lets no string become markup but through `fromServer`,
 * and that takes only what this server has rendered. Text goes in by `textContent`.
 */

const policy = globalThis.trustedTypes?.createPolicy("readout", { createHTML: (html) => html });

/** Where a tab keeps which part of the worklist it has shown: no search, no name. */
export const LIST = "readout-list";

/** @param {string} html markup that this server rendered @returns {DocumentFragment} */
export function fromServer(html) {
  const holder = document.createElement("template");
  holder.innerHTML = policy ? policy.createHTML(html) : html;
  return holder.content;
}

/** Say something to those who listen; `urgent` interrupts. @param {string} words @param {boolean} [urgent] */
export function tell(words, urgent = false) {
  const place = document.getElementById(urgent ? "alarm" : "told");
  if (place) place.textContent = words;
}

/** Whether a key press belongs to what is being typed. @param {KeyboardEvent} event */
export function typing(event) {
  const at = /** @type {HTMLElement} */ (event.target);
  return at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName);
}

/** Show moments in the time of the place: `<time datetime>` comes in UTC. @param {ParentNode} root */
export function localTimes(root) {
  for (const each of root.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(each.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) continue;
    const pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
    const day = `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
    each.setAttribute("title", each.textContent ?? "");
    each.textContent = `${day} ${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
  }
}
