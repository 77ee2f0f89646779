import assert from "node:assert/strict";
import { webConfig } from "../../../../../components/roles/web/nginx";
import type { WebOptions } from "../../../../../components/roles/web/options";
import { passwordFiles } from "../../../../../components/roles/web/passwords";
import { inDebian13 } from "../../edge/support/debian13";
import { webOptions } from "./options";

/** Server and nodes share one network here, so the nodes cannot have port 80 as well. */
function inOneNetwork(config: string): string {
  return config
    .replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080")
    .replaceAll("unix:/dev/log", "unix:/tmp/log.sock");
}

/**
 * Runs a scenario of Python, which begins with `standIns`, against Debian's nginx with the configuration that we
 * render, and answers what it told.
 *
 * @param scaled changes the configuration: times that a test need not wait for
 */
export async function runWebScenario<Result>(
  scenario: string,
  {
    options = webOptions,
    scaled = (config) => config,
    files = {},
  }: {
    readonly options?: WebOptions;
    readonly scaled?: (config: string) => string;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<Result> {
  const passwords = passwordFiles(options.content.protectedPaths, { hangfirePassword: "planted-password" });
  const { output } = await inDebian13(
    `echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind
for folder in /srv /var/lib/platform-web /var/cache/nginx /var/lib/nginx; do
  mkdir -p "$folder"
  mount -t tmpfs none "$folder"
done
mkdir -p /run/platform-web
chmod 0644 /etc/platform/secrets/*
nginx -t -c /etc/platform/nginx.conf 2>&1
python3 /tmp/scenario.py`,
    {
      "/tmp/scenario.py": scenario,
      "/etc/platform/nginx.conf": inOneNetwork(scaled(webConfig(options))),
      ...Object.fromEntries(passwords.map(({ path, content }) => [path, content])),
      ...files,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  return { ...JSON.parse(line.slice("RESULT ".length)), output };
}
