import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Fault, FaultStatus } from "../../src/contract/control";
import { askControl, readStatus } from "../../src/control/socket";
import { leftovers } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { whyNoDiskLimit } from "../../src/machines/disk";
import { localCloudSettings } from "../../src/settings/cloud";
import { namesOf } from "../../src/settings/names";
import { eventually, inMachine, mustRun, ownLab, waitForCloudInit, whyNoMachines } from "../machines/lab";

const root = join(__dirname, "../../..");

interface Machine {
  readonly id: number;
  readonly publicIp: string;
  readonly privateIp: string;
}

describe("faults of machines", function () {
  this.timeout(300_000);
  const environment = ownLab("fault", 5);
  const settings = localCloudSettings(environment);
  const names = namesOf(settings);
  let a: Machine;
  let b: Machine;
  let network: number;
  let volume: number;

  const command = (...args: string[]) =>
    execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: environment,
      reject: false,
    });
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API, judged by its own tests
  const api = async (method: string, path: string, body?: object): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${settings.apiPort}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${settings.tokens.local}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    assert.ok(response.status < 300, `${method} ${path}: ${response.status}`);
    return response.json();
  };
  const succeeded = (id: number) =>
    eventually("the action", async () => (await api("GET", `/actions/${id}`)).action.status === "success");
  const create = async (name: string): Promise<Machine> => {
    const { server, action, next_actions } = await api("POST", "/servers", {
      name,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      networks: [network],
    });
    for (const { id } of [action, ...next_actions]) await succeeded(id);
    await waitForCloudInit(settings, server.id);
    const now = (await api("GET", `/servers/${server.id}`)).server;
    return { id: now.id, publicIp: now.public_net.ipv4.ip, privateIp: now.private_net[0].ip };
  };

  const begin = async (fault: Fault, seconds = 60): Promise<FaultStatus> =>
    (await askControl<{ fault: FaultStatus }>(settings, "POST", "/faults", { fault, seconds })).fault;
  const end = (id: number) => askControl(settings, "DELETE", `/faults/${id}`);
  const inForce = async () =>
    (await askControl<{ faults: FaultStatus[] }>(settings, "GET", "/faults")).faults.map(({ id }) => id);
  const endsByItself = (id: number) =>
    eventually("the fault ends by itself", async () => !(await inForce()).includes(id), 300);

  /**
   * Looks while a fault is in force that ends by itself. What is seen after its end says nothing about it: on a
   * busy machine that happens, and it is looked once more with more time.
   *
   * @returns its number
   */
  const look = async (fault: Fault, seconds: number, check: () => Promise<void>): Promise<number> => {
    const { id } = await begin(fault, seconds);
    const failure = await check().then(
      () => undefined,
      (error: unknown) => error,
    );
    if ((await inForce()).includes(id)) {
      if (failure !== undefined) throw failure;
      return id;
    }
    assert.ok(seconds < 200, `nobody can look within ${seconds} s`);
    return look(fault, 5 * seconds, check);
  };

  const reaches = async (from: Machine, address: string) =>
    (await inMachine(settings, from.id, `ping -c1 -W1 ${address}`)).exitCode === 0;
  /** A ping of the outside client, with the program of a machine: the host may have none. */
  const reachedFromOutside = async (address: string) => {
    const init = (await findInit(settings, a.id)) ?? assert.fail("a does not run");
    const outside = [`--target=${init}`, "--mount", "--root", `--net=/run/netns/${names.internet}`];
    const ping = await execa("nsenter", [...outside, "ping", "-c1", "-W1", address], { reject: false });
    assert.ok([0, 1].includes(ping.exitCode), ping.stderr);
    return ping.exitCode === 0;
  };
  /** Rules and delays of faults that are in any router. */
  const remains = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const router of [names.publicRouter, names.network(network)]) {
      const tables = await execa("ip", ["netns", "exec", router, "nft", "list", "tables"]);
      if (tables.stdout.includes("faults")) found.push(`${router}: ${tables.stdout}`);
      const queues = await execa("tc", ["-n", router, "qdisc", "show"]);
      if (queues.stdout.includes("netem")) found.push(`${router}: ${queues.stdout}`);
    }
    return found;
  };
  const dropped = async (router: string) => {
    const { stdout } = await execa("ip", ["netns", "exec", router, "nft", "list", "table", "inet", "faults"]);
    return [...stdout.matchAll(/packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await command("down");
    const brought = await command("up");
    assert.equal(brought.exitCode, 0, brought.stderr);
    const subnets = [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }];
    network = (await api("POST", "/networks", { name: "net", ip_range: "10.0.0.0/16", subnets })).network.id;
    [a, b] = await Promise.all([create("a"), create("b")]);
    const made = await api("POST", "/volumes", {
      name: "data",
      size: 10,
      format: "ext4",
      automount: true,
      server: a.id,
    });
    volume = made.volume.id;
    for (const { id } of [made.action, ...made.next_actions]) await succeeded(id);
    const tick = "n=0; while :; do n=$((n + 1)); echo $n >/run/tick; sleep 0.05; done";
    await mustRun(settings, a.id, `systemd-run --quiet --unit=tick sh -c '${tick}'`);
    await eventually(
      "it ticks",
      async () => (await inMachine(settings, a.id, "cat /run/tick")).exitCode === 0,
    );
  });

  after(async () => {
    if (whyNoMachines() === undefined) await command("down");
  });

  it("freeze stops every process, and ends by itself", async () => {
    const ticks = () => mustRun(settings, a.id, "cat /run/tick");
    const moves = async () => {
      const before = await ticks();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return (await ticks()) !== before;
    };
    await eventually("it moves", moves);
    const frozen: Fault = { kind: "freeze", server: "a" };
    const id = await look(frozen, 3, async () => assert.equal(await moves(), false));
    await endsByItself(id);
    await eventually("it moves again", moves);
  });

  it("a partition cuts the public side only, and ends by itself", async () => {
    assert.equal(await reachedFromOutside(a.publicIp), true);
    const id = await look({ kind: "partition", server: "a", from: "internet" }, 4, async () => {
      assert.equal(await reachedFromOutside(a.publicIp), false);
      assert.equal(await reaches(b, a.privateIp), true);
      assert.equal(await reachedFromOutside(b.publicIp), true);
      assert.ok((await dropped(names.publicRouter)) > 0, "packets met the fault");
    });
    await endsByItself(id);
    assert.equal(await reachedFromOutside(a.publicIp), true);
    assert.deepEqual(await remains(), []);
  });

  it("a partition cuts the private side only", async () => {
    const { id } = await begin({ kind: "partition", server: "a", from: "private" });
    assert.equal(await reaches(b, a.privateIp), false);
    assert.equal(await reaches(a, b.privateIp), false);
    assert.equal(await reachedFromOutside(a.publicIp), true);
    await end(id);
    assert.equal(await reaches(b, a.privateIp), true);
    assert.deepEqual(await remains(), []);
  });

  it("two machines do not reach each other, and everyone else reaches both", async () => {
    const { id } = await begin({ kind: "partition", server: "a", from: { server: "b" } });
    assert.equal(await reaches(a, b.privateIp), false);
    assert.equal(await reaches(b, a.publicIp), false);
    assert.equal(await reachedFromOutside(a.publicIp), true);
    assert.equal(await reachedFromOutside(b.publicIp), true);
    await end(id);
    assert.equal(await reaches(a, b.privateIp), true);
    assert.equal(await reaches(b, a.publicIp), true);
  });

  it("overlapping faults end one by one", async () => {
    const cut = await begin({ kind: "partition", server: "a", from: "everything" });
    const also = await begin({ kind: "partition", server: "a", from: "private" });
    await end(cut.id);
    assert.equal(await reachedFromOutside(a.publicIp), true);
    assert.equal(await reaches(b, a.privateIp), false);
    await end(also.id);
    assert.equal(await reaches(b, a.privateIp), true);
    assert.deepEqual(await remains(), []);
  });

  const lossy = {
    kind: "network",
    server: "a",
    side: "private",
    lossPercent: 0,
    delayMs: 0,
    jitterMs: 0,
  } as const;

  it("loses packets in both directions", async () => {
    const { id } = await begin({ ...lossy, lossPercent: 30 });
    const { output } = await inMachine(settings, b.id, `ping -q -i 0.01 -c 400 -W 1 ${a.privateIp}`);
    const lost = Number(/([\d.]+)% packet loss/.exec(output)?.[1]);
    // 0.7 * 0.7 come back: 51 % are lost, with a standard deviation of 2.5 % for 400.
    assert.ok(lost > 40 && lost < 62, output);
    await end(id);
    assert.match(await mustRun(settings, b.id, `ping -q -i 0.01 -c 50 ${a.privateIp}`), / 0% packet loss/);
  });

  it("delays packets where the kernel can, and else says why not", async () => {
    const roundTrip = async () => {
      const output = await mustRun(settings, b.id, `ping -q -i 0.1 -c 10 ${a.privateIp}`);
      return Number(/= [\d.]+\/([\d.]+)\//.exec(output)?.[1]);
    };
    assert.ok((await roundTrip()) < 50);
    const probe = await execa("unshare", ["--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem"], {
      reject: false,
    });
    if (probe.exitCode !== 0) {
      await assert.rejects(begin({ ...lossy, delayMs: 100 }), /kernel cannot delay packets/);
      assert.deepEqual(await inForce(), []);
      console.log("      delay itself was not run: this kernel has no netem");
      return;
    }
    const { id } = await begin({ ...lossy, delayMs: 100, jitterMs: 10 });
    const late = await roundTrip();
    assert.ok(late > 85 && late < 200, String(late));
    await end(id);
    assert.ok((await roundTrip()) < 50);
    assert.deepEqual(await remains(), []);
  });

  it("a full disk refuses every write, costs the host nothing, and has room again", async () => {
    const folder = `/mnt/HC_Volume_${volume}`;
    const write = () =>
      inMachine(settings, a.id, `dd if=/dev/zero of=${folder}/probe bs=64k count=1 conv=fsync`);
    const listing = () => mustRun(settings, a.id, `ls -A ${folder} | grep -v -e lost+found -e probe || :`);
    assert.equal((await write()).exitCode, 0);
    await mustRun(settings, a.id, `rm ${folder}/probe`);
    const id = await look({ kind: "full-disk", server: "a", path: folder }, 6, async () => {
      const refused = await write();
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.output, /No space left on device/);
      const { blocks } = await stat(join(settings.paths.volumes, `${volume}.img`));
      assert.ok(blocks * 512 < 500 * 1024 ** 2, `${blocks} blocks of the host are taken`);
    });
    await endsByItself(id);
    assert.equal((await write()).exitCode, 0);
    assert.equal(await listing(), "");
  });

  it("fills a server's own disk, where the host limits it", async () => {
    const write = () =>
      inMachine(settings, b.id, "dd if=/dev/zero of=/var/lib/probe bs=64k count=1 conv=fsync");
    const fault: Fault = { kind: "full-disk", server: "b", path: "/var/lib" };
    if ((await whyNoDiskLimit()) !== undefined) {
      await assert.rejects(begin(fault), /no disk of limited size/);
      return;
    }
    const { id } = await begin(fault);
    assert.match((await write()).output, /No space left on device/);
    await end(id);
    assert.equal((await write()).exitCode, 0);
    await mustRun(settings, b.id, "rm /var/lib/probe");
  });

  it("refuses to fill what has no limit of its own, and what is no folder", async () => {
    const fill = (path: string) => begin({ kind: "full-disk", server: "a", path });
    await assert.rejects(fill("/run"), /no disk of limited size/);
    await assert.rejects(fill("/etc/hostname"), /must be a folder/);
    await assert.rejects(fill("/missing; touch /tmp/x"), /is not there/);
    assert.equal((await inMachine(settings, a.id, "test -e /tmp/x")).exitCode, 1);
    assert.deepEqual(await inForce(), []);
  });

  it("poisons the route to the metadata, which a pinned route survives", async () => {
    const asked = () =>
      inMachine(settings, a.id, "curl -sf -m 2 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    assert.equal((await asked()).output, String(a.id));
    const { id } = await begin({ kind: "metadata", server: "a", how: "poisoned-route" });
    assert.notEqual((await asked()).exitCode, 0);
    const pin = "169.254.169.254/32 via 172.31.1.1 dev eth0 onlink metric 100";
    await mustRun(settings, a.id, `ip route add ${pin}`);
    assert.equal((await asked()).output, String(a.id));
    await mustRun(settings, a.id, `ip route del ${pin}`);
    await end(id);
    assert.equal((await asked()).output, String(a.id));
  });

  it("answers metadata late", async () => {
    const asked = (seconds: number) =>
      inMachine(
        settings,
        a.id,
        `curl -sf -m ${seconds} http://169.254.169.254/hetzner/v1/metadata/instance-id`,
      );
    const { id } = await begin({ kind: "metadata", server: "a", how: "slow" });
    assert.equal((await asked(2)).exitCode, 28, "curl's time-out");
    await end(id);
    assert.equal((await asked(2)).output, String(a.id));
  });

  it("survives the kill -9 of its daemon: ends what has expired, goes on timing the rest", async () => {
    const folder = `/mnt/HC_Volume_${volume}`;
    const frozen = await begin({ kind: "freeze", server: "b" }, 3);
    const cut = await begin({ kind: "partition", server: "b", from: "private" }, 3);
    const apart = await begin({ kind: "partition", server: "a", from: "internet" }, 120);
    const full = await begin({ kind: "full-disk", server: "a", path: folder }, 120);
    const refusing = await begin({ kind: "api", effect: "unavailable", pattern: "GET /volumes" }, 120);
    const { pid } = (await readStatus(settings)) ?? assert.fail("no daemon");
    process.kill(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    assert.equal(await reachedFromOutside(a.publicIp), false, "in force without a daemon");

    const brought = await command("up");
    assert.equal(brought.exitCode, 0, brought.stderr);
    await endsByItself(frozen.id);
    await endsByItself(cut.id);
    assert.equal(await reaches(a, b.privateIp), true);
    assert.equal((await remains()).length, 1, "only what is in force");
    await mustRun(settings, b.id, "systemctl is-system-running --wait || :");
    assert.deepEqual(await inForce(), [apart.id, full.id, refusing.id]);
    assert.equal(await reachedFromOutside(a.publicIp), false);
    assert.notEqual(
      (await inMachine(settings, a.id, `dd if=/dev/zero of=${folder}/p bs=64k count=1`)).exitCode,
      0,
    );
    await assert.rejects(api("GET", "/volumes"), /503/);
    const listed = await command("fault", "list");
    assert.match(
      listed.stdout,
      new RegExp(`fault ${apart.id}: a is without its public side \\(ends in \\d+ s\\)`),
    );

    assert.equal((await command("fault", "end", "all")).exitCode, 0);
    assert.deepEqual(await inForce(), []);
    assert.deepEqual(await remains(), []);
    assert.equal(await reachedFromOutside(a.publicIp), true);
    await api("GET", "/volumes");
    await mustRun(settings, a.id, `dd if=/dev/zero of=${folder}/p bs=64k count=1 && rm ${folder}/p`);
  });

  it("a partition holds over a reboot of its machine", async () => {
    const { id } = await begin({ kind: "partition", server: "b", from: "internet" });
    await succeeded((await api("POST", `/servers/${b.id}/actions/reset`)).action.id);
    await eventually("b is back", () => reaches(a, b.privateIp));
    assert.equal(await reachedFromOutside(b.publicIp), false);
    await end(id);
    assert.equal(await reachedFromOutside(b.publicIp), true);
  });

  it("power-off is seen by the API, and power comes back by itself", async () => {
    const status = async () => (await api("GET", `/servers/${b.id}`)).server.status;
    const begun = await command("fault", "power-off", "b", "--for", "4s");
    assert.equal(begun.exitCode, 0, begun.stderr);
    assert.match(begun.stdout, /b has no power/);
    assert.equal(await status(), "off");
    assert.equal(await reaches(a, b.privateIp), false);
    await eventually("b runs again", async () => (await status()) === "running", 30);
    await eventually("b answers", () => reaches(a, b.privateIp));
    assert.deepEqual(await inForce(), []);
  });

  it("names what is wrong, on the command line too", async () => {
    const unknown = await command("fault", "freeze", "nobody");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /fault\.server "nobody": use one of a, b/);
    const clock = await command("fault", "clock-shift", "a", "--by", "1h");
    assert.match(clock.stderr, /share the host's wall clock/);
  });

  it("leaves nothing behind, down in the middle of a fault included", async () => {
    await begin({ kind: "freeze", server: "a" });
    await begin({ kind: "partition", server: "b", from: "everything" });
    const result = await command("down");
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await leftovers(settings), []);
    assert.equal(existsSync(settings.paths.faults), false);
  });
});
