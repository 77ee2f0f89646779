const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** What asks a process to end: Ctrl-C, and everybody else. */
export type EndSignal = keyof typeof exitCodes;

/**
 * Calls back at the first signal that asks this process to end; a second one ends it at once.
 *
 * The listeners stay, where `process.once` takes each away before it calls it: execa brings signal-exit, which looks in
 * that moment whether anybody else listens and ends the process when nobody does, in the middle of its clean-up
 * (findings/signal-exit-ends-a-process-that-listens-once.sh).
 *
 * @returns what ends the listening
 */
export function whenSignalled(act: (signal: EndSignal) => void): () => void {
  let isSecond = false;
  const listener = (signal: EndSignal) => {
    if (isSecond) process.exit(exitCodes[signal]);
    isSecond = true;
    act(signal);
  };
  const signals = Object.keys(exitCodes) as EndSignal[];
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** The same as a signal for what can be aborted. @param tell is called before */
export function stopSignal(tell: (signal: EndSignal) => void): AbortSignal {
  const stop = new AbortController();
  whenSignalled((signal) => {
    tell(signal);
    stop.abort(new Error("stopped"));
  });
  return stop.signal;
}
