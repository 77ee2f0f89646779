// `fault ...`: each command is one request of the control API, which judges it.
import { Argument, type Command, Option } from "commander";
import type { Fault, FaultRequest, FaultStatus } from "../contract/control";
import { apiEffects, defaultSeconds } from "../contract/faultSchema";
import { askControl } from "../control/socket";
import { faultText } from "../daemon/statusText";
import { milliseconds, number, percent, seconds } from "./quantities";
import { say, settings } from "./say";

interface Time {
  readonly for: number;
}

const examples = `
Every fault ends by itself: after --for (${defaultSeconds}s if it is not given), by \`fault end\`, or with \`down\`.

Machines:
  fault power-off web1 --for 30s            pull the plug; power returns after 30 s
  fault freeze web1 --for 5s                nothing in it runs, nothing of it is lost
  fault partition web1 --from private       without its private networks, public side as before
  fault partition edge1 --from edge2        these two do not reach each other, everyone else reaches both
  fault network database1 --side private --loss 5% --for 10m
  fault network database1 --side private --delay 100ms --jitter 20ms
  fault full-disk database1 /mnt/data       every write there fails with "No space left on device"
  fault metadata web1 slow                  its metadata come after 10 s
  fault host-failure 101                    all servers of one physical host; a spread group loses one at most

The API (a method and a path, \`*\` for anything; or the command of an action):
  fault api rate-limit --for 5m
  fault api unavailable --pattern '* /floating_ips/*' --share 50%
  fault api no-answer --pattern 'POST /floating_ips/{id}/actions/assign' --count 1
  fault api latency --delay 10s --project local
  fault api sold-out --type cx23@fsn1
  fault api stuck-action --pattern assign_floating_ip --for 2m
  fault api failed-action --pattern create_server --count 1

Look and end:
  fault list
  fault end 3
  fault end all`;

export function addFaultCommands(cli: Command): void {
  const fault = cli
    .command("fault")
    .description("break something on purpose, for a while")
    .addHelpText("after", examples);
  addMachineFaults(fault);
  addNetworkFaults(fault);
  addApiFaults(fault);
  fault
    .command("list")
    .description("the faults that are in force, and how long still")
    .action(async () => {
      const { faults } = await askControl<{ faults: FaultStatus[] }>(settings(), "GET", "/faults");
      say(faultText(faults));
    });
  fault
    .command("end <id>")
    .description("end one fault by its number, or `all`")
    .action(async (id: string) => {
      await askControl(settings(), "DELETE", id === "all" ? "/faults" : `/faults/${encodeURIComponent(id)}`);
      say(id === "all" ? "no fault is in force" : `fault ${id} has ended`);
    });
}

function addMachineFaults(fault: Command): void {
  timed(
    fault,
    "power-off <server>",
    "power cut: SIGKILL of everything in the machine; later it boots",
  ).action((server: string, time: Time) => begin({ kind: "power-off", server }, time));
  timed(fault, "freeze <server>", "stop every process of a machine, as a paused VM").action(
    (server: string, time: Time) => begin({ kind: "freeze", server }, time),
  );
  timed(fault, "full-disk <server> <path>", "fill the volume on which the folder lies").action(
    (server: string, path: string, time: Time) => begin({ kind: "full-disk", server, path }, time),
  );
  timed(fault, "clock-shift <server>", "refused, with the reason: machines share the host's wall clock")
    .requiredOption("--by <time>", "how far ahead", seconds)
    .action((server: string, { by, ...time }: Time & { by: number }) =>
      begin({ kind: "clock-shift", server, seconds: by }, time),
    );
  timed(fault, "metadata <server>", "metadata that come late, or a route that leads to none (HC-U3, HC-U4)")
    .addArgument(new Argument("<how>").choices(["slow", "poisoned-route"]))
    .action((server: string, how: "slow" | "poisoned-route", time: Time) =>
      begin({ kind: "metadata", server, how }, time),
    );
  timed(fault, "host-failure", "power cut of all servers of one physical host")
    .argument("<number>", "as `host-failure 1` names them when it refuses", number)
    .action((host: number, time: Time) => begin({ kind: "host-failure", host }, time));
}

function addNetworkFaults(fault: Command): void {
  timed(fault, "partition <server>", "drop a machine's packets in its routers, both ways")
    .requiredOption("--from <what>", "internet, private, everything, or the name of another server")
    .action((server: string, { from, ...time }: Time & { from: string }) => {
      const side = (["internet", "private", "everything"] as const).find((known) => known === from);
      return begin({ kind: "partition", server, from: side ?? { server: from } }, time);
    });
  timed(fault, "network <server>", "lose packets, in each direction; delay those to the machine")
    .addOption(new Option("--side <side>").choices(["public", "private"]).makeOptionMandatory())
    .option("--loss <percent>", "share of the packets", percent, 0)
    .option("--delay <time>", "one way, so a round trip takes this much longer", milliseconds, 0)
    .option("--jitter <time>", "plus or minus, at random", milliseconds, 0)
    .action(
      (
        server: string,
        given: Time & { side: "public" | "private"; loss: number; delay: number; jitter: number },
      ) => {
        const { side, loss: lossPercent, delay: delayMs, jitter: jitterMs } = given;
        return begin({ kind: "network", server, side, lossPercent, delayMs, jitterMs }, given);
      },
    );
}

interface ApiFaultOptions extends Time {
  readonly pattern?: string;
  readonly project?: string;
  readonly share?: number;
  readonly count?: number;
  readonly delay?: number;
  readonly type?: string;
}

function addApiFaults(fault: Command): void {
  timed(fault, "api", "wrong answers of the Hetzner API, or actions that hang or fail")
    .addArgument(new Argument("<effect>").choices(apiEffects))
    .option("--pattern <pattern>", "`POST /servers`, `* /floating_ips/*`; for actions `create_server`")
    .option("--project <name>", "only requests with a token of this project")
    .option("--share <percent>", "how many of the requests that it means", percent)
    .option("--count <number>", "ends after so many hits", number)
    .option("--delay <time>", "for latency", milliseconds)
    .option("--type <type>", "for sold-out: cx23, or cx23@fsn1")
    .action((effect: (typeof apiEffects)[number], given: ApiFaultOptions) => {
      const { pattern, project, share, count, delay, type } = given;
      return begin(
        {
          kind: "api",
          effect,
          ...(pattern !== undefined && { pattern }),
          ...(project !== undefined && { project }),
          ...(share !== undefined && { share: share / 100 }),
          ...(count !== undefined && { count }),
          ...(delay !== undefined && { delayMs: delay }),
          ...(type !== undefined && { serverType: type }),
        },
        given,
      );
    });
}

function timed(fault: Command, command: string, description: string): Command {
  return fault
    .command(command)
    .description(description)
    .option("--for <time>", "when it ends: 30s, 5m, 1h; a day at most", seconds, defaultSeconds);
}

async function begin(fault: Fault, time: Time): Promise<void> {
  const request: FaultRequest = { fault, seconds: time.for };
  const begun = await askControl<{ fault: FaultStatus }>(settings(), "POST", "/faults", request);
  say(faultText([begun.fault]));
}
