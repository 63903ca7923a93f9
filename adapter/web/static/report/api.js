/** Calls of this server's HTTP interface, in the name of the person who has signed in. */

const root = /** @type {HTMLElement} */ (document.getElementById("reporting"));

export const accession = root.dataset.accession ?? "";
export const person = JSON.parse(root.dataset.person ?? "{}");

const study = `/api/studies/${encodeURIComponent(accession)}`;

/** What the server refused, as it says it (RFC 9457). */
export class Refused extends Error {
  /** @param {number} status @param {Record<string, any>} problem */
  constructor(status, problem) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

/** @type {Set<() => void>} */
const farewells = new Set();

/** Call back when the session is over. @param {() => void} listener */
export function onSignedOut(listener) {
  farewells.add(listener);
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
async function ask(path, init) {
  const answer = await fetch(path, { redirect: "manual", ...init });
  const sentAway = answer.status === 401 || answer.type === "opaqueredirect"; // a page leads to the entrance
  if (sentAway) farewells.forEach((each) => each());
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem);
}

/** Something of this study. @param {string} path below the study @returns {Promise<any>} */
export async function read(path) {
  return (await ask(study + path)).json();
}

/** A part of this page, as markup that the server has rendered. @param {string} path @returns {Promise<string>} */
export async function markup(path) {
  const place = `/studies/${encodeURIComponent(accession)}${path}`;
  return (await ask(place, { headers: { Accept: "text/html" } })).text();
}

/** Do something to this study. @param {string} path @param {Record<string, any>} [body] @returns {Promise<any>} */
export async function post(path, body = {}) {
  const answer = await ask(study + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ person, ...body }),
  });
  return answer.json();
}

/** The version of the report on the screen; 0: there is none. @returns {number} */
export function shownVersion() {
  return Number(document.getElementById("editor")?.dataset.version ?? 0);
}
