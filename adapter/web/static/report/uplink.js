/**
 * One recording on its way to the server, by the protocol of deploy/live_dictation.md.
 *
 * Samples are in the outbox before they are sent and stay there until they are acknowledged. When
 * the line breaks it is opened again and goes on at the sample that the server asks for.
 */

import * as outbox from "./outbox.js";

const AGAIN_MS = [300, 1_000, 2_000, 5_000, 10_000];
const MOST_BUFFERED = 1 << 20;

/**
 * @typedef {{ready?: () => void, text?: (message: any) => void, line?: (words: string) => void,
 *   final?: (message: any) => void, lost?: (words: string) => void, elsewhere?: () => void,
 *   topic?: () => string}} Listener `topic`: of the shared context in which a recording begins;
 *   `elsewhere`: that context shows another study, and the recording waits for `insist`
 */

export class Uplink {
  /** @param {outbox.Recording} recording @param {Listener} listener */
  constructor(recording, listener) {
    this.recording = recording;
    this.listener = listener;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.ready = false;
    this.sent = 0;
    this.tries = 0;
    this.over = false;
    this.pumping = false;
    this.paused = false;
    this.waits = false;
    this.timer = 0;
    this.storing = Promise.resolve();
    /** Samples that are recorded and not stored yet. @type {outbox.Piece[]} */
    this.unstored = [];
    this.stored = recording.length;
    /** @type {() => void} */
    this.ended = () => {};
    /** Settled once nothing more is to be done. */
    this.whenOver = /** @type {Promise<void>} */ (new Promise((resolve) => (this.ended = resolve)));
    this.connect();
  }

  /** Keep samples, then send them. @param {ArrayBuffer} pcm */
  add(pcm) {
    const { recording } = this;
    const piece = { recording: recording.id, first: recording.length, pcm };
    recording.length += pcm.byteLength / 2;
    this.paused = false;
    this.unstored.push(piece);
    this.storing = this.storing
      .then(() => this.store())
      .then(() => this.pump(), (error) => this.listener.lost?.(`This browser keeps no samples: ${error.message}`));
  }

  /** All that waits at once: a slow disk makes the steps longer, not the queue. */
  async store() {
    const pieces = this.unstored.splice(0);
    const last = pieces.at(-1);
    if (!last) return;
    await outbox.add({ ...this.recording, length: outbox.end(last) }, pieces);
    this.stored = outbox.end(last);
  }

  /** Keep what is known of the recording, with the length that is stored. */
  keep() {
    return outbox.keep({ ...this.recording, length: this.stored });
  }

  /** No samples for a while: the last words are told at once. */
  pause() {
    this.paused = true;
    this.storing.then(() => this.pump());
  }

  /** The recording is over. */
  finish() {
    this.recording.ended = true;
    this.storing = this.storing.then(() => this.keep()).then(() => this.pump());
  }

  /** Look again now, as after signing in or when the network is back. */
  hurry() {
    if (this.over || this.socket || this.waits) return;
    this.tries = 0;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Go on although the shared context shows another study: the person has said so. */
  insist() {
    this.waits = false;
    this.hurry();
  }

  /** Leave it to another page. */
  close() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.ended();
  }

  connect() {
    const { accession, author } = this.recording;
    const place = new URL(`/api/studies/${encodeURIComponent(accession)}/dictate`, location.href);
    place.protocol = place.protocol.replace("http", "ws");
    place.searchParams.set("author", author);
    const topic = this.recording.session ? "" : this.listener.topic?.();
    if (topic) place.searchParams.set("topic", topic);
    const socket = new WebSocket(place);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.say({ type: "start", session: this.recording.session });
    socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    socket.onclose = () => this.broken();
  }

  /** @param {object} message */
  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  broken() {
    this.socket = null;
    this.ready = false;
    if (this.over || this.waits) return;
    const wait = AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)];
    this.listener.line?.("No connection: the recording is kept in this browser and sent when it is back.");
    this.timer = window.setTimeout(() => this.connect(), wait);
  }

  /** @param {any} message */
  async hear(message) {
    const { recording, listener } = this;
    switch (message.type) {
      case "ready":
        recording.session = message.session;
        await this.keep();
        this.sent = recording.base + message.have;
        this.tries = 0;
        this.ready = true;
        listener.line?.("");
        listener.ready?.();
        await outbox.acknowledged(recording.id, this.sent);
        await this.pump();
        break;
      case "ack":
        await outbox.acknowledged(recording.id, recording.base + message.have);
        break;
      case "final":
        await this.settled(message);
        break;
      case "error":
        await this.refused(message);
        break;
      default:
        listener.text?.(message);
    }
  }

  /** The server has a dictation of it; samples that came later begin another one. @param {any} message */
  async settled(message) {
    const { recording } = this;
    await this.store();
    const rest = recording.length > this.sent && !(await this.isAllSent());
    if (rest) {
      await this.beginAnew();
      return;
    }
    this.over = true;
    this.socket?.close();
    await outbox.done(recording.id);
    this.ended();
    this.listener.final?.(message);
  }

  async isAllSent() {
    return (await outbox.pieces(this.recording.id, this.sent)).length === 0;
  }

  /** What the server does not have goes into a new session, as its first samples. */
  async beginAnew() {
    const { recording } = this;
    await this.store();
    const [first] = await outbox.pieces(recording.id, 0);
    recording.session = null;
    recording.base = first ? first.first : recording.length;
    await this.keep();
    this.socket?.close();
  }

  /** @param {{code: string, detail: string}} error */
  async refused(error) {
    if (error.code === "session" || error.code === "gap") {
      await this.beginAnew();
    } else if (error.code === "context") {
      this.waits = true;
      this.listener.line?.("The other programs show another study; the recording waits.");
      this.listener.elsewhere?.();
    } else if (error.code === "taken") {
      this.close();
      this.listener.lost?.("Another page goes on with this recording.");
    } else if (!["idle", "try-again", "too-long"].includes(error.code)) {
      this.listener.line?.(error.detail);
    }
  }

  /** Send what is kept and not sent yet; one at a time. */
  async pump() {
    if (this.pumping || !this.ready) return;
    this.pumping = true;
    try {
      let more = true;
      while (more && this.ready) {
        const waiting = await outbox.pieces(this.recording.id, this.sent);
        for (const piece of waiting) await this.sendPiece(piece);
        more = waiting.length > 0;
      }
      if (!this.ready) return;
      if (this.recording.ended) this.say({ type: "stop" });
      else if (this.paused) this.say({ type: "pause" });
      this.paused = false;
    } finally {
      this.pumping = false;
    }
  }

  /** @param {outbox.Piece} piece */
  async sendPiece(piece) {
    while (this.socket && this.socket.bufferedAmount > MOST_BUFFERED) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) {
      this.ready = false;
      return;
    }
    const frame = new Uint8Array(8 + piece.pcm.byteLength);
    new DataView(frame.buffer).setBigUint64(0, BigInt(piece.first - this.recording.base));
    frame.set(new Uint8Array(piece.pcm), 8);
    socket.send(frame);
    this.sent = piece.first + piece.pcm.byteLength / 2;
  }
}
