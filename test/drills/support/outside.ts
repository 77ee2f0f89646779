// A program of ours in the namespace of the outside client, which says in lines what it sees.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import { namesOf } from "../../../localcloud/src/settings/names";
import { projectRoot } from "../../../scripts/localStack";
import { settings } from "../../e2e/support/cloud";

export interface Outside {
  /** What it has said so far. */
  said(): readonly string[];
  /** Resolves with its last line when it has ended. @throws when it failed */
  readonly ended: Promise<string>;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

/** @param file TypeScript with its path @param args handed to it as JSON */
export function runOutside(file: string, ...args: readonly unknown[]): Outside {
  const node = [process.execPath, "--import", "tsx", file, ...args.map((one) => JSON.stringify(one))];
  const running = execa("ip", ["netns", "exec", namesOf(settings).internet, ...node], {
    cwd: projectRoot,
    buffer: false,
    stderr: "inherit",
  });
  const lines: string[] = [];
  const reader = createInterface({ input: running.stdout ?? Readable.from([]) });
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([running, once(reader, "close")]).then(() => lines.at(-1) ?? "");
  // Whoever waits for it gets the error.
  ended.catch(() => {});
  // It takes the time that it needs to end.
  const signal = (name: "SIGTERM" | "SIGKILL") => void running.kill(name, { forceKillAfterTimeout: false });
  return { said: () => lines, ended, signal };
}
