import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStatus } from "../../src/control/socket";
import { listNamespaces } from "../../src/linux/ip";
import { leftovers } from "../../src/linuxHost/remove";
import { findInit } from "../../src/machines/boot";
import { makePems, type Pems } from "../api/certificates/pems";
import { eventually, mustRun, whyNoMachines } from "./lab";
import type { Json } from "./runningCloud";
import { BalancerLab } from "./support/balancerLab";

describe("load balancers of a local cloud that runs", function () {
  this.timeout(300_000);
  const lab = new BalancerLab();
  const { names } = lab;
  const { act, answering, curl, health, isHealth, load, masters, outside, read, startTarget } = lab;
  const { api, command, settings, succeeds } = lab.cloud;
  let pems: Pems;
  let folder: string;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "localcloud-lb-"));
    pems = await makePems("shop.example");
    await writeFile(join(folder, "shop.pem"), pems.certificate);
    await lab.up();
  });

  after(async () => {
    if (whyNoMachines() !== undefined) return;
    await command("down");
    await rm(folder, { recursive: true, force: true });
  });

  it("answers on its public address with both targets, and tells them who asks", async () => {
    const { certificate } = await api("POST", "/certificates", {
      name: "shop",
      certificate: pems.certificate,
      private_key: pems.key,
    });
    const check = { protocol: "http", port: 8080, interval: 3, timeout: 2, retries: 1, http: { path: "/" } };
    const http = { protocol: "http", destination_port: 8080, health_check: check };
    const { load_balancer, action } = await api("POST", "/load_balancers", {
      name: "edge",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [
        http,
        { ...http, protocol: "https", http: { certificates: [certificate.id] } },
        {
          protocol: "tcp",
          listen_port: 8081,
          destination_port: 8081,
          proxyprotocol: true,
          health_check: { protocol: "tcp", port: 8080, interval: 3, timeout: 2, retries: 1 },
        },
      ],
      targets: lab.servers.map(({ id }) => ({ type: "server", server: { id } })),
    });
    lab.balancer = load_balancer;
    await succeeds(action);
    await isHealth(80, "healthy", "healthy");
    const { ip } = lab.balancer.public_net.ipv4;
    assert.deepEqual(await answering(`http://${ip}/`), ["web1", "web2"]);
    assert.match(await curl(`http://${ip}/`), new RegExp(`^web[12] ${settings.internetAddress} http 80$`));
  });

  it("answers https with the uploaded certificate", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const answer = await curl(
      "--cacert",
      join(folder, "shop.pem"),
      "--resolve",
      `shop.example:443:${ip}`,
      "https://shop.example/",
    );
    assert.match(answer, new RegExp(`^web[12] ${settings.internetAddress} https 443$`));
    assert.notEqual((await outside("curl", "-s", `https://${ip}/`)).exitCode, 0, "nobody else trusts it");
  });

  it("answers over IPv6", async function () {
    const { ip } = lab.balancer.public_net.ipv6;
    if ((await outside("ping", "-6", "-c1", "-W2", ip)).exitCode !== 0) {
      console.log("      skipped: no IPv6 on this host");
      this.skip();
    }
    assert.match(await curl("-g", `http://[${ip}]/`), /^web[12] /);
  });

  it("speaks the proxy protocol to its targets", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const line = await outside("bash", "-c", `exec 3<>/dev/tcp/${ip}/8081; echo hello >&3; head -1 <&3`);
    const shape = new RegExp(`^PROXY TCP4 ${settings.internetAddress} ${ip} \\d+ 8081\\r?$`);
    assert.match(line.stdout, shape);
  });

  it("takes a dead target out, says unhealthy, and takes it in again", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const [first] = lab.servers;
    await mustRun(settings, first.id, "systemctl stop target");
    await isHealth(80, "unhealthy", "healthy");
    await isHealth(8081, "unhealthy", "healthy");
    assert.deepEqual(await answering(`http://${ip}/`), ["web2"]);
    await startTarget(first.id);
    await isHealth(80, "healthy", "healthy");
    assert.deepEqual(await answering(`http://${ip}/`), ["web1", "web2"]);
  });

  it("loses no request while it is changed, and keeps what it knows of its targets", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const [first] = lab.servers;
    await mustRun(settings, first.id, "systemctl stop target");
    await isHealth(80, "unhealthy", "healthy");
    const { stop, sent } = load(`http://${ip}/`);
    const master = (await masters())?.master?.pid;
    do {
      for (const type of ["least_connections", "round_robin", "least_connections"]) {
        await act("change_algorithm", { type });
        assert.deepEqual(await health(80), ["unhealthy", "healthy"]);
      }
      await act("add_service", { protocol: "tcp", listen_port: 9000, destination_port: 8080 });
      await act("delete_service", { listen_port: 9000 });
      // As often as a busy host needs to get that many requests in between.
    } while (sent() <= 20);
    const { count, failed } = await stop();
    assert.ok((count ?? 0) > 20, `${count} requests`);
    assert.equal(failed, 0);
    assert.equal((await masters())?.master?.pid, master, "the same process");
    await startTarget(first.id);
    await isHealth(80, "healthy", "healthy");
  });

  it("says of no proxy that it ended while it is only made, changed and reloaded", async () => {
    const log = await readFile(settings.paths.daemonLog, "utf8");
    assert.doesNotMatch(log, /load balancer/);
  });

  it("goes on when the daemon is killed, and is found again instead of doubled", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const { stop } = load(`http://${ip}/`);
    const before = await masters();
    const status = await readStatus(settings);
    assert.ok(status !== undefined && before?.master !== undefined);
    process.kill(status.pid, "SIGKILL");
    await eventually("the daemon is gone", async () => (await readStatus(settings)) === undefined);
    assert.equal((await command("up")).exitCode, 0);
    const { failed } = await stop();
    assert.equal(failed, 0);
    const now = await masters();
    assert.equal(now?.master?.pid, before.master.pid);
    assert.equal(now?.all.length, 2, "a master and a worker");
    await isHealth(80, "healthy", "healthy");
  });

  it("is started again when its proxy dies", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const pid = (await masters())?.master?.pid ?? 0;
    process.kill(pid, "SIGKILL");
    await eventually("another proxy", async () => {
      const master = (await masters())?.master;
      return master !== undefined && master.pid !== pid && (await curl(`http://${ip}/`)) !== "";
    });
  });

  it("tells the traffic that it carried", async () => {
    const { ip } = lab.balancer.public_net.ipv4;
    const start = new Date(Date.now() - 120_000).toISOString();
    await answering(`http://${ip}/`, 5);
    await eventually("traffic", async () => (await read()).outgoing_traffic > 5_000);
    await eventually("a rate", async () => {
      const query = `type=requests_per_second,bandwidth&start=${start}&end=${new Date().toISOString()}&step=1`;
      const { metrics } = await api("GET", `/load_balancers/${lab.balancer.id}/metrics?${query}`);
      return metrics.time_series.requests_per_second.values.some(
        ([, value]: [number, string]) => Number(value) > 0,
      );
    });
  });

  it("reaches an IP target outside of the cloud", async () => {
    const ip = { type: "ip", ip: { ip: settings.internetAddress } };
    await act("add_target", ip);
    await isHealth(80, "healthy", "healthy", "unhealthy");
    await act("remove_target", ip);
  });

  it("reaches private targets by label, with its public interface off", async () => {
    for (const { id } of lab.servers) await act("remove_target", { type: "server", server: { id } });
    await act("attach_to_network", { network: lab.network.id, ip: "10.0.1.200" });
    const label_selector = { selector: "role=web" };
    await act("add_target", { type: "label_selector", label_selector, use_private_ip: true });
    await act("disable_public_interface");
    const { ip } = lab.balancer.public_net.ipv4;
    assert.equal(await curl("--max-time", "1", `http://${ip}/`), "");
    const [first] = lab.servers;
    await eventually("answers inside", async () => {
      const answers = await mustRun(
        settings,
        first.id,
        "for i in 1 2 3 4 5 6; do curl -s --max-time 3 http://10.0.1.200/ || true; done",
      );
      return answers.includes("web1 10.0.1.") && answers.includes("web2 10.0.1.");
    });
    const [selected] = (await read()).targets;
    assert.deepEqual(
      selected.targets.map((row: Json) => row.health_status[0].status),
      ["healthy", "healthy"],
    );
    await act("enable_public_interface");
    assert.match(await curl(`http://${ip}/`), /^web[12] /);
  });

  it("goes with its processes and its namespace, and leaves the machines alone", async () => {
    await api("DELETE", `/load_balancers/${lab.balancer.id}`);
    await eventually("the end", async () => {
      const spaces = await listNamespaces();
      return (await masters()) === undefined && !spaces.includes(names.loadBalancer(lab.balancer.id));
    });
    assert.ok((await findInit(settings, lab.servers[0].id)) !== undefined);
  });

  it("leaves nothing behind when the cloud goes down with a load balancer", async () => {
    const { load_balancer, action } = await api("POST", "/load_balancers", {
      name: "last",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [{ protocol: "http" }],
    });
    lab.balancer = load_balancer;
    await succeeds(action);
    assert.ok((await leftovers(settings)).some((line) => line.includes(`load balancer ${load_balancer.id}`)));
    const down = await command("down");
    assert.equal(down.exitCode, 0, down.stderr);
    assert.deepEqual(await leftovers(settings), []);
    assert.equal(await masters(), undefined);
  });
});
