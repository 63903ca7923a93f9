/** Reads the report aloud by the browser's own speech, sentence by sentence. */

import { tell } from "../dom.js";

/** Read it, or stop reading. */
export function readBack() {
  const speech = window.speechSynthesis;
  if (!speech) return tell("This browser cannot read aloud.", true);
  if (speech.speaking || speech.pending) return speech.cancel();
  for (const part of document.querySelectorAll("#editor .part")) {
    const sentences = /** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll(".statement"));
    if (!sentences.length) continue;
    speech.speak(new SpeechSynthesisUtterance(part.querySelector("h2")?.textContent ?? ""));
    for (const each of sentences) {
      const said = new SpeechSynthesisUtterance(each.dataset.text ?? "");
      said.onstart = () => each.classList.add("spoken");
      said.onend = () => each.classList.remove("spoken");
      speech.speak(said);
    }
  }
}
