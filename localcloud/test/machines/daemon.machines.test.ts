import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { ensureTool } from "../../../toolchain/build";
import { leftovers } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { ipv6Works } from "../../src/network/forwarding";
import { nameserverAddresses } from "../../src/settings/names";
import { eventually, inMachine, mustRun, ownLab, whyNoMachines } from "./lab";
import { RunningCloud } from "./runningCloud";
import { deathsOfTheDaemon } from "./support/deaths";

describe("local cloud as a command", function () {
  this.timeout(300_000);
  const cloud = new RunningCloud(ownLab("cmd", 1));
  const { api, command, commandWith, settings, status, succeeds } = cloud;

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
    await succeeds(created.action);
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
    await succeeds((await api("POST", "/zones", { name: "example.test", mode: "primary" })).action);
    // The resolver now remembers that there is no such name.
    assert.equal((await inMachine(settings, id, "getent hosts www.example.test")).exitCode, 2);
    const records = [{ value: "192.0.2.80" }];
    await succeeds(
      (await api("POST", "/zones/example.test/rrsets", { name: "www", type: "A", records })).action,
    );
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

  it("runs an ACME server when it is told to, which machines trust; what behaves as its operator is the host's alone", async () => {
    const begun = await command("acme", "--program", await ensureTool("pebble"));
    assert.equal(begun.exitCode, 0, begun.stderr);
    const [directory = ""] = /https:\S+/.exec(begun.stdout) ?? [];
    const id = (await status()).servers[0]?.id ?? 0;
    const answer = JSON.parse(await mustRun(settings, id, `curl -fsS -m 10 ${directory}`));
    assert.match(answer.newOrder, new RegExp(`^https://${settings.hostAddress}:`));
    assert.match(await readFile(settings.paths.acmeRoots, "utf8"), /^-----BEGIN CERTIFICATE-----/);
    const management = `</dev/tcp/${settings.hostAddress}/${settings.acmePort + 1}`;
    assert.notEqual((await inMachine(settings, id, `timeout 2 bash -c '${management}'`)).exitCode, 0);
    await execa("bash", ["-c", management]);
  });

  it("is left alone by commands that mix it with another cloud, and by a cloud that wants its addresses", async () => {
    const mixed = await commandWith({ LOCALCLOUD_NAME: "other" }, "down");
    assert.equal(mixed.exitCode, 1);
    assert.match(mixed.stderr, /is the state of the local cloud "cmd\d?", LOCALCLOUD_NAME says "other"/);
    const elsewhere = await commandWith({ LOCALCLOUD_STATE: `${settings.stateDir}-other` }, "down");
    assert.equal(elsewhere.exitCode, 1);
    const second = { LOCALCLOUD_NAME: "other", LOCALCLOUD_STATE: `${settings.stateDir}-other` };
    const started = await commandWith(second, "up");
    assert.equal(started.exitCode, 1);
    assert.match(started.stderr, /cannot start:\nLOCALCLOUD_PUBLIC_RANGE: .* which the cloud "cmd\d?" has/);
    assert.equal((await command("status")).exitCode, 0);
  });

  deathsOfTheDaemon(cloud);

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
