import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import inject from "light-my-request";
import { type Api, createApi, openStore, type Store, worldOf } from "../../src/api";
import { ensureHostPackages } from "../../src/linux/hostPackages";
import { createLinuxHost, type LinuxHost } from "../../src/linuxHost";
import { leftovers, removeEverything } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { ensureBaseImage } from "../../src/machines/image";
import { type MetadataService, startMetadataService } from "../../src/metadata/server";
import { sampleSeconds } from "../../src/metrics/history";
import { localCloudSettings } from "../../src/settings/cloud";
import type { Json } from "../api/testCloud";
import { eventually, inMachine, mustRun, ownLab, whyNoMachines } from "./lab";

const token = "a".repeat(64);

describe("server actions on a real machine", function () {
  this.timeout(300_000);
  const settings = localCloudSettings(ownLab("act", 8));
  let folder: string;
  let store: Store;
  let host: LinuxHost;
  let api: Api;
  let metadata: MetadataService;
  let id: number;
  let address: string;
  let password: string;

  const call = async (method: "GET" | "POST", path: string, body?: object): Promise<Json> => {
    const response = await inject(api.listener, {
      method,
      url: `/v1${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { payload: body }),
    });
    assert.ok(response.statusCode < 300, `${method} ${path}: ${response.body}`);
    return response.json();
  };
  const act = async (name: string, body?: object): Promise<Json> => {
    const answer = await call("POST", `/servers/${id}/actions/${name}`, body);
    await api.runner.idle();
    const { action } = await call("GET", `/actions/${answer.action.id}`);
    assert.equal(action.status, "success", JSON.stringify(action.error));
    return answer;
  };
  /** A command as root over SSH from the host; the password reaches ssh by its askpass program. */
  const login = async (secret: { password?: string; identity?: string }, command: string) => {
    const method = secret.password === undefined ? "publickey" : "password";
    const args = [
      "-F",
      "none",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "ConnectTimeout=3",
      "-o",
      "NumberOfPasswordPrompts=1",
      "-o",
      `PreferredAuthentications=${method}`,
      ...(secret.identity === undefined ? [] : ["-o", "IdentitiesOnly=yes", "-i", secret.identity]),
      `root@${address}`,
      command,
    ];
    const { exitCode, stdout, stderr } = await execa("ssh", args, {
      env: {
        SSH_ASKPASS: join(folder, "askpass"),
        SSH_ASKPASS_REQUIRE: "force",
        SECRET: secret.password ?? "",
      },
      stdin: "ignore",
      reject: false,
    });
    return { exitCode, output: stdout, errors: stderr };
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
    folder = await mkdtemp(join(tmpdir(), "server-actions-"));
    await writeFile(join(folder, "askpass"), '#!/bin/sh\nprintf "%s\\n" "$SECRET"\n');
    await chmod(join(folder, "askpass"), 0o700);
    store = openStore(join(folder, "store"));
    host = await createLinuxHost(settings, { world: worldOf(store) });
    api = createApi({
      store,
      host,
      settings: {
        tokens: [{ token, project: "lab" }],
        ranges: { publicIpv4: settings.publicRange, floatingIpv4: settings.floatingRange },
        onProblem: (problem) => console.log(`      ${problem}`),
      },
    });
    await host.reconcileNetwork(worldOf(store));
    metadata = await startMetadataService(settings, () => worldOf(store));
    api.begin();
    const created = await call("POST", "/servers", {
      name: "web1",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
    });
    await api.runner.idle();
    id = created.server.id;
    address = created.server.public_net.ipv4.ip;
    password = created.root_password;
  });

  after(async () => {
    metadata?.close();
    await api?.close();
    store?.close();
    if (host !== undefined) await host.removeEverything();
    if (folder !== undefined) await rm(folder, { recursive: true });
    if (host !== undefined) assert.deepEqual(await leftovers(settings), []);
  });

  it("lets root in by the password of the create request, and by no other", async () => {
    await eventually("a login by password", async () => {
      const { output } = await login({ password }, "hostname");
      return output === "web1";
    });
    assert.match((await login({ password: `${password}x` }, "true")).errors, /Permission denied/);
  });

  it("sets another password in the running machine", async () => {
    const { root_password: next } = await act("reset_password");
    assert.equal((await login({ password: next }, "hostname")).output, "web1");
    assert.notEqual((await login({ password }, "true")).exitCode, 0);
    await mustRun(settings, id, "echo mine >/root/file; sync");
    password = next;
  });

  it("measures processor, disk and network of the machine", async () => {
    const start = new Date();
    const burn = "python3 -c 'import time\nwhile time.process_time() < 4: pass'";
    const write = "dd if=/dev/zero of=/root/zero bs=1M count=64 oflag=direct status=none";
    // By SSH, because what enters from outside is in none of the machine's control groups.
    const done = await login({ password }, `${burn} && ${write} && head -c 20000000 /dev/zero`);
    assert.equal(done.exitCode, 0, done.errors);
    /** What the rates of a series sum up to; each holds from the sample before it to its own. */
    const total = async (name: string) => {
      const before = new Date(start.getTime() - 60_000).toISOString();
      const query = `type=cpu,disk,network&start=${before}&end=${new Date().toISOString()}&step=1`;
      const { metrics } = await call("GET", `/servers/${id}/metrics?${query}`);
      const values: [number, string][] = metrics.time_series[name].values;
      return values.reduce((sum, [time, value], index) => {
        if (time * 1000 < start.getTime()) return sum;
        // A new machine's first sample has none before it.
        const since = values[index - 1]?.[0] ?? time - sampleSeconds;
        return sum + (time - since) * Number(value);
      }, 0);
    };
    await eventually("4 seconds of a core", async () => (await total("cpu")) > 300, 60);
    await eventually("20 MB by ssh", async () => (await total("network.0.bandwidth.out")) > 15e6, 60);
    await eventually("64 MB on disk", async () => (await total("disk.0.bandwidth.write")) > 50e6, 60);
    assert.ok((await total("network.0.pps.in")) > 0);
    assert.ok((await total("disk.0.iops.write")) > 0);
  });

  it("boots the rescue system once: keys, password, host name, the server's own files, no user data", async () => {
    const identity = join(folder, "id");
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", identity]);
    const { stdout: publicKey } = await execa("ssh-keygen", ["-y", "-f", identity]);
    const { ssh_key } = await call("POST", "/ssh_keys", { name: "rescuer", public_key: publicKey });
    const { root_password: rescuePassword } = await act("enable_rescue", { ssh_keys: [ssh_key.id] });
    await act("reset");
    await eventually("the rescue system", async () => {
      const { output } = await login({ identity }, "hostname");
      return output === "rescue";
    });
    assert.equal((await login({ password: rescuePassword }, "cat /mnt/disk/root/file")).output, "mine");
    assert.notEqual((await login({ password }, "true")).exitCode, 0);
    assert.equal((await login({ identity }, "systemctl --failed --no-legend")).output, "");
    await login({ identity }, "echo repaired >/mnt/disk/root/file; echo gone >/root/note");

    await act("reset");
    await eventually("the server's own system", async () => {
      const { output } = await login(
        { password },
        "hostname; cat /root/file; ls /root/note 2>&1 | tail -c 27",
      );
      return /^web1\nrepaired\n.*No such file or directory/s.test(output);
    });
    assert.notEqual((await login({ identity }, "true")).exitCode, 0);
    assert.equal((await call("GET", `/servers/${id}`)).server.rescue_enabled, false);
  });

  it("boots the rescue system by a reboot from inside, and the next reboot ends it", async () => {
    await act("enable_rescue");
    /** Host name of a system that has booted; empty before. */
    const hostname = async () => {
      if ((await findInit(settings, id)) === undefined) return "";
      const script = "systemctl is-system-running >/dev/null && hostname";
      return (await inMachine(settings, id, script).catch(() => ({ output: "" }))).output;
    };
    await mustRun(settings, id, "systemctl reboot");
    await eventually("the rescue system", async () => (await hostname()) === "rescue");
    await mustRun(settings, id, "systemctl reboot");
    await eventually("the server's own system", async () => (await hostname()) === "web1");
  });
});
