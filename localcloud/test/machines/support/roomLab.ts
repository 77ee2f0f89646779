// Three machines of a host, as the API's actions make them: two public ones, and one behind them.
import assert from "node:assert/strict";
import { execa } from "execa";
import type { ServerSpec, World } from "../../../src/host/contract";
import { ensureHostPackages } from "../../../src/linux/hostPackages";
import { createLinuxHost, type LinuxHost } from "../../../src/linuxHost";
import { removeEverything } from "../../../src/linuxHost/remove";
import { ensureBaseImage } from "../../../src/machines/image";
import { type MetadataService, startMetadataService } from "../../../src/metadata/server";
import { localCloudSettings } from "../../../src/settings/cloud";
import { labServer, labWorld, ownLab, waitForCloudInit } from "../lab";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyKeyOfATestThatOpensNothing000000000000 test";

export class RoomLab {
  readonly settings = localCloudSettings(ownLab("room", 0));
  readonly one = labServer(this.settings, 1, {
    sshKeys: [key],
    userData: "#cloud-config\nwrite_files:\n  - path: /root/greeting\n    content: hello\n",
  });
  readonly two = labServer(this.settings, 2, { memoryGb: 1 });
  readonly hidden = labServer(this.settings, 3, { publicIpv4: null, publicIpv6: null });
  readonly floating = {
    id: 9,
    cidr: `${this.settings.floatingRange.replace(".0/24", ".9")}/32`,
    serverId: 1,
  };
  /** `ID REASON` of machines that ended by themselves. */
  readonly exits: string[] = [];
  world: World = labWorld([this.one, this.two, this.hidden], { floatingAddresses: [this.floating] });
  #host: LinuxHost | undefined;
  #metadata: MetadataService | undefined;

  get host(): LinuxHost {
    return this.#host ?? assert.fail("the lab is not up");
  }

  async up(): Promise<void> {
    await ensureHostPackages(["systemd-container", "debootstrap", "nftables", "xfsprogs"]);
    await ensureBaseImage();
    await removeEverything(this.settings);
    await this.open();
    await this.host.reconcileNetwork(this.world);
    this.#metadata = await startMetadataService(this.settings, () => this.world);
    await this.bootAll([this.one, this.two, this.hidden]);
  }

  async down(): Promise<void> {
    this.#metadata?.close();
    if (this.#host !== undefined) await removeEverything(this.settings);
  }

  /** As another daemon does. */
  async open(): Promise<void> {
    this.#host = await createLinuxHost(this.settings, { world: this.world });
    this.#host.onExit((id, reason) => this.exits.push(`${id} ${reason}`));
  }

  readonly reconcile = async (next: World): Promise<void> => {
    this.world = next;
    await this.host.reconcileNetwork(next);
  };

  readonly bootAll = async (servers: readonly ServerSpec[]): Promise<void> => {
    await Promise.all(
      servers.map(async (server) => {
        await this.host.createServer(server);
        await this.host.start(server);
      }),
    );
    for (const { id } of servers) await waitForCloudInit(this.settings, id);
  };

  /** Output of a command in the namespace of the outside client; empty when it fails. */
  readonly outside = async (command: readonly string[]): Promise<string> => {
    const args = ["netns", "exec", `${this.settings.name}-internet`, ...command];
    const { stdout } = await execa("ip", args, { reject: false });
    return (stdout ?? "").trim();
  };
}
