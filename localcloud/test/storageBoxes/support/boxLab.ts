// A storage box, and a machine that has rsync, borg and an SSH client with a key of the box.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { newSalt, passwordHash } from "../../../src/api/servers/rootPassword";
import { resolverService } from "../../../src/daemon/packageCache";
import type { StorageBoxSpec } from "../../../src/host/storageBoxes";
import { ensureHostPackages } from "../../../src/linux/hostPackages";
import { stopServices, supervise } from "../../../src/linux/services";
import { createLinuxHost, type LinuxHost } from "../../../src/linuxHost";
import { leftovers, removeEverything } from "../../../src/linuxHost/remove";
import { ensureBaseImage } from "../../../src/machines/image";
import { ipv6Works } from "../../../src/network/forwarding";
import { localCloudSettings } from "../../../src/settings/cloud";
import { namesOf } from "../../../src/settings/names";
import { ensureBoxImage } from "../../../src/storageBoxes/image";
import { eventually, inMachine, labServer, labWorld, mustRun, ownLab } from "../../machines/lab";
import { boxAccount, boxSpec } from "./specs";

export const PASSWORD = "Secret-Passw0rd";
export const mebibyte = 2 ** 20;

export class BoxLab {
  readonly settings = localCloudSettings(ownLab("box", 4));
  readonly client = labServer(this.settings, 1);
  readonly ip = this.settings.publicRange.replace(".0/24", ".77");
  readonly problems: string[] = [];
  readonly #stopping = new AbortController();
  #host: LinuxHost | undefined;
  #box: StorageBoxSpec | undefined;
  #folder: string | undefined;

  get host(): LinuxHost {
    return this.#host ?? assert.fail("the lab is not up");
  }
  get box(): StorageBoxSpec {
    return this.#box ?? assert.fail("the lab is not up");
  }
  /** The private key that the box knows, on this host. */
  get key(): string {
    return join(this.#folder ?? assert.fail("the lab is not up"), "key");
  }

  async up(): Promise<void> {
    await ensureHostPackages(["systemd-container", "debootstrap", "nftables", "dnsmasq-base", "btrfs-progs"]);
    await removeEverything(this.settings);
    this.#folder = await mkdtemp(join(tmpdir(), "storage-boxes-"));
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", this.key]);
    await this.open();
    await this.host.reconcileNetwork(labWorld([this.client]));
    await this.#startResolver(this.#folder);
    await this.host.createServer(this.client);
    await this.host.start(this.client);
    this.#box = boxSpec({
      id: 70,
      ip: this.ip,
      size: 256 * mebibyte,
      publicKeys: [await readFile(`${this.key}.pub`, "utf8")],
      accounts: [boxAccount("u70", { passwordHash: passwordHash(PASSWORD, newSalt()), ssh: true })],
    });
    await this.settle({});
    await this.#prepareClient();
  }

  async #startResolver(folder: string): Promise<void> {
    const servers = join(folder, "servers");
    await writeFile(servers, "");
    const service = resolverService(this.settings, await ipv6Works(), servers);
    await supervise(this.settings, service, this.#stopping.signal, () => undefined);
  }

  async #prepareClient(): Promise<void> {
    const key = await readFile(this.key, "utf8");
    await this.run(`umask 077; cat >/root/key <<'E'\n${key}E\nprintf '#!/bin/sh\\necho "$SECRET"\\n' >/root/askpass
chmod 700 /root/askpass; echo hello >/root/hello`);
    await eventually("name of the box", async () => {
      const { exitCode } = await inMachine(this.settings, 1, "getent hosts u70.your-storagebox.de");
      return exitCode === 0;
    });
  }

  async down(): Promise<void> {
    this.#stopping.abort();
    this.#host?.close();
    await stopServices(this.settings);
    await removeEverything(this.settings);
    await rm(this.settings.stateDir, { recursive: true, force: true });
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    assert.deepEqual(await leftovers(this.settings), []);
  }

  /** As another daemon does. */
  async open(): Promise<void> {
    const base = await ensureBaseImage();
    this.#host = await createLinuxHost(this.settings, {
      // Machines with rsync, borg and an SSH client, which a real one would install first.
      baseImage: await ensureBoxImage(base),
      world: labWorld([this.client], { storageBoxes: this.#box === undefined ? [] : [this.#box] }),
      onProblem: (problem) => this.problems.push(problem),
    });
  }

  /** As an action of the API does it: the box first, then the network of the new world. */
  readonly settle = async (changes: Partial<StorageBoxSpec>): Promise<void> => {
    this.#box = { ...this.box, ...changes };
    await this.host.settleStorageBox(this.#box);
    await this.host.reconcileNetwork(labWorld([this.client], { storageBoxes: [this.#box] }));
  };
  readonly own = (changes: object) => [
    { ...this.box.accounts[0], ...changes },
    ...this.box.accounts.slice(1),
  ];
  readonly withAccounts = (accounts: readonly object[]) =>
    this.settle({ accounts: accounts as StorageBoxSpec["accounts"] });
  readonly run = (script: string) => mustRun(this.settings, 1, script);
  readonly fails = async (script: string, pattern: RegExp) => {
    const { exitCode, output } = await inMachine(this.settings, 1, script);
    assert.notEqual(exitCode, 0, `succeeded: ${script}: ${output}`);
    assert.match(output, pattern);
  };
  /** An SSH client beyond the cloud, with the key of the box. */
  readonly fromOutside = (username: string) =>
    execa(
      "ip",
      [
        ...["netns", "exec", namesOf(this.settings).internet],
        ...["ssh", "-o", "ConnectTimeout=3", "-o", "BatchMode=yes"],
        ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
        ...["-i", this.key, "-p", "23", `${username}@${this.ip}`, "true"],
      ],
      { reject: false },
    );
  readonly usage = async () => {
    const found = await this.host.storageBoxUsage(this.box.id);
    assert.ok(found !== undefined);
    return found;
  };
}
