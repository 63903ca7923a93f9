/** Choosing keys: press one instead of writing its name. */

import { tell } from "./dom.js";
import { keyName } from "./keymap.js";

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("keys"));
const PASSED = new Set(["Tab", "Shift Tab", "Escape", "Enter", ""]);

form?.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLInputElement} */ (event.target);
  const name = keyName(event);
  if (at.tagName !== "INPUT" || PASSED.has(name)) return;
  event.preventDefault();
  at.value = name === "Backspace" || name === "Delete" ? at.dataset.usual ?? "" : name;
  tell(at.value);
});
