import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/loadBalancerPair/edge";
import { haproxyConfig, haproxySetup } from "../../../../components/loadBalancerPair/haproxy";
import { nginxConfig, nginxSetup } from "../../../../components/loadBalancerPair/nginx";
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
): Promise<Result> {
  const { output } = await inDebian13(
    `echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind
mkdir -p /run/platform-edge-probe
[ ${engine} = haproxy ] || bash /tmp/probe-nodes &
python3 /tmp/scenario.py ${engine}`,
    {
      "/tmp/scenario.py": scenario,
      "/tmp/reload-haproxy": reloadScript,
      "/tmp/probe-nodes": probeScript,
      "/etc/haproxy/haproxy.cfg": inOneNetwork(scaled(haproxyConfig(options))),
      "/etc/platform/nginx.conf": inOneNetwork(scaled(nginxConfig(options))),
      ...more.files,
    },
    more.programs,
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  return JSON.parse(line.slice("RESULT ".length));
}
