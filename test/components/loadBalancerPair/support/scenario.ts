import assert from "node:assert/strict";
import { haproxyConfig, haproxySetup } from "../../../../components/loadBalancerPair/haproxy";
import { nginxConfig } from "../../../../components/loadBalancerPair/nginx";
import { inDebian13 } from "./debian13";
import { edgeOptions } from "./options";

const reloadScript =
  haproxySetup(edgeOptions).files.find((file) => file.path.endsWith("reload-haproxy"))?.content ?? "";

/** Proxy and app nodes share one network here, so the nodes cannot have port 80 as well. */
function inOneNetwork(config: string): string {
  return config.replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080");
}

/** Runs a scenario of Python, which begins with `standIns`, against the engine with the configuration that we render. */
export async function runScenario<Result>(engine: string, scenario: string): Promise<Result> {
  const { output } = await inDebian13(
    `echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; python3 /tmp/scenario.py ${engine}`,
    {
      "/tmp/scenario.py": scenario,
      "/tmp/reload-haproxy": reloadScript,
      "/etc/haproxy/haproxy.cfg": inOneNetwork(haproxyConfig(edgeOptions)),
      "/etc/platform/nginx.conf": inOneNetwork(nginxConfig(edgeOptions)),
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  return JSON.parse(line.slice("RESULT ".length));
}
