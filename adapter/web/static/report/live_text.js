/**
 * The written text of one dictation as the service tells it; deploy/live_dictation.md has the rules.
 *
 * @typedef {{name: string, argument: string, at: number, ms: [number, number]}} Command
 * @typedef {{from: number, text: string, held: string, commands_from: number, commands: Command[]}} Written
 * @typedef {{chars: string[], commands: Command[], held: string}} Shown
 */

/** @returns {Shown} */
const nothing = () => ({ chars: [], commands: [], held: "" });

export class LiveText {
  constructor() {
    this.confirmed = nothing();
    this.view = this.confirmed;
    /** Where the part that may still change begins, in code points. */
    this.sure = 0;
  }

  /** @param {{type: string, written: Written | null}} message partial, confirmed or final */
  take(message) {
    if (!message.written) return;
    if (message.type === "partial") {
      this.view = patched(this.confirmed, message.written);
      this.sure = Math.min(message.written.from, this.confirmed.chars.length);
      return;
    }
    const base = message.type === "final" ? nothing() : this.confirmed;
    this.confirmed = this.view = patched(base, message.written);
    this.sure = this.view.chars.length;
  }

  /** @returns {string} */
  get text() {
    return this.view.chars.join("");
  }

  /** Text and commands in their order. @returns {({text: string, sure: boolean} | {command: Command})[]} */
  pieces() {
    const { chars, commands, held } = this.view;
    /** @type {({text: string, sure: boolean} | {command: Command})[]} */
    const found = [];
    let at = 0;
    const upTo = (/** @type {number} */ end) => {
      for (const [from, to, sure] of /** @type {[number, number, boolean][]} */ ([
        [at, Math.min(end, this.sure), true],
        [Math.max(at, this.sure), end, false],
      ])) {
        if (from < to) found.push({ text: chars.slice(from, to).join(""), sure });
      }
      at = Math.max(at, end);
    };
    for (const command of [...commands].sort((a, b) => a.at - b.at)) {
      upTo(Math.min(command.at, chars.length));
      found.push({ command });
    }
    upTo(chars.length);
    if (held) found.push({ text: ` ${held}`, sure: false });
    return found;
  }
}

/** @param {Shown} base @param {Written} written @returns {Shown} */
function patched(base, written) {
  return {
    chars: [...base.chars.slice(0, written.from), ...written.text],
    commands: [...base.commands.slice(0, written.commands_from), ...written.commands],
    held: written.held ?? "",
  };
}
