import { ports } from "./ports";
import { type CompleteSetup, completeSetup } from "./types";
import { keepRunning } from "./unit";

/** Offered by the machine that takes the journals of all machines. */
export const logsOffer = "logs";

/** systemd-journal-remote. */
export const journalPort = ports.journal;

const uploadPath = "/etc/systemd/journal-upload.conf.d/platform.conf";
const uploadDropIn = keepRunning({
  unit: "systemd-journal-upload.service",
  // The archive may be set up later than this machine, or be down for a while.
  serviceLines: ["RestartSec=2"],
});

/** Sends the journal to the log archive of the platform; what it could not send waits in the journal. */
export function journalSetup(archive: string): CompleteSetup {
  return completeSetup({
    packages: ["systemd-journal-remote"],
    files: [{ path: uploadPath, content: `[Upload]\nURL=http://${archive}:${journalPort}\n` }, uploadDropIn],
    units: [{ name: "systemd-journal-upload.service", reads: [uploadPath, uploadDropIn.path] }],
  });
}
