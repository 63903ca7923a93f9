/**
 * Talking into one study: the microphone, the recording, and the words as they come.
 *
 * A recording belongs to the accession under which it was begun, whatever the page shows later.
 */

import * as outbox from "./outbox.js";
import { Microphone } from "./capture.js";
import { LiveText } from "./live_text.js";
import { Uplink } from "./uplink.js";

const INTO_REPORT_MS = 2_500;
const LAST_SAMPLES_MS = 80;

/**
 * @typedef {"idle" | "opening" | "talking" | "paused" | "settling"} State
 * @typedef {{state: (state: State) => void, level: (level: number) => void, line: (words: string) => void,
 *   text: (text: LiveText) => void, command: (command: import("./live_text.js").Command) => void,
 *   final: (dictation: string | null) => void, topic: () => string, elsewhere: (insist: () => void) => void}} Listener
 */

export class Dictation {
  /** @param {string} accession @param {string} author @param {Listener} listener */
  constructor(accession, author, listener) {
    this.accession = accession;
    this.author = author;
    this.listener = listener;
    /** @type {State} */
    this.state = "idle";
    /** @type {Uplink | null} */
    this.uplink = null;
    /** @type {Set<Uplink>} */
    this.others = new Set();
    this.text = new LiveText();
    this.told = 0;
    this.timer = 0;
    this.microphone = new Microphone(
      (pcm, level) => this.hear(pcm, level),
      () => {
        this.hush();
        this.listener.line("The microphone has gone; what was said before is kept.");
      },
    );
  }

  /** @param {State} state */
  become(state) {
    this.state = state;
    this.listener.state(state);
  }

  /** Whether words are under way that the report does not hold yet. @returns {boolean} */
  get isBusy() {
    return this.state !== "idle";
  }

  /** Begin, or go on after a pause. */
  async talk() {
    if (this.isTalking) return;
    clearTimeout(this.timer);
    if (this.state === "settling") this.leave();
    performance.clearMarks("readout-heard");
    performance.mark("readout-talk");
    this.become("opening");
    if (!this.uplink) this.begin();
    try {
      await this.microphone.talk();
    } catch (error) {
      this.listener.line(whyNot(/** @type {DOMException} */ (error)));
      if (this.uplink?.recording.length) this.become("paused");
      else this.forget();
    }
  }

  /** Whether the microphone is on, or about to be. @returns {boolean} */
  get isTalking() {
    return this.state === "talking" || this.state === "opening";
  }

  /** No more words for now; what was said goes into the report soon, unless there are more. */
  hush() {
    if (!this.isTalking) return;
    this.microphone.hush();
    this.become("paused");
    setTimeout(() => this.uplink?.pause(), LAST_SAMPLES_MS);
    this.timer = window.setTimeout(() => this.finish(), INTO_REPORT_MS);
  }

  /** What was said goes into the report now. */
  finish() {
    if (!this.uplink || this.state === "settling") return;
    clearTimeout(this.timer);
    if (!this.uplink.recording.length && this.state === "opening") {
      this.microphone.hush();
      this.forget();
      return;
    }
    if (this.isTalking) this.microphone.hush();
    this.become("settling");
    const { uplink } = this;
    setTimeout(() => uplink.finish(), LAST_SAMPLES_MS);
  }

  /** Go on with what another visit has left in this browser. */
  async resume() {
    for (const each of await outbox.recordings()) {
      if (!each.length) {
        outbox.done(each.id);
        continue;
      }
      const mine = each.accession === this.accession && !each.ended && !this.uplink;
      this.hold(each.id, () => (mine ? this.adopt(each) : this.forward(each)));
    }
  }

  /** Look again at once whether the server can be reached. */
  hurry() {
    for (const each of [this.uplink, ...this.others]) each?.hurry();
  }

  begin() {
    const recording = {
      id: crypto.randomUUID(), accession: this.accession, author: this.author, session: null, base: 0,
      length: 0, ended: false, at: Date.now(),
    };
    const uplink = this.adopt(recording);
    this.hold(recording.id, () => uplink);
  }

  /** Only one page at a time sends a recording. @param {string} id @param {() => Uplink} work */
  hold(id, work) {
    if (!navigator.locks) {
      work();
      return;
    }
    navigator.locks.request(`readout-${id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      await work().whenOver;
    });
  }

  /** @param {outbox.Recording} recording @returns {Uplink} */
  adopt(recording) {
    const found = recording.length > 0;
    this.text = new LiveText();
    this.told = 0;
    const uplink = new Uplink(recording, {
      ready: () => {
        if (!found || this.state !== "paused") return;
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.finish(), INTO_REPORT_MS);
      },
      text: (message) => this.show(message, uplink),
      line: (words) => this.listener.line(words),
      lost: (words) => {
        this.listener.line(words);
        if (this.uplink === uplink) this.drop();
      },
      final: (message) => this.settled(message, uplink),
      topic: () => (found ? "" : this.listener.topic()),
      elsewhere: () => this.listener.elsewhere(() => uplink.insist()),
    });
    this.uplink = uplink;
    if (found) {
      this.listener.line("Going on with the dictation that was interrupted.");
      this.become("paused");
    }
    return uplink;
  }

  /** Send what belongs to another study, or is over already. @param {outbox.Recording} recording @returns {Uplink} */
  forward(recording) {
    const uplink = new Uplink(recording, {
      final: (message) => {
        this.others.delete(uplink);
        if (recording.accession === this.accession) this.listener.final(message.dictation);
      },
    });
    this.others.add(uplink);
    uplink.finish();
    return uplink;
  }

  /** Let what is settling settle by itself. */
  leave() {
    if (this.uplink) this.others.add(this.uplink);
    this.uplink = null;
  }

  /** @param {ArrayBuffer} pcm @param {number} level */
  hear(pcm, level) {
    if (this.state === "opening") {
      performance.mark("readout-heard");
      this.become("talking");
    }
    this.listener.level(level);
    this.uplink?.add(pcm);
  }

  /** @param {any} message @param {Uplink} uplink */
  show(message, uplink) {
    if (uplink !== this.uplink) return;
    this.text.take(message);
    this.listener.text(this.text);
    const { commands } = this.text.confirmed;
    for (const each of commands.slice(this.told)) this.listener.command(each);
    this.told = commands.length;
  }

  /** @param {any} message @param {Uplink} uplink */
  settled(message, uplink) {
    this.others.delete(uplink);
    this.listener.final(message.dictation);
    if (uplink !== this.uplink) return;
    this.show(message, uplink);
    this.drop();
  }

  /** Nothing was said. */
  forget() {
    const { uplink } = this;
    this.drop();
    uplink?.close();
    if (uplink) outbox.done(uplink.recording.id);
  }

  drop() {
    clearTimeout(this.timer);
    this.uplink = null;
    this.become("idle");
  }
}

/** @param {DOMException} error @returns {string} */
function whyNot(error) {
  if (error.name === "NotAllowedError") return "This page may not use the microphone: allow it in the address bar.";
  if (error.name === "NotFoundError") return "No microphone is connected.";
  return `The microphone cannot be opened: ${error.message}`;
}
