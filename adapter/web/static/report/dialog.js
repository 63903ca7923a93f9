/** The one dialog of the page: asks something and answers what was chosen. */

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("dialog"));
const place = /** @type {HTMLElement} */ (document.getElementById("asked"));

/** @type {((answer: string | null) => void) | null} */
let waiting = null;

/** @param {string | null} answer */
function finish(answer) {
  const resolve = waiting;
  waiting = null;
  place.replaceChildren();
  resolve?.(answer || null);
}

// The event comes later than the closing: by then the next question may stand there.
dialog.addEventListener("close", () => dialog.open || finish(dialog.returnValue));

/**
 * An element with its attributes and children; text goes in as text.
 * @param {string} tag @param {Record<string, string | boolean>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * Ask, with any content between the title and the choices.
 * @param {string} title @param {(Node | string)[]} content
 * @param {{value: string, words: string, main?: boolean, disabled?: boolean}[]} choices
 * @returns {Promise<string | null>} the value chosen; null: closed
 */
export function ask(title, content, choices) {
  if (dialog.open) {
    dialog.close("");
    finish(null);
  }
  const buttons = choices.map((each) =>
    make(
      "button",
      {
        type: "submit", value: each.value, class: each.main ? "main" : "quiet", disabled: Boolean(each.disabled),
        formnovalidate: each.value === "",
      },
      each.words,
    ),
  );
  const form = make(
    "form", { method: "dialog" }, make("h2", { id: "asked-title" }, title), ...content,
    make("div", { class: "choices" }, ...buttons),
  );
  place.replaceChildren(form);
  dialog.returnValue = "";
  return new Promise((resolve) => {
    waiting = resolve;
    dialog.showModal();
    /** @type {HTMLElement | null} */ (form.querySelector("textarea, input, button.main:enabled"))?.focus();
  });
}

/** Ask for some words. @param {string} title @param {string} label @param {string} go @param {string} [text] @returns {Promise<string | null>} */
export async function askWords(title, label, go, text = "") {
  const box = /** @type {HTMLTextAreaElement} */ (make("textarea", { rows: "4", required: true, maxlength: "1000" }));
  box.value = text;
  const chosen = await ask(title, [make("label", { class: "stacked" }, label, box)], [
    { value: "", words: "Cancel" },
    { value: "go", words: go, main: true },
  ]);
  return chosen ? box.value.trim() : null;
}

/** Whether it is open. @returns {boolean} */
export const isAsking = () => dialog.open;
