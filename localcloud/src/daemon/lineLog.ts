import { appendFileSync, chmodSync, closeSync, openSync } from "node:fs";

/** How long a line may wait for others, in milliseconds. */
const pauseMs = 50;

/** A file of lines, only for its owner to read; lines that come together are written together. */
export interface LineLog {
  write(line: string): void;
  /** Writes what still waits. */
  close(): void;
}

/**
 * Opens the file at its end; it is made when missing. A kill loses the lines of the last 50 ms at most.
 *
 * @param onProblem told when lines cannot be written: they are lost, the program goes on
 */
export function openLineLog(path: string, onProblem: (problem: string) => void): LineLog {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    try {
      // By its name, so that a log that was moved away begins anew.
      appendFileSync(path, lines, { mode: 0o600 });
    } catch (error) {
      onProblem(`lines of ${path} are lost: ${String(error)}`);
    }
  };
  return {
    write(line) {
      waiting += `${line}\n`;
      timer ??= setTimeout(flush, pauseMs).unref();
    },
    close: flush,
  };
}
