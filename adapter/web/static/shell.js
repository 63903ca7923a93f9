/** Runs on every page: local times, the theme without a new page, `?` for help. */

import { localTimes, typing } from "./dom.js";

localTimes(document);

const themes = /** @type {HTMLFormElement | null} */ (document.querySelector("form.theme"));
themes?.addEventListener("submit", (event) => {
  const chosen = /** @type {HTMLButtonElement} */ (event.submitter);
  const body = new FormData(themes, chosen);
  event.preventDefault();
  for (const each of themes.querySelectorAll("button")) {
    each.setAttribute("aria-pressed", String(each === chosen));
  }
  if (chosen.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.value;
  fetch(themes.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (body)), redirect: "manual" });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "?" && !typing(event) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    location.href = "/help";
  }
});
