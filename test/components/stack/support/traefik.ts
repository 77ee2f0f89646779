import { ensureTool } from "../../../../toolchain/build";
import type { TestMachine } from "../../roles/database/support/machine";
import type { Rendered } from "./judges";

type Parts = Record<string, unknown>;

/** Everything of these kinds has a name that others refer to. */
const named = ["routers", "services", "middlewares", "serversTransports"] as const;

/**
 * One file of all cases: every name gets the case's seed, so that one Traefik can judge them together. Names of
 * Traefik's own (`ping@internal`) stay.
 */
function together(files: readonly Rendered[]): string {
  const http: Record<string, Parts> = Object.fromEntries(named.map((kind) => [kind, {}]));
  for (const { seed, file } of files) {
    const document = JSON.parse(file.content.replace(/^#.*\n/gm, "")) as { http: Record<string, Parts> };
    for (const kind of named) {
      for (const [name, value] of Object.entries(document.http[kind] ?? {})) {
        Object.assign(http[kind] ?? {}, { [`${name}-seed${seed}`]: referring(value, `-seed${seed}`) });
      }
    }
  }
  return JSON.stringify({ http });
}

function referring(value: unknown, suffix: string): unknown {
  const rename = (name: unknown) => (String(name).includes("@") ? name : `${name}${suffix}`);
  return JSON.parse(JSON.stringify(value), (key, inner) => {
    if ((key === "service" || key === "serversTransport") && typeof inner === "string") return rename(inner);
    return key === "middlewares" && Array.isArray(inner) ? inner.map(rename) : inner;
  });
}

/** The refusals of Traefik: routers that it does not enable, and errors in its log. */
export async function judgedByTraefik(
  machine: TestMachine,
  files: readonly Rendered[],
): Promise<readonly string[]> {
  await machine.install(await ensureTool("traefik"), "/usr/local/bin/traefik");
  const routers = await machine.succeed(`mkdir -p /run/traefik
base64 -d >/run/traefik/all.yaml <<'END'
${Buffer.from(together(files)).toString("base64")}
END
systemd-run -q --unit=judge-traefik --property=StandardError=file:/run/traefik.log --property=StandardOutput=file:/run/traefik.log \\
  /usr/local/bin/traefik --log.level=WARN --api.insecure=true --api.dashboard=false --ping.manualrouting=true --entrypoints.web.address=10.0.3.11:80 --entrypoints.traefik.address=127.0.0.1:8099 --providers.file.directory=/run/traefik
for attempt in $(seq 200); do
  curl -fs 'http://127.0.0.1:8099/api/http/routers?per_page=10000' >/run/routers.json && [ "$(jq length /run/routers.json)" -gt 5 ] && break
  sleep 0.1
done
systemctl stop judge-traefik.service
cat /run/routers.json`);
  const known = JSON.parse(routers) as { name: string; status: string; error?: readonly string[] }[];
  const ours = known.filter(({ name }) => name.endsWith("@file"));
  const expected = Object.keys(JSON.parse(together(files)).http.routers).length;
  const bad = ours.filter(({ status, error }) => status !== "enabled" || error !== undefined);
  const log = (await machine.run("grep -E 'ERR|level=error' /run/traefik.log")).output.trim();
  return [
    ...(ours.length === expected ? [] : [`${ours.length} routers of ${expected}`]),
    ...bad.map((router) => JSON.stringify(router)),
    ...(log === "" ? [] : [log]),
  ];
}
