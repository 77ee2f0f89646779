import { fileSystems } from "../../setup/machineProbes";
import type { Probe } from "../../setup/status";
import { acmeProbe } from "./acmeStatus";
import { type PairAddress, pairAddresses } from "./addresses";
import { certificatePathOf, type EdgeOptions } from "./edge";
import { adminSocket } from "./haproxyReload";
import { edgeHealthPort } from "./role";
import { EdgeEngine } from "./settings";

/** A certificate is renewed by people, who want some working days for it. */
const certificateDays = 7;

/** The agent writes at least every 8 seconds, and asks the API at least every half minute. */
const oldestState = 30;
const oldestCall = 120;

/** It looks twice a second whether somebody outside answers, and writes of it at least every 8 seconds. */
const oldestReach = 15;

/** What visitors ask, of both families in the order of the addresses. */
interface Addresses {
  readonly floatingIps: readonly string[];
  /** @default - none */
  readonly floatingIpv6s?: readonly string[];
}

/** What can be up or down on a load balancer. */
export function edgeProbes(
  options: EdgeOptions,
  engine: EdgeEngine,
  { floatingIps, floatingIpv6s = [] }: Addresses,
): Probe[] {
  const addresses = pairAddresses(options.mode);
  return [
    proxyProbe(engine),
    keepalivedProbe(addresses),
    ...addresses.flatMap((address, index) => [
      agentProbe(address),
      addressProbe(address, floatingIps[index] ?? ""),
      ...floatingIpv6s.slice(index, index + 1).map((floatingIpv6) => networkProbe(address, floatingIpv6)),
    ]),
    natProbe,
    ...certificateProbes(options),
    fileSystems("/"),
  ];
}

function proxyProbe(engine: EdgeEngine): Probe {
  const nodes =
    engine === EdgeEngine.HAProxy
      ? `socat -t 5 - UNIX-CONNECT:${adminSocket} <<<"show stat" 2>/dev/null | awk -F, '$1 == "app" && $2 != "BACKEND" && $2 != "FRONTEND" { print $2 " " $18 }' || true`
      : "true";
  return {
    name: "proxy",
    title: "proxy",
    command: `answer() { curl -s -m 8 -o /dev/null -w '%{http_code}' "http://127.0.0.1:${edgeHealthPort}$1" || true; }
jq -n --arg alive "$(answer /alive)" --arg healthy "$(answer /healthz)" --arg ready "$(answer /ready)" --arg nodes "$(${nodes})" \\
  '{engine: "${engine}", nodes: ($nodes | split("\\n") | map(select(. != ""))), reasons: [
    if $alive != "200" then "does not answer"
    elif $healthy[0:1] != "2" then "reaches no app node"
    elif $ready[0:1] != "2" then "no app node is ready" else empty end]}'`,
    details: '([.engine] + .nodes) | join(", ")',
  };
}

/** Master of any address is master: of two, each machine has one. */
function keepalivedProbe(addresses: readonly PairAddress[]): Probe {
  const isMaster = addresses.map(
    ({ masterMarker }) => `ip -4 -o address show dev lo to ${masterMarker} | grep -q .`,
  );
  return {
    name: "keepalived",
    title: "keepalived",
    command: `local role=BACKUP
if ${isMaster.join(" || ")}; then role=MASTER; fi
{ systemctl is-active --quiet keepalived.service || echo "does not run: the other load balancer takes over"; } |
  jq -Rn --arg role "$role" '{role: $role, reasons: [inputs]}'`,
    details: ".role",
  };
}

/** What the agent itself says; a file that it no longer writes says nothing. */
function fromState({ statePath, unit }: PairAddress, filter: string): string {
  return `[ -e ${statePath} ] || { jq -n '{reasons: ["has written no state: see journalctl -u ${unit}"]}'; return; }
jq ${filter.includes("$on") ? '--argjson on "$on" ' : ""}'${filter}' ${statePath}`;
}

function agentProbe(address: PairAddress): Probe {
  return {
    name: `agent${address.suffix}`,
    title: `agent${address.suffix === "" ? "" : " 2"}`,
    command: fromState(
      address,
      `(now - .at | floor) as $age | (if .apiOkAt then now - .apiOkAt | floor else null end) as $since
  | {verdict, api, lastSuccess: (if .apiOkAt then .apiOkAt | floor | todate else null end),
    peerAnswers: [.peer | to_entries[] | select(.value.answers) | .key], reasons: [
      (if $age > ${oldestState} then "has written no state for \\($age) s: see journalctl -u ${address.unit}" else empty end),
      (if $since == null then "no call of the API has succeeded yet: \\(.api)"
       elif $since > ${oldestCall} then "no call of the API has succeeded for \\($since) s: \\(.api)" else empty end),
      (if .aside == true then "its public side reaches nobody: the other load balancer serves"
       elif (.outsideAge // 0) > ${oldestReach} then "its public side reaches nobody, and that of the other load balancer no more" else empty end),
      (if .verdict == "partition" then "master beside another master: the pair cannot hear each other" else empty end),
      (if .verdict == "brake" then "somebody else moves the address too" else empty end)]}`,
    ),
    details:
      '"\\(.verdict), API answered \\(.lastSuccess // "never"), the other load balancer " + (if .peerAnswers == [] then "does not answer" else "answers on the \\(.peerAnswers | join(" and ")) side" end)',
  };
}

function addressProbe(address: PairAddress, floatingIp: string): Probe {
  return {
    name: `address${address.suffix}`,
    title: `floating IP${address.suffix === "" ? "" : " 2"}`,
    command: `local on=false
if ip -4 -o address show dev lo to ${floatingIp} | grep -q .; then on=true; fi
${fromState(
  address,
  `{ip: "${floatingIp}", owner, server, here: (.server != null and .owner == .server), reasons: [
    (if $on then empty else "${floatingIp} is not on lo: see systemctl status platform-floating-ip" end),
    (if .vrrp == "MASTER" and .owner != .server then "this machine is master, and the address leads to server \\(.owner)" else empty end)]}`,
)}`,
    details: '"\\(.ip) " + (if .here then "leads here" else "leads to server \\(.owner)" end)',
  };
}

/** The IPv6 network goes with the address: one that stays behind is told. */
function networkProbe(address: PairAddress, floatingIpv6: string): Probe {
  return {
    name: `network${address.suffix}`,
    title: `floating IPv6${address.suffix === "" ? "" : " 2"}`,
    command: `local on=false
if ip -6 -o address show to ${floatingIpv6} | grep -q .; then on=true; fi
${fromState(
  address,
  `{ip: "${floatingIpv6}", owner: .ipv6.owner, server, here: (.server != null and .ipv6.owner == .server), reasons: [
    (if $on then empty else "${floatingIpv6} is on no interface: see journalctl -u platform-floating-ipv6" end),
    (if .vrrp == "MASTER" and .owner == .server and .ipv6.owner != .server then "the address leads here, and its IPv6 network to server \\(.ipv6.owner)" else empty end),
    (if .ipv6.verdict == "brake" then "somebody else moves the IPv6 network too" else empty end)]}`,
)}`,
    details: '"\\(.ip) " + (if .here then "leads here" else "leads to server \\(.owner)" end)',
  };
}

const natProbe: Probe = {
  name: "nat",
  title: "NAT",
  command: `{ nft list table ip platform_nat >/dev/null 2>&1 || echo "is not loaded: see systemctl status platform-nat"; } | jq -Rn '{reasons: [inputs]}'`,
};

function certificateProbes(options: EdgeOptions): Probe[] {
  if (options.certificate === undefined && options.acme !== undefined) return [acmeProbe];
  const path = certificatePathOf(options);
  return path === undefined ? [] : [certificateProbe(path)];
}

function certificateProbe(path: string): Probe {
  return {
    name: "certificate",
    title: "certificate",
    command: `local end
end=$(openssl x509 -noout -enddate -in ${path})
jq -n --argjson days "$(( ($(date -u -d "\${end#notAfter=}" +%s) - $(date +%s)) / 86400 ))" \\
  '{daysLeft: $days, reasons: [if $days < 0 then "has ended" elif $days < ${certificateDays} then "ends in \\($days) days" else empty end]}'`,
    details: '"\\(.daysLeft) days left"',
  };
}
