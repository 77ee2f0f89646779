// A visitor is a process of its own, which is to go when whoever started it does.

/**
 * Aborted by SIGTERM, after which the visitor lets come what it waits for. When the other end of its standard input is
 * gone nobody will read what it has seen, and it ends at once.
 */
export function whenStopped(): AbortSignal {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  process.stdin.on("end", () => process.exit(1));
  process.stdin.on("error", () => process.exit(1));
  process.stdin.resume();
  return stop.signal;
}
