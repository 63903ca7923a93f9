/** The microphone: opened at the first word, kept open for the next ones, let go when idle. */

const IDLE_MS = 600_000;
const RATE = 16_000;

export class Microphone {
  /**
   * @param {(pcm: ArrayBuffer, level: number) => void} listener samples, while somebody talks
   * @param {() => void} lost the microphone has gone while somebody talked
   */
  constructor(listener, lost) {
    this.listener = listener;
    this.lost = lost;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioWorkletNode | null} */
    this.node = null;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {Promise<void> | null} */
    this.opening = null;
    /** @type {Promise<void>} */
    this.prepared = Promise.resolve();
    this.idle = 0;
    this.talking = false;
  }

  /** Let samples come. Throws what the browser says when there is no microphone, or it may not. */
  async talk() {
    clearTimeout(this.idle);
    this.talking = true;
    try {
      await (this.opening ??= this.open());
      if (!this.stream?.active) throw new DOMException("it was unplugged", "NotFoundError");
    } catch (error) {
      this.talking = false;
      this.opening = null;
      throw error;
    }
    await this.context?.resume();
    if (this.talking) this.node?.port.postMessage("talk");
  }

  /** No more samples; those that are in flight still come. */
  hush() {
    this.talking = false;
    this.node?.port.postMessage("hush");
    this.idle = window.setTimeout(() => this.close(), IDLE_MS);
  }

  /** Open it before the first word, where that was allowed before: no word is cut then. */
  async warm() {
    const allowed = await navigator.permissions?.query({ name: /** @type {any} */ ("microphone") });
    if (allowed?.state === "granted" && !this.stream) await (this.opening ??= this.open());
  }

  async open() {
    const asked = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    const [stream] = await Promise.all([navigator.mediaDevices.getUserMedia({ audio: asked }), this.prepare()]);
    this.stream = stream;
    for (const track of stream.getAudioTracks()) track.onended = () => this.unplugged();
    try {
      this.connect(stream);
    } catch { // this browser does not change the rate of a microphone: the worklet does
      this.context?.close();
      await this.prepare({});
      this.connect(stream);
    }
  }

  /** Everything that needs no permission. @param {AudioContextOptions} [options] */
  async prepare(options = { sampleRate: RATE }) {
    if (this.context && this.context.state !== "closed" && options.sampleRate) return this.prepared;
    this.context = new AudioContext({ ...options, latencyHint: "interactive" });
    this.prepared = this.context.audioWorklet.addModule(new URL("./capture_worklet.js", import.meta.url));
    return this.prepared;
  }

  /** @param {MediaStream} stream */
  connect(stream) {
    const context = /** @type {AudioContext} */ (this.context);
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => this.listener(data.pcm, data.level);
    context.createMediaStreamSource(stream).connect(node);
    this.node = node;
    if (this.talking) node.port.postMessage("talk");
  }

  unplugged() {
    const cut = this.talking;
    this.close();
    if (cut) this.lost();
  }

  /** Let the microphone go. */
  close() {
    clearTimeout(this.idle);
    this.stream?.getTracks().forEach((each) => each.stop());
    this.context?.close();
    this.context = this.node = this.stream = this.opening = null;
    this.talking = false;
  }
}
