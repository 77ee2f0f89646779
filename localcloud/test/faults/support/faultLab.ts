// A local cloud with two machines and a volume, to whom faults happen.
import assert from "node:assert/strict";
import { execa } from "execa";
import type { Fault, FaultStatus } from "../../../src/contract/control";
import { askControl } from "../../../src/control/socket";
import { findInit } from "../../../src/machines/boot";
import { namesOf } from "../../../src/settings/names";
import { eventually, inMachine, mustRun, ownLab, waitForCloudInit } from "../../machines/lab";
import { RunningCloud } from "../../machines/runningCloud";

interface Machine {
  readonly id: number;
  readonly publicIp: string;
  readonly privateIp: string;
}

interface Made {
  /** It counts in `/run/tick`, twenty times a second. */
  readonly a: Machine;
  readonly b: Machine;
  readonly network: number;
  /** At `a`, mounted. */
  readonly volume: number;
}

export class FaultLab {
  readonly cloud = new RunningCloud(ownLab("fault", 5));
  readonly names = namesOf(this.cloud.settings);
  #made: Made | undefined;

  get made(): Made {
    return this.#made ?? assert.fail("the lab is not up");
  }
  get a(): Machine {
    return this.made.a;
  }
  get b(): Machine {
    return this.made.b;
  }

  async up(): Promise<void> {
    const { api, command, settings, succeeds } = this.cloud;
    await command("down");
    const brought = await command("up");
    assert.equal(brought.exitCode, 0, brought.stderr);
    const subnets = [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }];
    const { network } = await api("POST", "/networks", { name: "net", ip_range: "10.0.0.0/16", subnets });
    const [a, b] = await Promise.all([this.#create("a", network.id), this.#create("b", network.id)]);
    const volume = { name: "data", size: 10, format: "ext4", automount: true, server: a.id };
    const made = await api("POST", "/volumes", volume);
    for (const action of [made.action, ...made.next_actions]) await succeeds(action);
    const tick = "n=0; while :; do n=$((n + 1)); echo $n >/run/tick; sleep 0.05; done";
    await mustRun(settings, a.id, `systemd-run --quiet --unit=tick sh -c '${tick}'`);
    const ticks = async () => (await inMachine(settings, a.id, "cat /run/tick")).exitCode === 0;
    await eventually("it ticks", ticks);
    this.#made = { a, b, network: network.id, volume: made.volume.id };
  }

  async #create(name: string, network: number): Promise<Machine> {
    const { api, settings, succeeds } = this.cloud;
    const { server, action, next_actions } = await api("POST", "/servers", {
      name,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      networks: [network],
    });
    for (const one of [action, ...next_actions]) await succeeds(one);
    await waitForCloudInit(settings, server.id);
    const now = (await api("GET", `/servers/${server.id}`)).server;
    return { id: now.id, publicIp: now.public_net.ipv4.ip, privateIp: now.private_net[0].ip };
  }

  readonly begin = async (fault: Fault, seconds = 60): Promise<FaultStatus> =>
    (await askControl<{ fault: FaultStatus }>(this.cloud.settings, "POST", "/faults", { fault, seconds }))
      .fault;
  readonly end = (id: number) => askControl(this.cloud.settings, "DELETE", `/faults/${id}`);
  readonly inForce = async () =>
    (await askControl<{ faults: FaultStatus[] }>(this.cloud.settings, "GET", "/faults")).faults.map(
      ({ id }) => id,
    );
  readonly endsByItself = (id: number) =>
    eventually("the fault ends by itself", async () => !(await this.inForce()).includes(id), 300);

  /**
   * Looks while a fault is in force that ends by itself. What is seen after its end says nothing about it: on a
   * busy machine that happens, and it is looked once more with more time.
   *
   * @returns its number
   */
  readonly look = async (fault: Fault, seconds: number, check: () => Promise<void>): Promise<number> => {
    const { id } = await this.begin(fault, seconds);
    const failure = await check().then(
      () => undefined,
      (error: unknown) => error,
    );
    if ((await this.inForce()).includes(id)) {
      if (failure !== undefined) throw failure;
      return id;
    }
    assert.ok(seconds < 200, `nobody can look within ${seconds} s`);
    return this.look(fault, 5 * seconds, check);
  };

  readonly reaches = async (from: Machine, address: string) =>
    (await inMachine(this.cloud.settings, from.id, `ping -c1 -W1 ${address}`)).exitCode === 0;
  /** A ping of the outside client, with the program of a machine: the host may have none. */
  readonly reachedFromOutside = async (address: string) => {
    const init = (await findInit(this.cloud.settings, this.a.id)) ?? assert.fail("a does not run");
    const outside = [`--target=${init}`, "--mount", "--root", `--net=/run/netns/${this.names.internet}`];
    const ping = await execa("nsenter", [...outside, "ping", "-c1", "-W1", address], { reject: false });
    assert.ok([0, 1].includes(ping.exitCode), ping.stderr);
    return ping.exitCode === 0;
  };
  /** Rules and delays of faults that are in any router. */
  readonly remains = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const router of [this.names.publicRouter, this.names.network(this.made.network)]) {
      const tables = await execa("ip", ["netns", "exec", router, "nft", "list", "tables"]);
      if (tables.stdout.includes("faults")) found.push(`${router}: ${tables.stdout}`);
      const queues = await execa("tc", ["-n", router, "qdisc", "show"]);
      if (queues.stdout.includes("netem")) found.push(`${router}: ${queues.stdout}`);
    }
    return found;
  };
  readonly dropped = async (router: string) => {
    const { stdout } = await execa("ip", ["netns", "exec", router, "nft", "list", "table", "inet", "faults"]);
    return [...stdout.matchAll(/packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
}
