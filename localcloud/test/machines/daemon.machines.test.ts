import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { readStatus, type Status } from "../../src/control/socket";
import { daemonProgram } from "../../src/daemon/daemonProgram";
import { leftovers } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { ipv6Works } from "../../src/network/forwarding";
import { type LocalCloudSettings, localCloudSettings } from "../../src/settings/cloud";
import { nameserverAddresses } from "../../src/settings/names";
import { eventually, inMachine, mustRun, ownLab, whyNoMachines } from "./lab";

const root = join(__dirname, "../../..");

describe("local cloud as a command", function () {
  this.timeout(300_000);
  const environment = ownLab("cmd", 1);
  const settings: LocalCloudSettings = localCloudSettings(environment);

  const withEnvironment = (more: Record<string, string>, ...args: string[]) =>
    execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: { ...environment, ...more },
      reject: false,
    });
  const command = (...args: string[]) => withEnvironment({}, ...args);
  const status = async (): Promise<Status> => {
    const answer = await readStatus(settings);
    assert.ok(answer !== undefined, "the daemon answers");
    return answer;
  };
  const api = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${settings.apiPort}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${settings.tokens.local}`,
        "content-type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return (await response.json()) as Record<string, { id: number; status: string }>;
  };

  before(function () {
    const reason = whyNoMachines();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  after(async () => {
    if (whyNoMachines() === undefined) await command("down");
  });

  it("comes up, and a second time changes nothing", async () => {
    const first = await command("up");
    assert.equal(first.exitCode, 0, first.stderr);
    const { pid } = await status();
    assert.equal((await command("up")).exitCode, 0);
    assert.equal((await status()).pid, pid);
  });

  it("creates a server that answers on its public address, and runs commands in it", async () => {
    const created = await api("POST", "/servers", {
      name: "web1",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
    });
    const action = created.action?.id;
    await eventually(
      "the action",
      async () => (await api("GET", `/actions/${action}`)).action?.status === "success",
    );
    const inside = await command("exec", "web1", "--", "hostname");
    assert.equal(inside.stdout, "web1");
    const listed = await command("status");
    assert.match(listed.stdout, /web1 .*running/);
    const address = (await status()).servers[0]?.publicIpv4;
    await eventually("sshd", async () => {
      const banner = await command("internet", "--", "bash", "-c", `head -c4 </dev/tcp/${address}/22`);
      return banner.stdout === "SSH-";
    });
  });

  it("serves names and packages to the machines", async () => {
    const id = (await status()).servers[0]?.id ?? 0;
    assert.match(
      await mustRun(
        settings,
        id,
        "getent hosts \"$(sed -n 's#^deb http://\\([^/]*\\)/.*#\\1#p;q' /etc/apt/sources.list)\"",
      ),
      /\d/,
    );
    await mustRun(settings, id, "apt-get update -qq && apt-get install -y -qq --no-install-recommends jq");
    assert.equal(await mustRun(settings, id, "echo '{\"a\":1}' | jq .a"), "1");
  });

  it("keeps libbpf from the machine's systemd alone", async () => {
    const id = (await status()).servers[0]?.id ?? 0;
    const who = "grep --files-with-matches --null-data ^LD_LIBRARY_PATH= /proc/[0-9]*/environ";
    assert.equal(await mustRun(settings, id, who), "/proc/1/environ");
    assert.match(await mustRun(settings, id, "ldd /usr/sbin/ip"), /libbpf\.so\.1 => \/lib/);
    await mustRun(settings, id, "ip link show lo && systemctl is-system-running --wait");
  });

  it("boots a server that has IPv6 alone: it finds metadata, names and packages, and no IPv4", async function () {
    if (!(await ipv6Works())) this.skip();
    const web1 = (await status()).servers[0]?.publicIpv4;
    const { server } = await api("POST", "/servers", {
      name: "six",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      public_net: { enable_ipv4: false, enable_ipv6: true },
      user_data: "#cloud-config\nwrite_files: [{path: /root/told, content: told}]",
    });
    const id = server?.id ?? 0;
    await eventually("its init", async () => (await findInit(settings, id)) !== undefined);
    await eventually("cloud-init", async () => {
      const { output } = await inMachine(settings, id, "cloud-init status");
      return output.includes("status: done");
    });
    assert.equal(await mustRun(settings, id, "cat /root/told"), "told");
    await mustRun(settings, id, "apt-get update -qq");
    await mustRun(settings, id, "ip route add default via 172.31.1.1 dev eth0");
    const reach = `timeout 2 bash -c '</dev/tcp/${web1}/22'`;
    assert.notEqual((await inMachine(settings, id, reach)).exitCode, 0, "IPv4 leads nowhere");
    await api("DELETE", `/servers/${id}`);
    await eventually("its end", async () => (await status()).servers.length === 1);
  });

  it("answers DNS zones, to its machines and to everybody who asks Hetzner's name servers", async () => {
    const { id = 0, publicIpv4 = "" } = (await status()).servers[0] ?? {};
    const succeeds = async (answer: Awaited<ReturnType<typeof api>>) =>
      eventually(
        "the action",
        async () => (await api("GET", `/actions/${answer.action?.id}`)).action?.status === "success",
      );
    await succeeds(await api("POST", "/zones", { name: "example.test", mode: "primary" }));
    // The resolver now remembers that there is no such name.
    assert.equal((await inMachine(settings, id, "getent hosts www.example.test")).exitCode, 2);
    const records = [{ value: "192.0.2.80" }];
    await succeeds(await api("POST", "/zones/example.test/rrsets", { name: "www", type: "A", records }));
    assert.match(await mustRun(settings, id, "getent hosts www.example.test"), /^192\.0\.2\.80 /);

    const [hydrogen] = nameserverAddresses(settings);
    const question = `const { Resolver } = require("node:dns/promises");
      const resolver = new Resolver();
      resolver.setServers(["${hydrogen}"]);
      resolver.resolve4("www.example.test").then(([address]) => console.log(address));`;
    const outside = await command("internet", "--", process.execPath, "-e", question);
    assert.equal(outside.stdout, "192.0.2.80", outside.stderr);
    assert.match(await mustRun(settings, id, "getent hosts hydrogen.ns.hetzner.com"), new RegExp(hydrogen));
    await mustRun(settings, id, "timeout 5 bash -c '</dev/tcp/hydrogen.ns.hetzner.com/53'");

    const pointer = `static.${publicIpv4?.split(".").reverse().join(".")}.clients.your-server.de`;
    const reverse = `getent hosts ${hydrogen}`;
    assert.match(await mustRun(settings, id, reverse), /static\..*\.clients\.your-server\.de/);
    const asked = await command(
      "internet",
      "--",
      process.execPath,
      "-e",
      question.replace(/resolve4.*/, `reverse("${publicIpv4}").then(([name]) => console.log(name));`),
    );
    assert.equal(asked.stdout, pointer, asked.stderr);
  });

  it("survives the death of its daemon: machines go on and are found again", async () => {
    const before = await status();
    const id = before.servers[0]?.id ?? 0;
    const init = await findInit(settings, id);
    process.kill(before.pid, "SIGKILL");
    await eventually("the daemon is gone", async () => (await readStatus(settings)) === undefined);
    assert.equal(await mustRun(settings, id, "hostname"), "web1");

    assert.equal((await command("up")).exitCode, 0);
    const after = await status();
    assert.notEqual(after.pid, before.pid);
    assert.deepEqual(after.servers, before.servers);
    assert.equal(await findInit(settings, id), init, "the same machine, not a new one");
    assert.equal(
      await mustRun(settings, id, "curl -sf http://169.254.169.254/hetzner/v1/metadata/hostname"),
      "web1",
    );
    const names = after.services.map(({ name }) => name).sort();
    assert.deepEqual(names, ["dhcp-pub", "name-server", "package-cache", "registry", "resolver"]);
    const processes = after.services.map(({ pid }) => pid);
    assert.ok(
      before.services.every(({ pid }) => !processes.includes(pid)),
      "helpers were replaced, not doubled",
    );
    assert.match(await mustRun(settings, id, "getent hosts www.example.test"), /^192\.0\.2\.80 /);
  });

  it("knows its helpers when it is killed while it starts", async () => {
    process.kill((await status()).pid, "SIGKILL");
    const { command: program, args, env } = await daemonProgram();
    for (const age of [150, 250, 350, 450, 550, 650, 750, 850]) {
      const all = { ...process.env, ...env, ...environment };
      const child = spawn(program, args, { cwd: "/", env: all, stdio: "ignore" });
      await setTimeout(age);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const { size } = await stat(settings.paths.daemonLog);
    assert.equal((await command("up")).exitCode, 0);
    await eventually("the helpers", async () => (await status()).services.length === 5);
    // One that finds its port taken ends at once.
    await setTimeout(1_000);
    const log = (await readFile(settings.paths.daemonLog)).subarray(size).toString();
    assert.doesNotMatch(log, /starting it again/);
  });

  it("is left alone by commands that mix it with another cloud, and by a cloud that wants its addresses", async () => {
    const mixed = await withEnvironment({ LOCALCLOUD_NAME: "other" }, "down");
    assert.equal(mixed.exitCode, 1);
    assert.match(mixed.stderr, /is the state of the local cloud "cmd\d?", LOCALCLOUD_NAME says "other"/);
    const elsewhere = await withEnvironment({ LOCALCLOUD_STATE: `${settings.stateDir}-other` }, "down");
    assert.equal(elsewhere.exitCode, 1);
    const second = { LOCALCLOUD_NAME: "other", LOCALCLOUD_STATE: `${settings.stateDir}-other` };
    const started = await withEnvironment(second, "up");
    assert.equal(started.exitCode, 1);
    assert.match(started.stderr, /cannot start:\nLOCALCLOUD_PUBLIC_RANGE: .* which the cloud "cmd\d?" has/);
    assert.equal((await command("status")).exitCode, 0);
  });

  it("fails `up` and `status` while a helper does not stay up, with its name and its log", async () => {
    const { pid, services } = await status();
    process.kill(pid, "SIGKILL");
    process.kill(services.find(({ name }) => name === "registry")?.pid ?? 0, "SIGKILL");
    const intruder = createServer();
    await eventually("the registry's port", () => listens(intruder, settings));
    const up = await command("up");
    assert.equal(up.exitCode, 1);
    assert.match(up.stderr, /registry does not stay up \(exit code \d+\): see .*\/registry\.log/);
    assert.match(up.stderr, /address already in use/);
    const failing = await command("status");
    assert.equal(failing.exitCode, 1);
    assert.match(failing.stdout, /registry does not stay up/);
    await new Promise((resolve) => intruder.close(resolve));
    await eventually("the registry", async () => {
      const { failing: left, settling } = await status();
      return left.length === 0 && !settling;
    });
    assert.equal((await command("status")).exitCode, 0);
  });

  it("tells of a machine that lost its power while nobody watched", async () => {
    const { pid, servers } = await status();
    process.kill(pid, "SIGKILL");
    const init = await findInit(settings, servers[0]?.id ?? 0);
    process.kill(init ?? 0, "SIGKILL");
    await eventually(
      "the machine is gone",
      async () => (await findInit(settings, servers[0]?.id ?? 0)) === undefined,
    );
    assert.equal((await command("up")).exitCode, 0);
    const answer = await api("GET", `/servers/${servers[0]?.id}`);
    assert.equal(answer.server?.status, "off");
  });

  it("names what is wrong", async () => {
    const unknown = await command("exec", "nobody", "--", "true");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /no server is called "nobody"; there are: web1/);
    const fault = await command("fault", "earthquake", "web1");
    assert.match(fault.stderr, /unknown command 'earthquake'/);
  });

  it("logs requests as JSON lines without the token", async () => {
    const text = await readFile(settings.paths.apiLog, "utf8");
    const lines = text.trim().split("\n");
    assert.ok(lines.some((line) => (JSON.parse(line) as { path: string }).path.includes("/servers")));
    assert.ok(!text.includes(settings.tokens.local ?? "?"));
  });

  it("goes down and leaves nothing behind", async () => {
    assert.notDeepEqual(await leftovers(settings), []);
    const result = await command("down");
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(result.stdout, /nothing is left/);
    assert.deepEqual(await leftovers(settings), []);
    assert.equal((await command("status")).exitCode, 1);
  });
});

/** Whether the registry's port could be taken. */
function listens(server: Server, { hostAddress, registryPort }: LocalCloudSettings): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(registryPort, hostAddress, () => resolve(true));
  });
}
