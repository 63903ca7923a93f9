/**
 * What must outlive this page, in IndexedDB: samples until the server has them on disk, and drafts
 * of edits until they are saved. Everything is kept by recording or by accession.
 *
 * @typedef {{id: string, accession: string, author: string, session: string | null, base: number,
 *   length: number, ended: boolean, at: number}} Recording `base`: the sample of the recording that
 *   is sample 0 of the server's session; `length`: samples so far
 * @typedef {{recording: string, first: number, pcm: ArrayBuffer}} Piece
 * @typedef {{key: string, accession: string, target: string, text: string, version: number}} Draft
 */

const NAME = "readout-reporting";
const LONGEST_PIECE = 16_000; // samples

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("recordings", { keyPath: "id" });
      asked.result.createObjectStore("pieces", { keyPath: ["recording", "first"] });
      asked.result.createObjectStore("drafts", { keyPath: "key" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * @template T
 * @param {string[]} stores @param {IDBTransactionMode} mode
 * @param {(tx: IDBTransaction) => IDBRequest<T> | null} work
 * @returns {Promise<T>} once it is stored
 */
async function within(stores, mode, work) {
  const tx = (await database()).transaction(stores, mode);
  return new Promise((resolve, reject) => {
    const request = work(tx);
    tx.oncomplete = () => resolve(/** @type {T} */ (request?.result));
    tx.onerror = tx.onabort = () => reject(tx.error ?? new Error("not stored"));
  });
}

/** @param {string} recording @param {number} from @param {number} to */
const between = (recording, from, to) => IDBKeyRange.bound([recording, from], [recording, to]);

/** @param {Recording} recording */
export const keep = (recording) =>
  within(["recordings"], "readwrite", (tx) => tx.objectStore("recordings").put(recording));

/** @returns {Promise<Recording[]>} every recording that the server does not have whole */
export const recordings = () =>
  within(["recordings"], "readonly", (tx) => tx.objectStore("recordings").getAll());

/** The recording as it is with these pieces. @param {Recording} recording @param {Piece[]} pieces */
export const add = (recording, pieces) =>
  within(["recordings", "pieces"], "readwrite", (tx) => {
    for (const piece of pieces) tx.objectStore("pieces").put(piece);
    return tx.objectStore("recordings").put(recording);
  });

/** @param {Piece} piece @returns {number} the sample behind its last one */
export const end = (piece) => piece.first + piece.pcm.byteLength / 2;

/** Some pieces that hold samples from `from` on. @param {string} recording @param {number} from @returns {Promise<Piece[]>} */
export const pieces = async (recording, from) => {
  const range = between(recording, Math.max(0, from - LONGEST_PIECE), Number.MAX_SAFE_INTEGER);
  const found = await within(["pieces"], "readonly", (tx) => tx.objectStore("pieces").getAll(range, 200));
  return found.filter((/** @type {Piece} */ each) => end(each) > from);
};

/** Forget samples that the server has. @param {string} recording @param {number} have */
export const acknowledged = (recording, have) =>
  within(["pieces"], "readwrite", (tx) => {
    const walk = tx.objectStore("pieces").openCursor(between(recording, 0, have));
    walk.onsuccess = () => {
      const at = walk.result;
      if (!at) return;
      if (end(at.value) <= have) at.delete();
      at.continue();
    };
    return null;
  });

/** The server has all of it. @param {string} recording */
export const done = (recording) =>
  within(["recordings", "pieces"], "readwrite", (tx) => {
    tx.objectStore("pieces").delete(between(recording, 0, Number.MAX_SAFE_INTEGER));
    return tx.objectStore("recordings").delete(recording);
  });

/** @param {string} accession @param {string} target @param {string} text @param {number} version */
export const saveDraft = (accession, target, text, version) =>
  within(["drafts"], "readwrite", (tx) =>
    tx.objectStore("drafts").put({ key: `${accession}\n${target}`, accession, target, text, version }),
  );

/** @param {string} accession @param {string} target */
export const dropDraft = (accession, target) =>
  within(["drafts"], "readwrite", (tx) => tx.objectStore("drafts").delete(`${accession}\n${target}`));

/** @param {string} accession @returns {Promise<Draft[]>} */
export const drafts = async (accession) => {
  const all = await within(["drafts"], "readonly", (tx) => tx.objectStore("drafts").getAll());
  return all.filter((/** @type {Draft} */ each) => each.accession === accession);
};
