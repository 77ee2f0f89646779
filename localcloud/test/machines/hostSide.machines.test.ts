import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import type { NetworkSpec, World } from "../../src/host/contract";
import { readProcesses } from "../../src/linux/services";
import { createLinuxHost, type LinuxHost } from "../../src/linuxHost";
import { leftovers, removeEverything } from "../../src/linuxHost/remove";
import { cgroupFolders, limitSupport } from "../../src/machines/cgroups";
import { whyNoDiskLimit } from "../../src/machines/disk";
import { type MetadataService, startMetadataService } from "../../src/metadata/server";
import { ipv6Works } from "../../src/network/forwarding";
import { localCloudSettings } from "../../src/settings/cloud";
import { firstHost6, hostAddress6, internetAddress6, namesOf } from "../../src/settings/names";
import {
  eventually,
  inMachine,
  labNetwork,
  labServer,
  labWorld,
  mustRun,
  ownLab,
  waitForCloudInit,
  whyNoMachines,
} from "./lab";
import { lan } from "./lan";

/** All of cloud-init's common parts in one, as a client must send what is no text. */
const multipart = gzipSync(
  `Content-Type: multipart/mixed; boundary="=="
MIME-Version: 1.0

--==
Content-Type: text/cloud-config; charset="us-ascii"

write_files:
  - path: /root/config
    content: config
--==
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/sh
echo script >/root/script
--==
Content-Type: text/cloud-boothook; charset="us-ascii"

#!/bin/sh
echo hook >/root/hook
--==--
`,
).toString("base64");

const longScript = "#!/bin/sh\necho long script >/root/script\n#".padEnd(32 * 1024, "x");

describe("machines and the host around them", function () {
  this.timeout(300_000);
  const settings = localCloudSettings(ownLab("side", 9));
  const secret = "#cloud-config\n# secret of node1\n";
  const one = labServer(settings, 1, { userData: secret });
  const two = labServer(settings, 2, { projectId: 2, diskGb: 1, userData: multipart });
  const hidden = labServer(settings, 3, { publicIpv4: null, publicIpv6: null, userData: longScript });
  const servers = [one, two, hidden];
  const neighbours = lan(settings);
  let host: LinuxHost;
  let metadata: MetadataService;
  let world: World = labWorld(servers);

  const reconcile = async (next: World) => {
    world = next;
    await host.reconcileNetwork(world);
  };
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
    await removeEverything(settings);
    host = await createLinuxHost(settings, { world });
    await host.reconcileNetwork(world);
    metadata = await startMetadataService(settings, () => world);
    await Promise.all(
      servers.map(async (server) => {
        await host.createServer(server);
        await host.start(server);
        await waitForCloudInit(settings, server.id);
      }),
    );
    await neighbours.make();
  });

  after(async () => {
    if (host === undefined) return;
    metadata?.close();
    await neighbours.remove();
    host.close();
    await removeEverything(settings);
    assert.deepEqual(await leftovers(settings), []);
  });

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
      host.close();
      host = await createLinuxHost(settings, { world });
      await host.reconcileNetwork(world);
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

  /** A lease that stays when its client is gone. */
  const leaseOnce = (device: string) =>
    `dhclient -1 -4 -pf /run/once.pid ${device} && until kill "$(cat /run/once.pid)"; do sleep 0.05; done 2>/dev/null`;
  const configured = (id: number, device: string) =>
    mustRun(
      settings,
      id,
      `ip -o link show ${device} | grep -o "mtu [0-9]*"; ip -4 -o address show dev ${device} | awk '{ print $4 }'; ip -4 route show dev ${device} | sed 's/ proto .*//; s/ *$//' | sort`,
    );

  const leases: [string, number, string][] = [
    ["a public interface", 1, "eth0"],
    ["a private interface", 1, "enp7s0"],
    ["the only interface of a private server", 3, "enp7s0"],
  ];
  for (const [what, id, device] of leases) {
    it(`gives ${what} by DHCP what it was given at boot`, async () => {
      const preset = await configured(id, device);
      await mustRun(settings, id, `ip address flush dev ${device}; ip link set ${device} down mtu 1500`);
      await mustRun(settings, id, leaseOnce(device));
      assert.equal(await configured(id, device), preset);
      assert.match(await mustRun(settings, id, "cat /etc/resolv.conf"), /^nameserver 185\.12\.64\.1$/m);
    });
  }

  const other: NetworkSpec = {
    ...labNetwork,
    id: 6,
    ipRange: "10.9.0.0/16",
    gateway: "10.9.0.1",
    subnets: ["10.9.0.0/24"],
  };
  const attachment = {
    networkId: 6,
    ip: "10.9.0.2",
    aliasIps: ["10.9.0.77"],
    macAddress: "86:00:00:00:06:02",
  };
  const attachedLease = "mtu 1450\n10.9.0.2/32\n10.9.0.0/16 via 10.9.0.1\n10.9.0.1 scope link";

  it("lets a running guest configure an interface that is plugged in, and end its client when it goes", async () => {
    const attached = { ...two, attachments: [...two.attachments, attachment] };
    const before = world;
    await reconcile({ ...world, servers: [one, attached, hidden], networks: [labNetwork, other] });
    await eventually("the lease", async () => (await configured(2, "enp8s0")) === attachedLease);
    await mustRun(settings, 2, "ping -c1 -W2 10.9.0.1");
    assert.equal(await mustRun(settings, 2, "systemctl is-active hc-net-ifup@enp8s0"), "active");

    await reconcile(before);
    await eventually("no client", async () => {
      const { output } = await inMachine(settings, 2, "systemctl is-active hc-net-ifup@enp8s0");
      return output === "inactive";
    });
    await eventually("no server", async () => (await dhcpServers()).join() === "dhcp-n5,dhcp-pub");
    await mustRun(settings, 2, "systemctl mask --quiet hc-net-ifup@enp8s0");
    await reconcile({ ...world, servers: [one, attached, hidden], networks: [labNetwork, other] });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.match(await mustRun(settings, 2, "ip -o link show enp8s0"), /state DOWN/, "masked as users do");
    await reconcile(before);
    await mustRun(settings, 2, "systemctl unmask --quiet hc-net-ifup@enp8s0");
  });

  it("gives a private address to another server when the one that had it is gone", async () => {
    const before = world;
    const withServers = (servers: World["servers"]) => ({ ...world, servers, networks: [labNetwork, other] });
    const second = { ...two, attachments: [...two.attachments, attachment] };
    await reconcile(withServers([one, second, hidden]));
    await eventually("the lease", async () => (await configured(2, "enp8s0")) === attachedLease);
    const heir = { ...attachment, macAddress: "86:00:00:00:06:01" };
    const first = { ...one, attachments: [...one.attachments, heir] };
    await reconcile(withServers([first, two, hidden]));
    await eventually("the lease", async () => (await configured(1, "enp8s0")) === attachedLease);
    await reconcile(before);
  });

  const dhcpServers = async () => (await readProcesses(settings)).map(({ name }) => name).sort();

  it("starts a DHCP server again that died, and replaces it under another daemon", async () => {
    const find = async () => (await readProcesses(settings)).find(({ name }) => name === "dhcp-pub")?.pid;
    const first = await find();
    process.kill(first ?? 0, "SIGKILL");
    await eventually("another server", async () => ![undefined, first].includes(await find()));
    const second = await find();
    host.close();
    host = await createLinuxHost(settings, { world });
    await host.reconcileNetwork(world);
    await eventually("one of the new daemon", async () => ![undefined, second].includes(await find()));
    await eventually("one for each router", async () => (await dhcpServers()).join() === "dhcp-n5,dhcp-pub");
  });

  it("can poison the metadata route of one server and heal it", async () => {
    const ask = (id: number) =>
      inMachine(settings, id, "curl -s -m 1 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    await host.poisonMetadataRoute(1, true);
    assert.equal((await ask(1)).exitCode, 28);
    assert.equal((await ask(2)).output, "2");
    await mustRun(
      settings,
      1,
      `ip address flush dev enp7s0; ip link set enp7s0 down; ${leaseOnce("enp7s0")}`,
    );
    assert.equal((await ask(1)).exitCode, 28, "the lease says the same");
    await host.poisonMetadataRoute(1, false);
    assert.equal((await ask(1)).output, "1");
    await host.poisonMetadataRoute(1, false);
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
      await reconcile({ ...world, networks: [throughNode1] });
      await eventually("an answer", async () => (await inMachine(settings, 2, instance)).output === "1", 10);
      assert.equal(
        await mustRun(settings, 3, instance),
        "3",
        "a private-only server has its own, by its lease's route",
      );
    } finally {
      await reconcile({ ...world, networks: [labNetwork] });
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
    await host.powerOff(2);
    const bigger = { ...two, diskGb: 2, memoryGb: 8, cores: 4 };
    await reconcile({ ...world, servers: [one, bigger, hidden] });
    await host.start(bigger);
    await near(2_048);
    await assertLimits(8, 4);
    assert.equal(await mustRun(settings, 2, "cat /root/kept; head -c 300M /dev/zero >/root/more"), "kept");
    const bytes = await host.createSnapshot(4712, bigger);
    assert.ok(bytes > 1_000_000, `${bytes} bytes`);
    await host.removeSnapshot(4712);
    await host.rebuildServer(bigger);
    await host.start(bigger);
    assert.notEqual((await inMachine(settings, 2, "cat /root/kept")).exitCode, 0);
    await near(2_048);
  });

  it("can be slow with metadata, for one server", async () => {
    const ask = (id: number) =>
      inMachine(settings, id, "curl -s -m 1 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    metadata.slow(1, 3_000);
    assert.equal((await ask(1)).exitCode, 28);
    assert.equal((await ask(2)).output, "2");
    metadata.slow(1, 0);
    assert.equal((await ask(1)).output, "1");
  });
});
