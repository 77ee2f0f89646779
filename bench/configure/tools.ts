// Who configures: each gets the same desired state in its own words, and answers how many things it changed.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { renderSetup, setupCommand } from "../../components/setup/render";
import { type ControlRoot, inControlRoot } from "./control";
import { desiredState, reloading } from "./desired";
import type { Group, Host } from "./machines";
import type { Measured } from "./measured";
import { setupOf } from "./setup";

/** What a run of a tool came to. */
export interface Configured extends Measured {
  /** Whether the tool says that it changed something; undefined: it does not tell. */
  readonly changed: boolean | undefined;
}

export interface Tool {
  readonly name: string;
  /** It looks at each machine, also when nothing is to change. */
  readonly looks: boolean;
  /** What it is measured in; the others would be another tool's number once more. @default - everything */
  readonly onlyUnchanged?: boolean;
  /** Makes of the machines what the edition says. */
  configure(group: Group, edition: number): Promise<Configured>;
}

/** `pulumi up`: what it remembers is compared, and nobody is asked. */
const ours: Tool = {
  name: "`pulumi up`",
  looks: false,
  configure: async (group, edition) => {
    const run = await group.up(edition);
    return { ...run, changed: /\d+ (created|updated|replaced)/.test(run.output) };
  },
};

/** The same, told to run the set-ups whatever it remembers. */
const oursLooking: Tool = {
  name: "`pulumi up --replace` of the set-ups",
  looks: true,
  onlyUnchanged: true,
  configure: async (group, edition) => {
    const replaced = group.setups.flatMap((urn) => ["--replace", urn]);
    return { ...(await group.up(edition, ...replaced)), changed: undefined };
  },
};

/** Every tool, ours first. */
export function allTools(root: ControlRoot): readonly Tool[] {
  return [
    ours,
    oursLooking,
    byHand(root),
    ansible(root, "linear"),
    ansible(root, "mitogen_linear"),
    pyinfra(root),
  ];
}

/** One ssh for each machine, all at once, with the script that `Machine` would send: what nobody can do faster. */
function byHand(root: ControlRoot): Tool {
  return {
    name: "the same script by ssh alone",
    looks: true,
    configure: async ({ hosts }, edition) => {
      const setup = setupOf(desiredState(edition));
      for (const { name } of hosts) await put(join(root.work, "scripts", name), renderSetup(name, setup));
      const one = `ssh -o BatchMode=yes root@"$address" ${shellWord(setupCommand)} <"scripts/$name"`;
      const all = hosts.map(({ name, address }) => `(name=${name} address=${address}; ${one}) & pids+=($!)`);
      const script = `pids=()\n${all.join("\n")}\nfor pid in "\${pids[@]}"; do wait "$pid" || exit 1; done`;
      await prepare(root, hosts, edition);
      const run = await inControlRoot(root, { words: ["bash", "-c", script], cwd: "/srv", env: {} });
      return { ...run, changed: undefined };
    },
  };
}

function ansible(root: ControlRoot, strategy: "linear" | "mitogen_linear"): Tool {
  return {
    name: strategy === "linear" ? "ansible-core 2.21.5" : "the same with Mitogen 0.3.54",
    looks: true,
    configure: async ({ hosts }, edition) => {
      await prepare(root, hosts, edition);
      await put(join(root.work, "ansible.cfg"), ansibleSettings(hosts.length, strategy));
      const inventory = hosts.map(({ name, address }) => `${name} ansible_host=${address}\n`).join("");
      await put(join(root.work, "inventory.ini"), inventory);
      const words = ["python3", "-m", "ansible", "playbook", "-i", "inventory.ini", "playbook.yml"];
      const run = await inControlRoot(root, { words, cwd: "/srv", env: {} });
      return { ...run, changed: recapCount(run.output, "changed", hosts.length) > 0 };
    },
  };
}

/** Best practice for speed: no second file transfer for a module, all hosts at once, kept connections (the default). */
const ansibleSettings = (forks: number, strategy: string) => `[defaults]
forks = ${forks}
interpreter_python = /usr/bin/python3
remote_user = root
strategy = ${strategy}
strategy_plugins = /opt/ansible_mitogen/plugins/strategy
[ssh_connection]
pipelining = True
`;

/** Sum of a column of Ansible's last lines. @throws when they do not name each host */
function recapCount(output: string, column: string, hosts: number): number {
  const found = [...output.matchAll(new RegExp(`^m\\d+ .*\\b${column}=(\\d+)`, "gm"))];
  if (found.length !== hosts)
    throw new Error(`Ansible told of ${found.length} hosts, not of ${hosts}:\n${output}`);
  return found.reduce((sum, [, count]) => sum + Number(count), 0);
}

function pyinfra(root: ControlRoot): Tool {
  return {
    name: "pyinfra 3.10.0",
    looks: true,
    configure: async ({ hosts }, edition) => {
      await prepare(root, hosts, edition);
      const access = `{"ssh_user": "root", "ssh_key": "/root/.ssh/id_ed25519"}`;
      const inventory = hosts.map(({ address }) => `    ("${address}", ${access}),\n`).join("");
      await put(join(root.work, "inventory.py"), `machines = [\n${inventory}]\n`);
      const words = ["python3", "-m", "pyinfra", "-y", "--no-wait", "inventory.py", "deploy.py"];
      const run = await inControlRoot(root, { words, cwd: "/srv", env: {} });
      return { ...run, changed: pyinfraChanges(run.output) > 0 };
    },
  };
}

/** Of the line of sums: operations, successes, which are changes, errors, and what was as it should be. */
function pyinfraChanges(output: string): number {
  const [, operations = 0, changes = 0, errors = 0] = (
    /Grand total +(\S+) +(\S+) +(\S+)/.exec(output) ?? []
  ).map((word) => Number(word.replace("-", "0")));
  if (operations > 0 && errors === 0) return changes;
  throw new Error(`pyinfra did nothing, or failed:\n${output.slice(-3000)}`);
}

/** What all peers read: the desired state, its files, key and known hosts. */
async function prepare({ work }: ControlRoot, hosts: readonly Host[], edition: number): Promise<void> {
  const desired = desiredState(edition);
  await rm(join(work, "files"), { recursive: true, force: true });
  for (const { path, content } of desired.files) await put(join(work, "files", path), content);
  await put(join(work, "desired.json"), JSON.stringify({ ...desired, reloading }));
  const known = hosts.map(
    ({ address, hostKey }) => `${address} ${hostKey.split(" ").slice(0, 2).join(" ")}\n`,
  );
  await put(join(work, "home", ".ssh", "known_hosts"), known.join(""));
}

export async function put(path: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode });
}

const shellWord = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
