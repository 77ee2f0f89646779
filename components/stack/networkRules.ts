import { machinesOf, type Plan } from "../plan/plan";
import type { SettingsProblem } from "../settings/problems";
import { contains, ipv4Number, ipv4Text, overlaps, requireIpv4Range } from "../settings/ranges";
import type { Rule } from "../settings/rules";
import { containerRange } from "../setup/docker";
import type { PlatformSettings } from "./settings";

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Networks that Docker has on every machine: a private range over them could not be reached from containers. */
const dockerRanges = [containerRange, "172.17.0.0/16"];
/** Hetzner's gateway of the public side, reserved in private networks too. */
const publicGateway = "172.31.1.1";

const subnetsOf = ({ network }: PlatformSettings) => Object.entries(network.subnets);

/** Private network: what Hetzner demands of ranges, and room for every machine. */
export const networkRules: readonly Rule<{ readonly settings: PlatformSettings }>[] = [
  { reads: ["network.range"], check: ({ settings }) => rangeProblems(settings.network.range) },
  {
    reads: ["network"],
    check: ({ settings }) =>
      subnetsOf(settings).flatMap((subnet) => subnetProblems(settings.network.range, subnet)),
  },
  { reads: ["network"], check: ({ settings }) => overlapProblems(settings) },
];

/** The same of the machines that the settings are planned as. */
export const plannedNetworkRules: readonly Rule<{
  readonly settings: PlatformSettings;
  readonly plan: Plan;
}>[] = [
  { reads: ["network", "roles", "app.count"], check: ({ settings, plan }) => roomProblems(settings, plan) },
];

function rangeProblems(text: string): readonly SettingsProblem[] {
  const range = requireIpv4Range(text);
  const path = "network.range";
  if (!privateRanges.some((outer) => contains(requireIpv4Range(outer), range))) {
    const allowed = `a range inside ${privateRanges.join(", ")} (RFC 1918)`;
    return [{ path, value: text, allowed, remedy: "choose a private range" }];
  }
  if (range.prefix > 24) {
    return [
      { path, value: text, allowed: "a range of at least /24", remedy: "take a shorter prefix, such as /16" },
    ];
  }
  const docker = dockerRanges.find((other) => overlaps(requireIpv4Range(other), range));
  if (docker === undefined) return [];
  const allowed = `a range apart from Docker's ${dockerRanges.join(" and ")}`;
  return [{ path, value: text, allowed, remedy: "choose 10.0.0.0/16 or another free range" }];
}

function subnetProblems(range: string, [role, value]: readonly [string, string]): readonly SettingsProblem[] {
  const subnet = requireIpv4Range(value);
  const problem = (allowed: string, remedy: string): SettingsProblem[] => [
    { path: `network.subnets.${role}`, value, allowed, remedy },
  ];
  if (subnet.prefix > 30) return problem("a subnet of at least /30", "take a shorter prefix, such as /24");
  if (!contains(requireIpv4Range(range), subnet)) {
    return problem(`a subnet inside network.range ${range}`, "move the subnet, or widen the range");
  }
  const gateway = ipv4Number(publicGateway);
  if (contains(subnet, { first: gateway, last: gateway })) {
    return problem(`a subnet without ${publicGateway}, which Hetzner reserves`, "move the subnet");
  }
  return [];
}

function overlapProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const subnets = subnetsOf(settings);
  return subnets.flatMap(([role, value], index) =>
    subnets
      .slice(0, index)
      .filter(([, other]) => overlaps(requireIpv4Range(value), requireIpv4Range(other)))
      .map(([name, other]) => ({
        path: `network.subnets.${role}`,
        value,
        allowed: `a subnet apart from network.subnets.${name} ${other}`,
        remedy: "move one of the two",
      })),
  );
}

function roomProblems(settings: PlatformSettings, plan: Plan): readonly SettingsProblem[] {
  const { roles = {} } = settings;
  return Object.entries({ ...settings.network.subnets, ...plan.network.subnets }).flatMap(([role, value]) => {
    // A role of the stack file that names its subnet has a rule of its own.
    if (roles[role]?.subnet !== undefined) return [];
    const subnet = requireIpv4Range(value);
    const last = Math.max(...machinesOf(plan, role).map(lastAddress));
    // The last address of a subnet is its broadcast address.
    if (last < subnet.last || subnet.prefix > 30) return [];
    const needed = 32 - Math.ceil(Math.log2(last - subnet.first + 2));
    return [
      {
        path: role in roles ? `roles.${role}.subnet` : `network.subnets.${role}`,
        value,
        allowed: `a subnet that holds the role's last address ${ipv4Text(last)}`,
        remedy: `take a prefix of /${needed} or shorter; machines begin at the 11th address`,
      },
    ];
  });
}

function lastAddress(machine: { readonly privateIp: string }): number {
  return ipv4Number(machine.privateIp);
}
