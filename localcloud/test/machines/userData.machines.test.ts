import assert from "node:assert/strict";
import { createLinuxHost, type LinuxHost } from "../../src/linuxHost";
import { leftovers, removeEverything } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { hasAskedForSwap } from "../../src/machines/swap";
import { type MetadataService, startMetadataService } from "../../src/metadata/server";
import { localCloudSettings } from "../../src/settings/cloud";
import { eventually, inMachine, labServer, labWorld, mustRun, ownLab, whyNoMachines } from "./lab";

// As people write it for Hetzner's images: an account that may use sudo, a swap file, a mount after it.
const account = `#cloud-config
users:
  - name: deploy
    groups: sudo
    shell: /bin/bash
    sudo: "ALL=(ALL) NOPASSWD:ALL"
swap:
  filename: /swap.img
  size: 16777216
mounts:
  - [/swap.other, none, swap, sw, "0", "0"]
  - [tmpfs, /srv/data, tmpfs, size=1M, "0", "0"]
runcmd:
  - [su, deploy, -c, "sudo touch /root/made-by-sudo"]
  - [touch, /root/finished]
`;

const script = `#!/bin/sh
fallocate -l 16M /swapfile && chmod 600 /swapfile && mkswap /swapfile
swapon /swapfile 2>/root/said; echo $? >/root/code
swapon --show >/dev/null && touch /root/finished
`;

/** Names have up to 253 characters, a kernel's host name 64. */
const longName = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");

describe("user data of the real world", function () {
  this.timeout(300_000);
  const settings = localCloudSettings(ownLab("user", 3));
  const servers = [
    labServer(settings, 1, { userData: account }),
    labServer(settings, 2, { userData: script, name: longName }),
  ];
  const world = labWorld(servers);
  let host: LinuxHost;
  let metadata: MetadataService;

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
        await eventually(`user data of ${server.id}`, async () => {
          return (await inMachine(settings, server.id, "test -e /root/finished")).exitCode === 0;
        });
      }),
    );
  });

  after(async () => {
    if (host === undefined) return;
    metadata?.close();
    host.close();
    await removeEverything(settings);
    assert.deepEqual(await leftovers(settings), []);
  });

  const asked = async (id: number) => hasAskedForSwap((await findInit(settings, id)) ?? 0);

  it("an account of the user data uses sudo", async () => {
    await mustRun(settings, 1, "test -e /root/made-by-sudo");
  });

  it("cloud-init's swap is refused in words that its status carries, and the rest of the user data runs", async () => {
    await eventually("the end of cloud-init", async () => {
      return !(await inMachine(settings, 1, "cloud-init status")).output.includes("running");
    });
    const { output } = await inMachine(settings, 1, "cloud-init status --long");
    assert.match(output.replaceAll(/\s+/g, " "), /has no swap of its own/);
    assert.ok(await asked(1), "the cloud's status knows of it");
  });

  it("what the user data mounts beside a swap file is mounted all the same", async () => {
    await mustRun(settings, 1, "mountpoint /srv/data");
  });

  it("a script's swapon is refused with the same words", async () => {
    assert.match(await mustRun(settings, 2, "cat /root/said"), /^swapon: .*has no swap of its own/);
    assert.equal(await mustRun(settings, 2, "cat /root/code"), "255");
    assert.ok(await asked(2));
    assert.doesNotMatch(
      await mustRun(settings, 2, "cat /proc/swaps"),
      /swapfile/,
      "the host's swap is as it was",
    );
  });

  it("a server whose name has 253 characters boots and is called by the first part of it", async () => {
    assert.equal(longName.length, 253);
    assert.equal(await mustRun(settings, 2, "hostname"), "a".repeat(63));
    assert.equal(await mustRun(settings, 2, "cat /etc/hostname"), "a".repeat(63));
    assert.match(await mustRun(settings, 2, "cat /etc/hosts"), new RegExp(`${longName} ${"a".repeat(63)}`));
  });
});
