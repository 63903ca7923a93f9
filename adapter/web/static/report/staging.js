/** The strip in which words appear while they are spoken, with the commands as they act. */

import { tell } from "../dom.js";
import { make } from "./dialog.js";

const strip = /** @type {HTMLElement} */ (document.getElementById("staging"));
const line = /** @type {HTMLElement} */ (document.getElementById("line"));

/** @param {import("./live_text.js").LiveText} text */
export function showText(text) {
  const nodes = text.pieces().map((piece) =>
    "command" in piece
      ? make("span", { class: "chip info command" }, commandWords(piece.command))
      : make("span", { class: piece.sure ? "sure" : "unsettled" }, piece.text),
  );
  strip.replaceChildren(...nodes);
  strip.scrollTop = strip.scrollHeight;
  strip.classList.remove("settling");
}

/** The words are on their way into the report. */
export const settle = () => strip.classList.add("settling");

/** Nothing is being heard any more. */
export function clear() {
  strip.replaceChildren();
  strip.classList.remove("settling");
}

/** @param {string} words */
export function showLine(words) {
  line.textContent = words;
}

/** @param {import("./live_text.js").Command} command @returns {string} */
function commandWords(command) {
  const name = command.name.replaceAll("_", " ");
  return command.argument ? `${name}: ${command.argument}` : name;
}

/** A command has acted: say so, and lead the eye to its place. @param {import("./live_text.js").Command} command */
export function showCommand(command) {
  tell(`Command: ${commandWords(command)}`);
  if (command.name !== "go_to") return;
  const wanted = command.argument.toLowerCase();
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#editor .part"))) {
    const title = part.querySelector("h2")?.textContent?.toLowerCase() ?? "";
    const hit = title.includes(wanted) || wanted.includes(title);
    part.classList.toggle("target", hit);
    if (hit) part.scrollIntoView({ block: "nearest" });
  }
}
