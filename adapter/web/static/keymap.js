/** Which key does what, as this person has chosen: `<body data-keys>` holds act -> key. */

/** @type {Record<string, string>} */
const keys = JSON.parse(document.body.dataset.keys ?? "{}");

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph"]);

/** The name of a key press, such as "Ctrl Enter"; empty: a modifier alone. @param {KeyboardEvent} event */
export function keyName(event) {
  const { key } = event;
  if (!key || MODIFIERS.has(key)) return "";
  const held = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : ""].filter(Boolean);
  const isSign = key.length === 1;
  if (event.shiftKey && (!isSign || held.length)) held.push("Shift");
  return [...held, isSign && held.length ? key.toUpperCase() : key].join(" ");
}

/** @param {KeyboardEvent} event @param {string} act @returns {boolean} */
export const isKey = (event, act) => keyName(event) === keys[act];

/** Whether the letting go of a key ends what this act began, whatever is held with it. @param {KeyboardEvent} event @param {string} act */
export const isLetGo = (event, act) => event.key.toUpperCase() === (keys[act] ?? "").split(" ").at(-1)?.toUpperCase();

/** The key of an act, for people. @param {string} act @returns {string} */
export const keyOf = (act) => keys[act] ?? "";
