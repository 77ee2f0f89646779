// The ACME server as a helper of the cloud. Which program it is, the daemon is told: a checkout builds it.
import { access, constants, mkdir, readFile } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import type { AcmeAnswer } from "../contract/control";
import { refuse } from "../contract/errors";
import { writeAtomically } from "../linux/files";
import { type Service, serviceHealth, supervise } from "../linux/services";
import { ensureAuthority } from "../machines/authority";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  acmeArguments,
  acmeConfiguration,
  acmeDirectory,
  acmeEnvironment,
  acmeManagement,
} from "./configuration";
import { keepRoot } from "./roots";

const serviceName = "acme";
const usualPatienceMs = 10_000;

/** What the control API asks of the ACME server. */
export interface AcmeServer {
  /**
   * Runs this program, also in later daemons. One that runs already goes on; the other one takes its place when it ends.
   *
   * @returns when it answers
   * @throws ControlError when there is no such program, and when it does not answer in time
   */
  begin(program: string): Promise<AcmeAnswer>;
}

export interface AcmeServerOptions {
  readonly settings: LocalCloudSettings;
  /** Ends the supervision. */
  readonly until: AbortSignal;
  readonly log: (line: string) => void;
  /** How long it may take to answer. @default 10_000 */
  readonly patienceMs?: number;
}

/** It runs with the program of the daemon before. */
export async function resumeAcmeServer(options: AcmeServerOptions): Promise<AcmeServer> {
  const server = new Pebble(options);
  const program = await readFile(options.settings.paths.acmeProgram, "utf8").catch(() => undefined);
  if (program === undefined) return server;
  if (await isProgram(program)) await server.supervise();
  else options.log(`the ACME server does not begin: ${program} is gone`);
  return server;
}

class Pebble implements AcmeServer {
  #supervised = false;

  constructor(private readonly options: AcmeServerOptions) {}

  async begin(program: string): Promise<AcmeAnswer> {
    const { settings } = this.options;
    if (!isAbsolute(program) || !(await isProgram(program)))
      throw refuse("program", program, "the path of Pebble's program");
    await mkdir(dirname(settings.paths.acmeProgram), { recursive: true });
    await writeAtomically(settings.paths.acmeProgram, program);
    await this.supervise();
    await this.#keepRoot();
    return { directory: acmeDirectory(settings), roots: settings.paths.acmeRoots };
  }

  async supervise(): Promise<void> {
    if (this.#supervised) return;
    this.#supervised = true;
    const { settings, until, log } = this.options;
    const { acmeProgram, acmeConfiguration: configuration } = settings.paths;
    await writeAtomically(configuration, acmeConfiguration(settings));
    const service: Service = {
      name: serviceName,
      command: "/bin/sh",
      args: ["-c", 'exec "$(cat "$0")" "$@"', acmeProgram, ...acmeArguments(settings, configuration)],
      env: acmeEnvironment,
      // Each start has another root, also one that nobody asked for.
      began: () => void this.#keepRoot().catch((error: Error) => log(error.message)),
    };
    await supervise(settings, service, until, log);
  }

  async #keepRoot(): Promise<void> {
    const { settings, until, patienceMs = usualPatienceMs } = this.options;
    const authority = await readFile((await ensureAuthority()).certificate, "utf8");
    for (const deadline = Date.now() + patienceMs; !until.aborted; ) {
      const problem = await keepRoot(settings.paths.acmeRoots, acmeManagement(settings), authority).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (problem === undefined) return;
      if (Date.now() > deadline)
        throw refuse("acme", serviceHealth().find(isAcme)?.ended ?? problem, "see its log");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const isAcme = ({ name }: { readonly name: string }) => name === serviceName;

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
