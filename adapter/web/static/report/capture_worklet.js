/**
 * Samples of the microphone as PCM16 at 16,000 a second, 50 ms at a time, with their level.
 *
 * Where the browser gives another rate they are brought to it: a running mean over one new sample
 * holds back what the lower rate cannot carry, then the place between two means is taken.
 */

const RATE = 16_000;
const FRAME = 800;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.width = Math.max(1, Math.round(this.step));
    /** @type {number[]} */
    this.recent = [];
    this.sum = 0;
    this.before = 0;
    this.position = 0;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.square = 0;
    this.talking = false;
    this.port.onmessage = ({ data }) => {
      this.talking = data === "talk";
      if (!this.talking) this.flush();
    };
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const channel = inputs[0]?.[0];
    if (channel && this.talking) for (const sample of channel) this.take(sample);
    return true;
  }

  /** @param {number} sample */
  take(sample) {
    if (this.step === 1) {
      this.put(sample);
      return;
    }
    this.recent.push(sample);
    this.sum += sample;
    if (this.recent.length > this.width) this.sum -= /** @type {number} */ (this.recent.shift());
    const mean = this.sum / this.recent.length;
    while (this.position < 1) {
      this.put(this.before + (mean - this.before) * this.position);
      this.position += this.step;
    }
    this.position -= 1;
    this.before = mean;
  }

  /** @param {number} sample */
  put(sample) {
    const held = Math.max(-1, Math.min(1, sample));
    this.frame[this.filled] = Math.round(held * 32_767);
    this.square += held * held;
    if (++this.filled === FRAME) this.flush();
  }

  flush() {
    if (!this.filled) return;
    const pcm = this.frame.slice(0, this.filled).buffer;
    this.port.postMessage({ pcm, level: Math.sqrt(this.square / this.filled) }, [pcm]);
    this.filled = 0;
    this.square = 0;
  }
}

registerProcessor("capture", Capture);
