/**
 * Writing a sentence anew, or a new one into a section.
 *
 * What is typed is kept in this browser as it is typed, so that a crash loses nothing. An edit names
 * the version that was read; when somebody else was faster both versions are shown.
 */

import { tell } from "../dom.js";
import { accession, post, read, Refused, shownVersion } from "./api.js";
import { ask, make } from "./dialog.js";
import * as outbox from "./outbox.js";
import { refresh } from "./regions.js";

/** @param {string} target @returns {HTMLElement | null} */
const sentence = (target) => document.getElementById(`st-${target}`);

/** Edit a sentence in its place. @param {HTMLElement} at @param {string} [draft] @param {number} [version] */
export function editSentence(at, draft, version = shownVersion()) {
  const target = at.dataset.id ?? "";
  open(at, `Text of: ${at.dataset.text}`, draft ?? at.dataset.text ?? "", target, version, (text) =>
    saveEdit(target, text, version),
  );
}

/** Take a sentence out. @param {HTMLElement} at */
export const removeSentence = (at) => saveEdit(at.dataset.id ?? "", "", shownVersion());

/** Type into a section. @param {HTMLElement} button @param {string} [draft] */
export function typeInto(button, draft = "") {
  const title = button.dataset.title ?? "";
  open(button, `New text for ${title}`, draft, `+${title}`, 0, (text) => typeWords(`${title}: ${text}`));
}

/** Words go the way of spoken ones; commands among them act. @param {string} text */
export async function typeWords(text) {
  await post("/text", { text, key: crypto.randomUUID() });
}

/** @param {string} target @param {string} text @param {number} version */
export async function saveEdit(target, text, version) {
  try {
    await post("/report/edit", { target, text, version });
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "stale") throw error;
    await settleStale(target, text, error);
  }
}

/** @param {string} target @param {string} mine @param {Refused} error */
async function settleStale(target, mine, error) {
  const theirs = error.problem.current || "(taken out)";
  const chosen = await ask(
    "Somebody changed this sentence while you did",
    [
      make("p", {}, error.message),
      make("div", { class: "sides" },
        make("div", {}, make("span", { class: "chip" }, "Theirs"), make("p", {}, theirs)),
        make("div", {}, make("span", { class: "chip info" }, "Yours"), make("p", {}, mine || "(taken out)"))),
    ],
    [{ value: "theirs", words: "Keep theirs" }, { value: "mine", words: "Use mine", main: true }],
  );
  if (chosen === "mine") await insist(target, mine, error.problem.current);
}

/** Write over what was seen; it may still be on its way into the report. @param {string} target @param {string} mine @param {string} seen */
async function insist(target, mine, seen) {
  for (let tries = 0; ; tries++) {
    const { version } = await read("/report");
    try {
      await post("/report/edit", { target, text: mine, version });
      return;
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "stale") throw error;
      if (error.problem.current !== seen) return settleStale(target, mine, error);
      if (tries > 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/**
 * @param {HTMLElement} at what the box stands in for @param {string} label @param {string} text
 * @param {string} target @param {number} version @param {(text: string) => Promise<void>} save
 */
function open(at, label, text, target, version, save) {
  const box = /** @type {HTMLTextAreaElement} */ (
    make("textarea", { "aria-label": label, rows: "1", maxlength: "20000", spellcheck: true })
  );
  const hint = make("span", { class: "muted small" }, "Enter saves, Esc leaves it as it was");
  const holder = make("span", { class: "editing", "data-editing": target }, box, hint);
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
  };
  const close = () => {
    holder.replaceWith(at);
    at.focus();
    outbox.dropDraft(accession, target);
    refresh();
  };
  const commit = async () => {
    if (!box.value.trim() || box.value.trim() === at.dataset.text) return close();
    box.readOnly = true;
    try {
      await save(box.value.trim());
      if (at.dataset.text) at.textContent = box.value.trim();
      close();
    } catch (error) {
      box.readOnly = false;
      hint.textContent = `Not saved: ${/** @type {Error} */ (error).message}. It is kept in this browser.`;
      tell(hint.textContent, true);
    }
  };
  box.value = text;
  box.addEventListener("input", () => {
    grow();
    outbox.saveDraft(accession, target, box.value, version);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      commit();
    }
  });
  at.replaceWith(holder);
  grow();
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

/** Open again what was being typed when the page went away. */
export async function resumeDrafts() {
  for (const each of await outbox.drafts(accession)) {
    const isNew = each.target.startsWith("+");
    const at = isNew
      ? /** @type {HTMLElement | null} */ (
          document.querySelector(`button[data-act=type][data-title="${CSS.escape(each.target.slice(1))}"]`)
        )
      : sentence(each.target);
    if (!at) continue;
    tell("What you were typing is here again.");
    if (isNew) typeInto(at, each.text);
    else editSentence(at, each.text, each.version);
  }
}
