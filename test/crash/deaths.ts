import assert from "node:assert/strict";
import type { SeenRequest } from "../support/answerProxy";
import type { CrashLab } from "./crashLab";
import { crashProgram } from "./crashProgram";

/** `unheard`: before the request arrives; `unanswered`: after its effect; `answered`: while its action works. */
type Instant = "unheard" | "unanswered" | "answered";

/** At which request the daemon dies. */
export interface Death {
  /** Of the program that runs. */
  readonly version: 1 | 2;
  readonly method: "POST" | "DELETE";
  readonly path: RegExp;
  readonly instant: Instant;
}

/** In the order in which the runs meet them. */
export const deaths: readonly Death[] = [
  { version: 1, method: "POST", path: /\/servers$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/attach_to_network$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/volumes\/\d+\/actions\/attach$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/floating_ips\/\d+\/actions\/assign$/, instant: "answered" },
  { version: 2, method: "DELETE", path: /\/servers\/\d+$/, instant: "unanswered" },
  { version: 2, method: "POST", path: /\/servers$/, instant: "answered" },
  { version: 2, method: "POST", path: /\/volumes\/\d+\/actions\/detach$/, instant: "unheard" },
];

/** The first of each instant: what the gate tries. */
export const oneOfEachInstant = deaths.filter(
  ({ instant }, n) => deaths.findIndex((other) => other.instant === instant) === n,
);

/**
 * Runs both versions of the program, with a daemon that dies once at each of these requests, and repairs after each
 * run that failed.
 *
 * @throws when more than that is needed, or a request was never made
 */
export async function runThrough(lab: CrashLab, planned: readonly Death[]): Promise<void> {
  const left = new Set(planned);
  let version = 1;
  const dies = async (seen: SeenRequest, instants: readonly Instant[]) => {
    const death = [...left].find((one) => one.version === version && meets(one, seen, instants));
    if (death === undefined) return "pass";
    left.delete(death);
    await lab.killDaemon();
    return death.instant === "answered" ? "pass" : "lose";
  };
  lab.proxy.arrival = (seen) => dies(seen, ["unheard"]);
  lab.proxy.fate = (seen) => dies(seen, ["unanswered", "answered"]);
  for (version of [1, 2]) {
    lab.stack.workspace.program = crashProgram(version);
    // Each death ends one run at most, and a run that meets none succeeds.
    const told: string[] = [];
    for (let runs = 0; !(await succeeded(lab.stack.up(), told)); runs++) {
      assert.ok(runs <= planned.length, `another run is all that it takes:\n${told.join("\n")}`);
      told.push(...(await lab.repair()));
    }
  }
  assert.deepEqual([...left], [], "every request was met");
}

function meets(death: Death, { method, path }: SeenRequest, instants: readonly Instant[]): boolean {
  return (
    death.method === method &&
    instants.includes(death.instant) &&
    death.path.test(path.split("?", 1)[0] ?? "")
  );
}

/** Whether a run ended well; notes its errors. */
async function succeeded(run: Promise<unknown>, told: string[]): Promise<boolean> {
  return run.then(
    () => true,
    ({ message }: Error) => {
      told.push(message.slice(message.indexOf("Diagnostics:"), message.indexOf("Resources:")));
      return false;
    },
  );
}
