import assert from "node:assert/strict";
import { execa } from "execa";
import type { ServerSpec, World } from "../../src/host/contract";
import { ensureHostPackages } from "../../src/linux/hostPackages";
import { createLinuxHost, type LinuxHost } from "../../src/linuxHost";
import { leftovers, removeEverything } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { limitSupport } from "../../src/machines/cgroups";
import { ensureBaseImage } from "../../src/machines/image";
import { type MetadataService, startMetadataService } from "../../src/metadata/server";
import { ipv6Works } from "../../src/network/forwarding";
import { localCloudSettings } from "../../src/settings/cloud";
import { metadataListener, namesOf, routeProtocol } from "../../src/settings/names";
import {
  eventually,
  inMachine,
  labNetwork,
  labServer,
  labWorld,
  mustRun,
  ownLab,
  whyNoMachines,
} from "./lab";

describe("machine room on real machines", function () {
  this.timeout(300_000);
  const settings = localCloudSettings(ownLab("room", 0));
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyKeyOfATestThatOpensNothing000000000000 test";
  const one = labServer(settings, 1, {
    sshKeys: [key],
    userData: "#cloud-config\nwrite_files:\n  - path: /root/greeting\n    content: hello\n",
  });
  const two = labServer(settings, 2, { memoryGb: 1 });
  const hidden = labServer(settings, 3, { publicIpv4: null, publicIpv6: null });
  const floating = { id: 9, cidr: `${settings.floatingRange.replace(".0/24", ".9")}/32`, serverId: 1 };
  const floatingIp = floating.cidr.replace("/32", "");
  const exits: string[] = [];
  let host: LinuxHost;
  let metadata: MetadataService;
  let world: World;

  const reconcile = async (next: World) => {
    world = next;
    await host.reconcileNetwork(world);
  };
  const bootAll = async (servers: readonly ServerSpec[]) => {
    await Promise.all(
      servers.map(async (server) => {
        await host.createServer(server);
        await host.start(server);
      }),
    );
    for (const { id } of servers) {
      await eventually(`cloud-init of ${id}`, async () => {
        const { output } = await inMachine(settings, id, "cloud-init status");
        return output.includes("done");
      });
    }
  };
  const open = async () => {
    host = await createLinuxHost(settings, { world });
    host.onExit((id, reason) => exits.push(`${id} ${reason}`));
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await ensureHostPackages(["systemd-container", "debootstrap", "nftables", "xfsprogs"]);
    await ensureBaseImage();
    await removeEverything(settings);
    world = labWorld([one, two, hidden], { floatingAddresses: [floating] });
    await open();
    await host.reconcileNetwork(world);
    metadata = await startMetadataService(settings, () => world);
    await bootAll([one, two, hidden]);
  });

  after(async () => {
    metadata?.close();
    if (host !== undefined) await removeEverything(settings);
  });

  it("boots Debian machines whose init finds nothing to complain about", async () => {
    await eventually("a running system", async () => {
      const { output } = await inMachine(settings, 1, "systemctl is-system-running");
      return output === "running";
    });
    assert.equal(await mustRun(settings, 1, "systemctl --failed --no-legend"), "");
    assert.match(await mustRun(settings, 1, "cat /etc/os-release"), /VERSION_ID="13"/);
  });

  it("builds no caches at the first boot that the image has already", async () => {
    const asked = await mustRun(settings, 1, "systemctl show -p ConditionResult --value ldconfig.service");
    assert.equal(asked, "no");
    await mustRun(settings, 1, "test /usr/lib/local-cloud/serial -nt /etc/.updated");
  });

  it("puts back a route that went, and one that leads elsewhere", async () => {
    const { publicRouter } = namesOf(settings);
    const route = (...change: string[]) => execa("ip", ["-n", publicRouter, "route", ...change]);
    const routes = async () =>
      (await route("show", "proto", String(routeProtocol))).stdout.split("\n").sort();
    const before = await routes();
    await route("del", one.publicIpv4 ?? "");
    await route("replace", "blackhole", two.publicIpv4 ?? "", "proto", String(routeProtocol));
    assert.notDeepEqual(await routes(), before);
    await host.reconcileNetwork(world);
    assert.deepEqual(await routes(), before);
  });

  it("gives each machine its own metadata, known by its port", async () => {
    const instance = "curl -sf -m 5 http://169.254.169.254/hetzner/v1/metadata/instance-id";
    assert.equal(await mustRun(settings, 1, instance), "1");
    assert.equal(await mustRun(settings, 2, instance), "2");
    assert.equal(
      await mustRun(settings, 3, instance),
      "3",
      "without public interface, over the private link",
    );
    const direct = `curl -s -m 2 http://${metadataListener(settings)}:${settings.metadataPort}/hetzner/v1/userdata`;
    assert.notEqual((await inMachine(settings, 2, direct)).exitCode, 0);
  });

  it("applies keys, host name and user data through cloud-init", async () => {
    assert.equal(await mustRun(settings, 1, "cat /root/greeting"), "hello");
    assert.equal(await mustRun(settings, 1, "hostname"), "node1");
    assert.match(await mustRun(settings, 1, "cat /root/.ssh/authorized_keys"), /DummyKey/);
    const keys = await Promise.all([1, 2].map((id) => mustRun(settings, id, "cat /etc/ssh/ssh_host_*.pub")));
    assert.notEqual(keys[0], keys[1]);
  });

  it("runs cloud-init's own Hetzner datasource, changed in nothing but where the serial number comes from", async () => {
    const own = await mustRun(
      settings,
      1,
      `python3 -c 'from cloudinit.sources import DataSourceHetznerLocal as d; print(*[k for k in vars(d.DataSourceHetznerLocal) if not k.startswith("_")])'`,
    );
    assert.equal(own, "check_instance_id");
    assert.match(await mustRun(settings, 1, "cloud-id"), /hetzner/i);
  });

  it("reaches public IPv6 addresses between servers", async function () {
    if (!(await ipv6Works())) this.skip();
    const address = two.publicIpv6?.replace("/64", "1");
    await mustRun(settings, 1, `ping -6 -c1 -W2 ${address}`);
    await execa("bash", ["-c", `exec 3<>/dev/tcp/${address}/22; head -c4 <&3`]);
  });

  it("has the interfaces of a Hetzner server", async () => {
    const routes = await mustRun(settings, 1, "ip -4 route show");
    assert.match(routes, /^default via 172\.31\.1\.1 dev eth0/m);
    assert.match(routes, /^10\.0\.0\.0\/16 via 10\.0\.0\.1 dev enp7s0/m);
    const links = await mustRun(settings, 1, "ip -o link show");
    assert.match(links, /eth0@.* mtu 1500 .*96:00:00:00:00:01/);
    assert.match(links, /enp7s0@.* mtu 1450 .*86:00:00:00:00:01/);
    assert.doesNotMatch(await mustRun(settings, 3, "ip -o link show"), /eth0/);
  });

  it("routes the private network: neighbours are one hop away and share no layer 2", async () => {
    assert.match(await mustRun(settings, 1, "ping -c1 -W2 10.0.1.12"), /ttl=63/);
    await mustRun(settings, 1, "ip neigh flush all; ping -c1 -W2 10.0.1.12");
    assert.doesNotMatch(await mustRun(settings, 1, "ip neigh show dev enp7s0"), /10\.0\.1\.12/);
  });

  it("limits a machine's memory where the host's control groups can", async function () {
    if ((await limitSupport()) === "none") {
      console.log("      skipped: no memory controller on this host");
      this.skip();
    }
    const take = (megabytes: number) =>
      `systemd-run --quiet --wait python3 -c 'len(bytearray(${megabytes} * 1024 * 1024))'`;
    await mustRun(settings, 2, take(200));
    assert.notEqual((await inMachine(settings, 2, take(1_500))).exitCode, 0);
  });

  it("drops what the API does not know: foreign sources and unknown aliases", async () => {
    await mustRun(settings, 1, "ip address add 10.0.1.99/32 dev lo");
    const spoofed = "ping -c1 -W1 -I 10.0.1.99 10.0.1.12";
    assert.notEqual((await inMachine(settings, 1, spoofed)).exitCode, 0);
    assert.notEqual((await inMachine(settings, 2, "ping -c1 -W1 10.0.1.99")).exitCode, 0);
    const known = withAlias(one, "10.0.1.99");
    await reconcile({ ...world, servers: [known, two, hidden] });
    await mustRun(settings, 1, spoofed);
    await mustRun(settings, 2, "ping -c1 -W1 10.0.1.99");
    await reconcile({ ...world, servers: [one, two, hidden] });
    assert.notEqual((await inMachine(settings, 2, "ping -c1 -W1 10.0.1.99")).exitCode, 0);
  });

  it("moves a floating IP by a route, and lets an unassigned one vanish", async () => {
    for (const id of [1, 2]) {
      await mustRun(settings, id, `ip address replace ${floatingIp}/32 dev lo`);
      await mustRun(settings, id, "mkdir -p /srv/www && hostname >/srv/www/index.html");
      await mustRun(
        settings,
        id,
        "systemd-run -q --unit=www -p WorkingDirectory=/srv/www python3 -m http.server 8080",
      );
    }
    const ask = () => outside(["curl", "-s", "-m", "2", `http://${floatingIp}:8080/`]);
    for (const id of [1, 2]) {
      await eventually(`node${id} serves`, async () => {
        const { output } = await inMachine(settings, id, "curl -s -m 2 http://127.0.0.1:8080/");
        return output === `node${id}`;
      });
    }
    assert.equal(await ask(), "node1");
    await reconcile({ ...world, floatingAddresses: [{ ...floating, serverId: 2 }] });
    assert.equal(await ask(), "node2");
    await reconcile({ ...world, floatingAddresses: [{ ...floating, serverId: null }] });
    assert.equal(await ask(), "");
    await reconcile({ ...world, floatingAddresses: [floating] });
    assert.equal(await ask(), "node1");
  });

  it("filters the public side only, and keeps what is established", async () => {
    const port = `http://${two.publicIpv4}:8080/`;
    assert.equal(await outside(["curl", "-s", "-m", "2", port]), "node2");
    const closed: ServerSpec = {
      ...two,
      firewall: [{ direction: "in", protocol: "tcp", ranges: ["0.0.0.0/0"], port: "22" }],
    };
    await reconcile({ ...world, servers: [one, closed, hidden] });
    assert.equal(await outside(["curl", "-s", "-m", "1", port]), "");
    assert.equal(await mustRun(settings, 1, "curl -s -m 2 http://10.0.1.12:8080/"), "node2");
    assert.match(
      await outside(["bash", "-c", `exec 3<>/dev/tcp/${two.publicIpv4}/22; head -c4 <&3`]),
      /SSH-/,
    );
    assert.equal(
      await mustRun(settings, 2, "curl -sf -m 2 http://169.254.169.254/hetzner/v1/metadata/hostname"),
      "node2",
    );
    await reconcile({ ...world, servers: [one, two, hidden] });
  });

  it("carries a private machine's traffic through a NAT server that an API route names", async () => {
    const routed = {
      ...labNetwork,
      routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.11" }],
    };
    await reconcile({ ...world, networks: [routed] });
    await mustRun(
      settings,
      1,
      "sysctl -qw net.ipv4.ip_forward=1; nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname eth0 masquerade'",
    );
    const server = execa(
      "ip",
      ["netns", "exec", `${settings.name}-internet`, "python3", "-c", echoSource(settings.internetAddress)],
      { reject: false },
    );
    try {
      await mustRun(settings, 3, "ip route replace default via 10.0.0.1");
      const ask = `curl -s -m 2 http://${settings.internetAddress}:8099/`;
      await eventually("an answer", async () => (await inMachine(settings, 3, ask)).output !== "", 15);
      assert.equal(await mustRun(settings, 3, ask), one.publicIpv4);
    } finally {
      server.kill("SIGTERM");
      await server;
      await reconcile({ ...world, networks: [labNetwork] });
    }
  });

  it("attaches a volume to a running machine, keeps it over a reboot, and moves it", async () => {
    const volume = { id: 7, sizeGb: 10, format: "ext4", serverId: 1 } as const;
    const device = "/dev/disk/by-id/scsi-0HC_Volume_7";
    await host.createVolume(volume);
    await host.attachVolume(volume, one, true);
    await mustRun(settings, 1, `test -b $(readlink -f ${device})`);
    await eventually("the guest's own mount, when the metadata service said yes", async () => {
      const { exitCode } = await inMachine(settings, 1, "mountpoint -q /mnt/HC_Volume_7");
      return exitCode === 0;
    });
    assert.match(
      await mustRun(settings, 1, "cat /etc/fstab"),
      /^\/dev\/disk\/by-id\/scsi-0HC_Volume_7 \/mnt\/HC_Volume_7 ext4 discard,nofail,defaults 0 0$/m,
    );
    await mustRun(settings, 1, "echo kept >/mnt/HC_Volume_7/file");

    const before = await findInit(settings, 1);
    await host.requestReboot(1);
    await eventually("another init", async () => {
      const now = await findInit(settings, 1);
      return now !== undefined && now !== before;
    });
    assert.ok(exits.includes("1 reboot"), exits.join());
    await eventually("the mount is back", async () => {
      const { output } = await inMachine(settings, 1, "cat /mnt/HC_Volume_7/file");
      return output === "kept";
    });

    await host.resizeVolume({ ...volume, sizeGb: 12 });
    assert.equal(await mustRun(settings, 1, `blockdev --getsize64 ${device}`), String(12 * 1024 ** 3));
    await host.detachVolume(volume);
    assert.notEqual((await inMachine(settings, 1, `test -e ${device}`)).exitCode, 0);
    await host.attachVolume({ ...volume, serverId: 2 }, two, false);
    await mustRun(settings, 2, "systemctl start hc-volume-automount@7");
    assert.equal(await mustRun(settings, 2, "ls -A /mnt"), "", "nobody asked for a mount");
    assert.equal(await mustRun(settings, 2, `mount ${device} /mnt && cat /mnt/file`), "kept");
    await host.detachVolume({ ...volume, serverId: 2 });
    await host.removeVolume(7);
  });

  it("makes a 2 TB volume in less than two seconds", async () => {
    const secondsFor = async (id: number, sizeGb: number) => {
      const started = process.hrtime.bigint();
      await host.createVolume({ id, sizeGb, format: "ext4", serverId: null });
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      await host.removeVolume(id);
      return seconds;
    };
    const seconds = await secondsFor(8, 2_000);
    // Where even the smallest volume takes long, the machine is busy with something else.
    const smallest = await secondsFor(9, 10);
    console.log(`      2 TB ext4: ${seconds.toFixed(2)} s, 10 GB: ${smallest.toFixed(2)} s`);
    assert.ok(seconds < Math.max(2, 5 * smallest), `took ${seconds} s, 10 GB took ${smallest} s`);
  });

  it("is found again by another daemon, with its connections", async () => {
    host.close();
    await open();
    assert.deepEqual([...(await host.running())].sort(), [1, 2, 3]);
    const steady = execa("nsenter", [
      `--net=/run/netns/${settings.name}-internet`,
      "bash",
      "-c",
      `exec 3<>/dev/tcp/${two.publicIpv4}/22; head -c4 <&3; read -r; echo >&3; cat <&3 | head -c1; echo alive`,
    ]);
    await host.reconcileNetwork(world);
    steady.stdin?.write("\n");
    assert.match((await steady).stdout, /alive/);
    assert.match(await mustRun(settings, 1, "ping -c1 -W2 10.0.1.12"), /ttl=63/);
  });

  it("ends a machine in which a command was stopped, as a shutdown stops all of them", async () => {
    const stopped = inMachine(settings, 3, "echo stops; kill -STOP $$");
    await eventually("a stopped command", async () => {
      const { output } = await inMachine(settings, 3, "ps -eo stat= | grep -c ^T || true");
      return output === "1";
    });
    const began = Date.now();
    await host.powerOff(3);
    // A stopped process would hold its unit for the 90 s after which systemd kills.
    assert.ok(Date.now() - began < 45_000, `took ${Date.now() - began} ms`);
    assert.deepEqual(await stopped, { exitCode: 137, output: "stops\nKilled" });
    await bootAll([hidden]);
  });

  it("reports a power-off from inside, and not one that it was told to do", async () => {
    exits.length = 0;
    await inMachine(settings, 3, "systemctl poweroff");
    await eventually("the exit", async () => exits.length > 0);
    assert.deepEqual(exits, ["3 poweroff"]);
    await host.powerOff(2);
    assert.deepEqual([...(await host.running())], [1]);
    assert.deepEqual(exits, ["3 poweroff"]);
    assert.equal(await outside(["curl", "-s", "-m", "1", `http://${two.publicIpv4}:8080/`]), "");
  });

  it("boots a copy of a machine from a snapshot, as a machine of its own", async () => {
    const bytes = await host.createSnapshot(4711, one);
    assert.ok(bytes > 1_000_000, `${bytes} bytes`);
    const copy = labServer(settings, 4, { image: "snapshot-4711" });
    await reconcile({ ...world, servers: [one, copy] });
    await bootAll([copy]);
    assert.equal(await mustRun(settings, 4, "cat /root/greeting"), "hello");
    assert.equal(await mustRun(settings, 4, "hostname"), "node4");
    const ids = await Promise.all([1, 4].map((id) => mustRun(settings, id, "cat /etc/machine-id")));
    assert.notEqual(ids[0], ids[1]);
    await host.removeServer(4);
    await host.removeSnapshot(4711);
  });

  it("fails when an image is not there, with what to use instead", async () => {
    await assert.rejects(
      host.createServer(labServer(settings, 6, { image: "ubuntu-24.04" })),
      /"ubuntu-24\.04" is not available .* use debian-13/,
    );
  });

  it("leaves nothing behind", async () => {
    assert.notDeepEqual(await leftovers(settings), []);
    await host.removeEverything();
    assert.deepEqual(await leftovers(settings), []);
  });

  /** Output of a command in the namespace of the outside client; empty when it fails. */
  async function outside(command: readonly string[]): Promise<string> {
    const args = ["netns", "exec", `${settings.name}-internet`, ...command];
    const { stdout } = await execa("ip", args, { reject: false });
    return (stdout ?? "").trim();
  }
});

function withAlias(server: ServerSpec, alias: string): ServerSpec {
  return {
    ...server,
    attachments: server.attachments.map((attachment) => ({ ...attachment, aliasIps: [alias] })),
  };
}

/** A server that answers with the address that it sees as the client's. */
const echoSource = (address: string) => `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
http.server.HTTPServer(("${address}", 8099), Handler).serve_forever()
`;
