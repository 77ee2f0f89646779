import { execa } from "execa";
import { emptyWorld, type NetworkSpec, type ServerSpec, type World } from "../../src/host/contract";
import { findInit } from "../../src/machines/boot";
import { enterArguments } from "../../src/machines/guest";
import { type LocalCloudSettings, localCloudSettings } from "../../src/settings/cloud";

/** Environment of a cloud beside the one that a developer may have up: own name, ranges, ports and state. */
export function labEnvironment(name: string, octet: number): Record<string, string> {
  return {
    LOCALCLOUD_NAME: name,
    LOCALCLOUD_STATE: `/var/lib/hetzner-platform-test-${name}`,
    LOCALCLOUD_PUBLIC_RANGE: `198.19.${octet}.0/24`,
    LOCALCLOUD_FLOATING_RANGE: `198.19.${octet + 1}.0/24`,
    LOCALCLOUD_IDENTITY_RANGE: `198.18.${128 + Math.floor(octet / 2)}.0/24`,
    // Beyond the networks that a cloud with the default range gives out.
    LOCALCLOUD_IPV6_RANGE: `2001:db8:${1000 + octet}::/48`,
    LOCALCLOUD_PORT: String(18_000 + octet),
  };
}

/** Runs of the same tests side by side take different slots, 0 to 6. */
const slot = Number(process.env.LAB_SLOT ?? 0);

/**
 * Environment of a cloud that really runs in a test: no other test file and no other slot shares its name, its
 * ranges or its port.
 *
 * @param name at most 5 characters
 * @param area 0 to 11, one for each test file that runs a cloud
 */
export function ownLab(name: string, area: number): Record<string, string> {
  return labEnvironment(slot === 0 ? name : `${name}${slot}`, 3 * (area + 12 * slot));
}

export const labSettings = (name: string, octet: number) => localCloudSettings(labEnvironment(name, octet));

export const labNetwork: NetworkSpec = {
  id: 5,
  name: "net",
  ipRange: "10.0.0.0/16",
  gateway: "10.0.0.1",
  subnets: ["10.0.1.0/24"],
  routes: [],
};

/** A server with public address `.10 + id` and private address `10.0.1.<10 + id>`. */
export function labServer(
  settings: LocalCloudSettings,
  id: number,
  given: Partial<ServerSpec> = {},
): ServerSpec {
  const prefix = settings.publicRange.replace(/\.0\/24$/, "");
  return {
    id,
    projectId: 1,
    name: `node${id}`,
    cores: 2,
    memoryGb: 4,
    diskGb: 40,
    location: "fsn1",
    datacenter: "fsn1-dc14",
    networkZone: "eu-central",
    image: "debian-13",
    sshKeys: [],
    userData: "",
    macAddress: `96:00:00:00:00:${id.toString(16).padStart(2, "0")}`,
    publicIpv4: `${prefix}.${10 + id}`,
    publicIpv6: settings.ipv6Range.replace("::/48", `:${id}::/64`),
    attachments: [
      {
        networkId: labNetwork.id,
        ip: `10.0.1.${10 + id}`,
        aliasIps: [],
        macAddress: `86:00:00:00:00:${id.toString(16).padStart(2, "0")}`,
      },
    ],
    firewall: null,
    volumeIds: [],
    power: "on",
    ...given,
  };
}

export function labWorld(servers: readonly ServerSpec[], given: Partial<World> = {}): World {
  return { ...emptyWorld, servers, networks: [labNetwork], ...given };
}

/** What a command in a machine answered; a failure is no exception, its exit code is there to be asserted. */
export async function inMachine(
  settings: LocalCloudSettings,
  id: number,
  script: string,
): Promise<{ exitCode: number; output: string }> {
  const init = await findInit(settings, id);
  if (init === undefined) throw new Error(`machine ${id} does not run`);
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };
  const result = await execa("nsenter", enterArguments(init, ["sh", "-c", script]), {
    env,
    reject: false,
    all: true,
  });
  return { exitCode: result.exitCode ?? 255, output: (result.all ?? "").trim() };
}

/** The output of a command that must succeed. */
export async function mustRun(settings: LocalCloudSettings, id: number, script: string): Promise<string> {
  const { exitCode, output } = await inMachine(settings, id, script);
  if (exitCode !== 0) throw new Error(`machine ${id}: exit code ${exitCode} of ${script}: ${output}`);
  return output;
}

/** Repeats until it is true; for what a guest does in its own time. */
export async function eventually(what: string, check: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (Date.now() < deadline) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** Why machines cannot be booted here; undefined when they can. */
export function whyNoMachines(): string | undefined {
  if (process.platform !== "linux") return `machines need Linux, this is ${process.platform}`;
  return process.getuid?.() === 0 ? undefined : "machines need root";
}

export async function waitForCloudInit(settings: LocalCloudSettings, id: number): Promise<void> {
  await eventually(`cloud-init of ${id}`, async () => {
    const { output } = await inMachine(settings, id, "cloud-init status");
    return output.includes("done");
  });
}
