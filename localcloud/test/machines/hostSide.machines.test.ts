import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { NetworkSpec } from "../../src/host/contract";
import { cgroupFolders, limitSupport } from "../../src/machines/cgroups";
import { whyNoDiskLimit } from "../../src/machines/disk";
import { ipv6Works } from "../../src/network/forwarding";
import { firstHost6, hostAddress6, internetAddress6, namesOf } from "../../src/settings/names";
import { eventually, inMachine, labNetwork, mustRun, whyNoMachines } from "./lab";
import { leaseOnce, leasesByDhcp } from "./support/leases";
import { multipart, SideLab, secret } from "./support/sideLab";

describe("machines and the host around them", function () {
  this.timeout(300_000);
  const lab = new SideLab();
  const { settings, one, two, hidden, neighbours, reconcile } = lab;
  const throughNode1: NetworkSpec = {
    ...labNetwork,
    routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.11" }],
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await lab.up();
  });

  after(() => lab.down());

  const forms: [string, number, string, string][] = [
    ["the cloud-config of a gzipped MIME multipart in base64", 2, "/root/config", "config"],
    ["the script of the same", 2, "/root/script", "script"],
    ["the boothook of the same", 2, "/root/hook", "hook"],
    ["a script of 32 KiB", 3, "/root/script", "long script"],
  ];
  for (const [what, id, file, content] of forms) {
    it(`takes as user data ${what}`, async () => {
      assert.equal(await mustRun(settings, id, `cat ${file}`), content);
    });
  }

  it("lets nobody in who shares a network with the host and routes the cloud's ranges to it", async () => {
    const tries = [
      ["a machine", `${one.publicIpv4}`, 22],
      ["the host's address in the cloud", settings.hostAddress, settings.apiPort],
    ] as const;
    const listener = await neighbours.listenOnHost(settings.hostAddress, settings.apiPort);
    try {
      assert.ok(
        await neighbours.connects(neighbours.hostAddress, 22_222),
        "the neighbour reaches the host itself",
      );
      for (const [what, address, port] of tries) {
        assert.equal(await neighbours.connects(address, port), false, what);
      }
      await execa("nft", ["flush", "chain", "inet", namesOf(settings).hostTable, "outsiders"]);
      for (const [what, address, port] of tries) {
        assert.equal(await neighbours.connects(address, port), true, `${what}, without the rule`);
      }
    } finally {
      listener.close();
      await lab.anotherDaemon();
    }
    assert.equal(await neighbours.connects(`${one.publicIpv4}`, 22), false, "another daemon closes it again");
  });

  it("reaches the outside by IPv4 and IPv6 with the host's own address, and no private network there", async function () {
    const seen = (id: number, url: string) => mustRun(settings, id, `curl -s -m 5 ${url}`);
    const echo = await neighbours.echoSources();
    try {
      assert.equal(await seen(1, `http://${neighbours.address}:8099/`), neighbours.hostAddress);
      const { stdout } = await execa("curl", ["-s", `http://${neighbours.privateAddress}:8099/`]);
      assert.notEqual(stdout, "", "the host reaches the private network");
      const tried = await inMachine(settings, 1, `curl -s -m 5 http://${neighbours.privateAddress}:8099/`);
      assert.equal(tried.exitCode, 7, "refused at once, no silence until the time is over");
      if (!(await ipv6Works())) this.skip();
      assert.equal(await seen(1, `http://[${neighbours.address6}]:8099/`), neighbours.hostAddress6);
    } finally {
      await echo.stop();
    }
  });

  it("has IPv6 between machines, host and outside client, and none without a public interface", async function () {
    if (!(await ipv6Works())) this.skip();
    const address = firstHost6(two.publicIpv6 ?? "");
    assert.match(await mustRun(settings, 1, "ip -6 route show default"), /^default via fe80::1 dev eth0/);
    for (const target of [address, hostAddress6(settings), internetAddress6(settings)]) {
      await mustRun(settings, 1, `ping -6 -c1 -W2 ${target}`);
    }
    const banner = `exec 3<>/dev/tcp/${address}/22; head -c4 <&3`;
    await execa("ip", ["netns", "exec", namesOf(settings).internet, "bash", "-c", banner]);
    const global = "ip -6 -o address show scope global";
    assert.equal(await mustRun(settings, 3, global), "");
    assert.notEqual((await inMachine(settings, 3, `ping -6 -c1 -W1 ${address}`)).exitCode, 0);
  });

  it("answers metadata to nobody but the machine itself, whatever it tries", async () => {
    const userData = "http://169.254.169.254/hetzner/v1/userdata";
    assert.equal(await mustRun(settings, 1, `curl -sf -m 5 ${userData}`), secret.trim());
    assert.equal(await mustRun(settings, 2, `curl -sf -m 5 ${userData}`), multipart);
    await mustRun(settings, 2, `ip address add ${one.publicIpv4}/32 dev lo`);
    for (const disguise of [
      `--interface ${one.publicIpv4}`,
      "-H 'X-Forwarded-For: 198.18.0.2' -H 'Host: node1'",
      "--path-as-is",
    ]) {
      const { output } = await inMachine(settings, 2, `curl -s -m 2 ${disguise} ${userData}`);
      assert.doesNotMatch(output, /secret/, disguise);
    }
    await mustRun(settings, 2, `ip address del ${one.publicIpv4}/32 dev lo`);
  });

  it("keeps machines away from the control API and from all other ports of the host", async () => {
    const listeners = await Promise.all(
      ["127.0.0.1", settings.hostAddress].map((address) =>
        neighbours.listenOnHost(address, settings.controlPort),
      ),
    );
    try {
      for (const target of ["127.0.0.1", settings.hostAddress, neighbours.hostAddress]) {
        const port = target === neighbours.hostAddress ? 22_222 : settings.controlPort;
        const { exitCode } = await inMachine(settings, 1, `nc -z -w1 ${target} ${port}`);
        assert.notEqual(exitCode, 0, target);
      }
    } finally {
      for (const listener of listeners) listener.close();
    }
  });

  leasesByDhcp(lab);

  it("can poison the metadata route of one server and heal it", async () => {
    const ask = (id: number) =>
      inMachine(settings, id, "curl -s -m 1 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    await lab.host.poisonMetadataRoute(1, true);
    assert.equal((await ask(1)).exitCode, 28);
    assert.equal((await ask(2)).output, "2");
    await mustRun(
      settings,
      1,
      `ip address flush dev enp7s0; ip link set enp7s0 down; ${leaseOnce("enp7s0")}`,
    );
    assert.equal((await ask(1)).exitCode, 28, "the lease says the same");
    await lab.host.poisonMetadataRoute(1, false);
    assert.equal((await ask(1)).output, "1");
    await lab.host.poisonMetadataRoute(1, false);
  });

  it("answers a request through a NAT server with that server's data", async () => {
    const instance = "curl -s -m 2 http://169.254.169.254/hetzner/v1/metadata/instance-id";
    await mustRun(
      settings,
      1,
      "sysctl -qw net.ipv4.ip_forward=1; nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname eth0 masquerade'",
    );
    assert.equal(await mustRun(settings, 2, instance), "2");
    await mustRun(settings, 2, "ip route add 169.254.169.254 via 10.0.0.1 dev enp7s0");
    try {
      assert.equal((await inMachine(settings, 2, instance)).exitCode, 28, "a black hole: curl times out");
      await reconcile({ ...lab.world, networks: [throughNode1] });
      await eventually("an answer", async () => (await inMachine(settings, 2, instance)).output === "1", 10);
      assert.equal(
        await mustRun(settings, 3, instance),
        "3",
        "a private-only server has its own, by its lease's route",
      );
    } finally {
      await reconcile({ ...lab.world, networks: [labNetwork] });
      await mustRun(settings, 2, "ip route del 169.254.169.254 via 10.0.0.1 dev enp7s0");
    }
  });

  /** What the host's control groups say of machine 2, where they can say it. */
  const assertLimits = async (memoryGb: number, cores: number) => {
    const expected: Record<string, string> = {
      "memory.limit_in_bytes": String(memoryGb * 1024 ** 3),
      "memory.max": String(memoryGb * 1024 ** 3),
      "cpu.cfs_quota_us": String(cores * 100_000),
      "cpu.max": `${cores * 100_000} 100000`,
    };
    const found: string[] = [];
    for (const folder of await cgroupFolders(settings)) {
      for (const [name, value] of Object.entries(expected)) {
        const text = await readFile(join(folder, "m2", name), "utf8").catch(() => undefined);
        if (text === undefined) continue;
        assert.equal(text.trim(), value, name);
        found.push(name);
      }
    }
    if ((await limitSupport()) !== "none") assert.notDeepEqual(found, []);
  };

  it("has a disk of its size, which fills up, grows with its type and is new after a rebuild", async function () {
    const reason = await whyNoDiskLimit();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const size = async () => Number(await mustRun(settings, 2, "df --output=size -B1000000 / | tail -1"));
    const near = async (megabytes: number) => {
      const found = await size();
      assert.ok(found > megabytes * 0.85 && found <= megabytes, `${found} MB`);
    };
    await near(1_024);
    assert.match(
      await mustRun(settings, 2, "stat -f -c %T /var/lib/docker"),
      /xfs/,
      "no overlay below overlay2",
    );
    const full = await inMachine(settings, 2, "echo kept >/root/kept; head -c 1100M /dev/zero >/root/big");
    assert.match(full.output, /No space left on device/);
    await lab.host.powerOff(2);
    const bigger = { ...two, diskGb: 2, memoryGb: 8, cores: 4 };
    await reconcile({ ...lab.world, servers: [one, bigger, hidden] });
    await lab.host.start(bigger);
    await near(2_048);
    await assertLimits(8, 4);
    assert.equal(await mustRun(settings, 2, "cat /root/kept; head -c 300M /dev/zero >/root/more"), "kept");
    const bytes = await lab.host.createSnapshot(4712, bigger);
    assert.ok(bytes > 1_000_000, `${bytes} bytes`);
    await lab.host.removeSnapshot(4712);
    await lab.host.rebuildServer(bigger);
    await lab.host.start(bigger);
    assert.notEqual((await inMachine(settings, 2, "cat /root/kept")).exitCode, 0);
    await near(2_048);
  });

  it("can be slow with metadata, for one server", async () => {
    const ask = (id: number) =>
      inMachine(settings, id, "curl -s -m 1 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    lab.metadata.slow(1, 3_000);
    assert.equal((await ask(1)).exitCode, 28);
    assert.equal((await ask(2)).output, "2");
    lab.metadata.slow(1, 0);
    assert.equal((await ask(1)).output, "1");
  });
});
