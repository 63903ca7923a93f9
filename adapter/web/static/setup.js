/** Checks a mapping file while it is edited, and shows what it comes to. */

import { fromServer } from "./dom.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("edit"));
const result = /** @type {HTMLElement} */ (document.getElementById("result"));
const WAIT_MS = 500;
let due = 0;

form.addEventListener("input", () => {
  clearTimeout(due);
  due = setTimeout(check, WAIT_MS);
});

async function check() {
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  const answer = await fetch("/setup/check", { method: "POST", body });
  if (answer.ok) result.replaceChildren(fromServer(await answer.text()));
}

/** Tab indents within the text; Escape, then Tab, leaves it. */
let leaving = false;
form.addEventListener("keydown", (event) => {
  const source = /** @type {HTMLTextAreaElement} */ (event.target);
  if (source.id !== "source" || source.readOnly) return;
  if (event.key === "Escape") leaving = true;
  if (event.key !== "Tab" || event.shiftKey || leaving) return void (event.key === "Tab" && (leaving = false));
  event.preventDefault();
  source.setRangeText("  ", source.selectionStart, source.selectionEnd, "end");
});
