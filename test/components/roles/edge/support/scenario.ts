import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../../components/roles/edge/edge";
import { haproxyConfig, haproxySetup } from "../../../../../components/roles/edge/haproxy";
import { nginxConfig, nginxSetup } from "../../../../../components/roles/edge/nginx";
import { inDebian13 } from "./debian13";
import { edgeOptions } from "./options";

const reloadScript =
  haproxySetup(edgeOptions).files.find((file) => file.path.endsWith("reload-haproxy"))?.content ?? "";

const probeScript =
  nginxSetup(edgeOptions).files.find((file) => file.path.endsWith("probe-nodes"))?.content ?? "";

/** What a scenario has besides the load balancer: see `inDebian13`. */
interface Parts {
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, string>>;
}

/** Proxy and app nodes share one network here, so the nodes cannot have port 80 as well. */
function inOneNetwork(config: string): string {
  return config.replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080");
}

/**
 * Runs beside a scenario and writes down by how many seconds it was woken too late, at worst: what the machine was
 * busy with otherwise. A time limit that a proxy promises is for a machine that has time for it.
 */
const lateness = `import os, time
worst = 0.0
while True:
    began = time.monotonic()
    time.sleep(0.02)
    late = time.monotonic() - began - 0.02
    if late > worst:
        worst = late
        with open("/tmp/late.new", "w") as file:
            file.write(str(worst))
        os.replace("/tmp/late.new", "/tmp/late")
`;

/** By how much later a request may be answered that wakes proxy, node and client a few times. */
export const allowedFor = ({ late }: { readonly late: number }): number => 10 * late;

/**
 * Runs a scenario of Python, which begins with `standIns`, against the engine with the configuration that we render.
 *
 * @param scaled changes the configuration: times and limits that a test need not wait for
 */
export async function runScenario<Result>(
  engine: string,
  scenario: string,
  options: EdgeOptions = edgeOptions,
  scaled: (config: string) => string = (config) => config,
  more: Parts = {},
): Promise<Result & { readonly late: number }> {
  const { output } = await inDebian13(
    `echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind
mkdir -p /run/platform-edge-probe
[ ${engine} = haproxy ] || bash /tmp/probe-nodes &
python3 /tmp/lateness.py &
python3 /tmp/scenario.py ${engine}
echo
echo "LATE $(cat /tmp/late)"`,
    {
      "/tmp/scenario.py": scenario,
      "/tmp/lateness.py": lateness,
      "/tmp/reload-haproxy": reloadScript,
      "/tmp/probe-nodes": probeScript,
      "/etc/haproxy/haproxy.cfg": inOneNetwork(scaled(haproxyConfig(options))),
      "/etc/platform/nginx.conf": inOneNetwork(scaled(nginxConfig(options))),
      ...more.files,
    },
    more.programs,
  );
  const told = (word: string) => {
    const line = output.split("\n").find((text) => text.startsWith(`${word} `));
    assert.ok(line !== undefined, output);
    return JSON.parse(line.slice(word.length + 1));
  };
  return { ...told("RESULT"), late: told("LATE") };
}
