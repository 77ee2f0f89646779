import type { MachinePlan } from "../../plan/plan";
import { fileSystems } from "../../setup/machineProbes";
import { quote } from "../../setup/quote";
import { nodeHealthPath, proxyHealthPath, siteEntrance } from "../../setup/site";
import type { Probe } from "../../setup/status";

/** A replica and the bash that succeeds while it is ready, and says on failure why it is not. */
export interface ReplicaCheck {
  readonly name: string;
  readonly ready: string;
}

/** What can be up or down on an app node. */
export function appProbes(node: MachinePlan, replicas: readonly ReplicaCheck[], overTls = false): Probe[] {
  return [
    dockerProbe,
    traefikProbe(node, overTls),
    replicasProbe(replicas),
    fileSystems("/", "/var/lib/docker"),
  ];
}

export const dockerProbe: Probe = {
  name: "docker",
  title: "docker",
  command: `local version
version=$(timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null) || version=
jq -n --arg version "$version" '{version: $version, reasons: [if $version == "" then "does not answer" else empty end]}'`,
  details: ".version",
};

function traefikProbe(node: MachinePlan, overTls: boolean): Probe {
  const { at, curl } = siteEntrance(overTls);
  return {
    name: "traefik",
    title: "traefik",
    command: `answer() { curl -s -m 5${curl} -o /dev/null -w '%{http_code}' "${at(node)}$1" || true; }
jq -n --arg takes "$(answer ${proxyHealthPath})" --arg ready "$(answer ${nodeHealthPath})" '{reasons: [
  if $takes != "200" then "takes no requests"
  elif $ready[0:1] != "2" then "has no replica that is ready" else empty end]}'`,
  };
}

function replicasProbe(replicas: readonly ReplicaCheck[]): Probe {
  return {
    name: "replicas",
    title: "replicas",
    command: `# Prints a line when one is not ready.
check() {
  local said
  said=$(bash -c "$2" 2>&1) || printf '%s: %s\\n' "$1" "$(printf '%s' "\${said:-not ready}" | tr '\\n' ' ')"
}
{
${replicas.map(({ name, ready }) => `  check ${name} ${quote(ready)} &\n`).join("")}  wait
} | sort | jq -Rn '[inputs] as $wrong | {count: ${replicas.length}, ready: (${replicas.length} - ($wrong | length)), reasons: $wrong}'`,
    details: '"\\(.ready) of \\(.count) ready"',
  };
}
