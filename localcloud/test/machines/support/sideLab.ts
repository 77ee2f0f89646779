// Three machines on a host of their own, and a neighbour of that host.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { World } from "../../../src/host/contract";
import { createLinuxHost, type LinuxHost } from "../../../src/linuxHost";
import { leftovers, removeEverything } from "../../../src/linuxHost/remove";
import { type MetadataService, startMetadataService } from "../../../src/metadata/server";
import { localCloudSettings } from "../../../src/settings/cloud";
import { labServer, labWorld, ownLab, waitForCloudInit } from "../lab";
import { lan } from "../lan";

/** All of cloud-init's common parts in one, as a client must send what is no text. */
export const multipart = gzipSync(
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

export const secret = "#cloud-config\n# secret of node1\n";

export class SideLab {
  readonly settings = localCloudSettings(ownLab("side", 9));
  readonly one = labServer(this.settings, 1, { userData: secret });
  readonly two = labServer(this.settings, 2, { projectId: 2, diskGb: 1, userData: multipart });
  readonly hidden = labServer(this.settings, 3, { publicIpv4: null, publicIpv6: null, userData: longScript });
  readonly neighbours = lan(this.settings);
  world: World = labWorld([this.one, this.two, this.hidden]);
  #host: LinuxHost | undefined;
  #metadata: MetadataService | undefined;

  get host(): LinuxHost {
    return this.#host ?? assert.fail("the lab is not up");
  }
  get metadata(): MetadataService {
    return this.#metadata ?? assert.fail("the lab is not up");
  }

  async up(): Promise<void> {
    await removeEverything(this.settings);
    await this.#open();
    this.#metadata = await startMetadataService(this.settings, () => this.world);
    await Promise.all(
      [this.one, this.two, this.hidden].map(async (server) => {
        await this.host.createServer(server);
        await this.host.start(server);
        await waitForCloudInit(this.settings, server.id);
      }),
    );
    await this.neighbours.make();
  }

  async down(): Promise<void> {
    if (this.#host === undefined) return;
    this.#metadata?.close();
    await this.neighbours.remove();
    this.#host.close();
    await removeEverything(this.settings);
    assert.deepEqual(await leftovers(this.settings), []);
  }

  readonly reconcile = async (next: World): Promise<void> => {
    this.world = next;
    await this.host.reconcileNetwork(next);
  };

  /** As when a daemon ends and another one begins. */
  async anotherDaemon(): Promise<void> {
    this.host.close();
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#host = await createLinuxHost(this.settings, { world: this.world });
    await this.#host.reconcileNetwork(this.world);
  }
}
