import { type CompleteSetup, completeSetup } from "./types";

const scripts = "/usr/local/lib/platform";

export interface StoreMarker {
  /** Which store of the machine: `database`. */
  readonly store: string;
  /** What it is to serve, one line of plain words: `app`. */
  readonly serves: string;
  /** Bash that reads `$1`, a file with that line, and ends with `refuse TEXT` when data would stay behind. */
  readonly judge: string;
  /** The settings say that this very value may follow. */
  readonly accepted: boolean;
}

/** Path of the line that says what a store serves. */
export function markerPath(store: string): string {
  return `/etc/platform/stores/${store}`;
}

/** Command that judges a line in a file. */
export function judgeCommand(store: string): string {
  return `${scripts}/judge-${store}`;
}

/**
 * Remembers on the machine what a store serves. Another value is judged before anything else of the set-up is
 * written: an application that finds an empty store goes on without a word, and backups follow it. The stack's
 * state refuses such a change already in the preview, but states get lost, and parts are used without a platform.
 */
export function storeMarker({ store, serves, judge, accepted }: StoreMarker): CompleteSetup {
  const stage = "beforePackages";
  const marker = { path: markerPath(store), content: `${serves}\n`, stage } as const;
  const script = `#!/bin/bash
# Judges what the ${store} store is to serve, in the file $1.
set -euo pipefail
refuse() {
  echo "refuses to serve $1, the platform's data would stay behind: set it back, or move the data and accept the change (docs/operations.md, settings that data depends on)"
  exit 1
}
${judge}`;
  return completeSetup({
    files: [
      { path: judgeCommand(store), content: script, mode: "0755", stage },
      accepted ? marker : { ...marker, validate: `${judgeCommand(store)} "$1"` },
    ],
  });
}
