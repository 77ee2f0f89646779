import type { Command } from "commander";
import { benchRequestPath } from "./bench";

/** `npm run bench -- request-path`. */
export function addRequestPath(bench: Command, readCount: (text: string) => number): void {
  bench
    .command("request-path")
    .description(
      "What a request costs on its way to a replica: today's build against the former one, and each hop.",
    )
    .option("--rounds <number>", "measurements of each thing, of which the median counts", readCount, 5)
    .option("--seconds <number>", "length of one measurement", readCount, 4)
    .option("--publish", "writes the tables into docs/performance.md")
    .addHelpText(
      "after",
      `
Needs root on Linux. One Debian 13 machine is booted with what both builds render: HAProxy, Traefik in its container,
journal, upload and archive, in front of a replica that answers a constant; the builds take turns. Requests come over a
virtual cable to the virtual IP, an address of the machine's interface: keepalived and the agent move it and are in no
request's way. Processor time is the whole machine's, with the lines that a request leaves behind, without the client
and what the machine takes without requests. It takes about ten minutes.
`,
    )
    .action(benchRequestPath);
}
