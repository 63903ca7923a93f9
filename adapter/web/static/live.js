/**
 * What changes on the server, by `/events` (server-sent events).
 *
 * A page names the change it was made at in `<main data-since="…">`; the stream goes on behind it,
 * so that nothing falls between. While a tab is hidden its stream is closed: a browser keeps few.
 */

/** @typedef {{kind: string, accession: string, what: string, detail?: string}} News */

/** @type {Set<(news: News) => void>} */
const listeners = new Set();
/** @type {Set<(connected: boolean) => void>} */
const watchers = new Set();
/** @type {EventSource | null} */
let source = null;
let last = "";

const KINDS = ["study", "delivery", "destination", "context", "mapping", "ai-source", "reset"];

/** Call back with each change. @param {(news: News) => void} listener */
export function onNews(listener) {
  listeners.add(listener);
  last ||= document.querySelector("[data-since]")?.getAttribute("data-since") ?? "";
  if (!source && !document.hidden) open();
}

/** Call back when the stream is lost and when it is back. @param {(connected: boolean) => void} watcher */
export function onLine(watcher) {
  watchers.add(watcher);
}

function open() {
  source = new EventSource(last ? `/events?after=${last}` : "/events");
  source.onopen = () => watchers.forEach((each) => each(true));
  source.onerror = () => {
    watchers.forEach((each) => each(false));
    // an answer that is no stream, such as that the session is over, ends it for good: ask again
    if (source?.readyState === EventSource.CLOSED) again();
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      last = event.lastEventId;
      const news = { accession: "", what: "", ...JSON.parse(event.data), kind };
      listeners.forEach((each) => each(news));
    });
  }
}

function close() {
  source?.close();
  source = null;
}

function again() {
  close();
  setTimeout(() => !source && !document.hidden && listeners.size && open(), 10_000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else if (listeners.size && !source) open();
});
