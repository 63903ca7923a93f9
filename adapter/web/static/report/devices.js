/**
 * Buttons of dictation microphones and foot controls by WebHID, through Google's
 * `dictation_support` (Apache-2.0, static/vendor). Tried on simulated devices only.
 */

import "../vendor/dictation_support.js";
import { tell } from "../dom.js";

/** @typedef {{talk: () => void, hush: () => void, replay: () => void, next: () => void, previous: () => void, flag: () => void, finish: () => void, sign: () => void}} Buttons */

/** @type {any} */
let manager = null;

/** Whether this browser can reach such devices. */
export const isPossible = () => "hid" in navigator;

/** Listen to devices that were allowed before. @param {Buttons} buttons */
export async function listenToDevices(buttons) {
  if (!isPossible()) return;
  const { DictationDeviceManager, ButtonEvent } = /** @type {any} */ (globalThis).DictationSupport;
  manager = new DictationDeviceManager();
  let before = 0;
  manager.addButtonEventListener((/** @type {any} */ _device, /** @type {number} */ now) => {
    const pressed = now & ~before;
    const released = before & ~now;
    before = now;
    if (pressed & ButtonEvent.RECORD) buttons.talk();
    if (released & ButtonEvent.RECORD || pressed & ButtonEvent.STOP) buttons.hush();
    if (pressed & (ButtonEvent.PLAY | ButtonEvent.REWIND)) buttons.replay();
    if (pressed & (ButtonEvent.FORWARD | ButtonEvent.CUSTOM_LEFT)) buttons.flag();
    if (pressed & ButtonEvent.TAB_FORWARD) buttons.next();
    if (pressed & ButtonEvent.TAB_BACKWARD) buttons.previous();
    if (pressed & (ButtonEvent.ENTER_SELECT | ButtonEvent.TRANSCRIBE)) buttons.finish();
    if (pressed & (ButtonEvent.EOL_PRIO | ButtonEvent.CUSTOM_RIGHT)) buttons.sign();
  });
  manager.addDeviceConnectedEventListener(() => tell("Dictation microphone connected."));
  await manager.init();
}

/** Let the person choose a device. */
export async function chooseDevice() {
  if (!isPossible()) return tell("This browser does not offer buttons of dictation microphones (WebHID).", true);
  await manager?.requestDevice();
}
