/**
 * Buttons of dictation microphones and foot controls by WebHID, through Google's
 * `dictation_support` (Apache-2.0, static/vendor). Not tried on the devices themselves.
 */

import "../vendor/dictation_support.js";
import { tell } from "../dom.js";

/** @typedef {{talk: () => void, hush: () => void, replay: () => void, next: () => void, previous: () => void, finish: () => void}} Buttons */

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
    if (pressed & (ButtonEvent.TAB_FORWARD | ButtonEvent.FORWARD)) buttons.next();
    if (pressed & ButtonEvent.TAB_BACKWARD) buttons.previous();
    if (pressed & (ButtonEvent.EOL_PRIO | ButtonEvent.ENTER_SELECT)) buttons.finish();
  });
  manager.addDeviceConnectedEventListener(() => tell("Dictation microphone connected."));
  await manager.init();
}

/** Let the person choose a device. */
export async function chooseDevice() {
  if (!isPossible()) return tell("This browser does not offer buttons of dictation microphones (WebHID).", true);
  await manager?.requestDevice();
}
