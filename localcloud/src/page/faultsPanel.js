// All faults in force, and the forms of those that belong to no server.
/** @import { CloudState, FaultRequest, FaultStatus } from "../contract/control" */
import { faultItems } from "./details.js";
import { byId, replaceContents } from "./dom.js";
import { createDuration, createFaultForm } from "./faultForm.js";
import { apiFault, hostFailure, usualSeconds } from "./faultForms.js";

/**
 * @param {object} options
 * @param {(request: FaultRequest) => Promise<unknown>} options.send
 * @param {(fault: FaultStatus) => void} options.end
 */
export function createFaultsPanel({ send, end }) {
  const list = byId("faults", HTMLUListElement);
  const none = byId("no-faults", HTMLElement);
  const error = byId("faults-error", HTMLElement);
  const heading = byId("faults-heading", HTMLElement);
  const forms = byId("general-faults", HTMLElement);
  const duration = createDuration("general-duration", usualSeconds);
  forms.append(
    duration.root,
    ...[apiFault, hostFailure].map((form) =>
      createFaultForm({ form, server: "", others: [], seconds: duration.seconds, send }),
    ),
  );
  let shown = "";
  return {
    /** @param {CloudState} state */
    render({ faults }) {
      none.hidden = faults.length > 0;
      const now = JSON.stringify(faults);
      if (now === shown) return;
      shown = now;
      error.textContent = "";
      replaceContents(list, heading, faultItems(faults, end));
    },
    /** @param {string} message */
    fail(message) {
      error.textContent = message;
    },
    focus() {
      const first = forms.querySelector("select");
      first?.scrollIntoView({ block: "nearest" });
      first?.focus();
    },
  };
}
