import assert from "node:assert/strict";
import { execa } from "execa";
import type { ServerSpec } from "../../../src/host/contract";
import { firstHost6 } from "../../../src/settings/names";
import { eventually, inMachine, labNetwork, mustRun } from "../lab";
import type { RoomLab } from "./roomLab";

/** Tests of where packets go: aliases, floating IPs, firewalls and routes of a network. */
export function pathsOfPackets(lab: RoomLab): void {
  const { settings, one, two, hidden, floating, outside, reconcile } = lab;

  it("drops what the API does not know: foreign sources and unknown aliases", async () => {
    await mustRun(settings, 1, "ip address add 10.0.1.99/32 dev lo");
    const spoofed = "ping -c1 -W1 -I 10.0.1.99 10.0.1.12";
    assert.notEqual((await inMachine(settings, 1, spoofed)).exitCode, 0);
    assert.notEqual((await inMachine(settings, 2, "ping -c1 -W1 10.0.1.99")).exitCode, 0);
    const known = withAlias(one, "10.0.1.99");
    await reconcile({ ...lab.world, servers: [known, two, hidden] });
    await mustRun(settings, 1, spoofed);
    await mustRun(settings, 2, "ping -c1 -W1 10.0.1.99");
    await reconcile({ ...lab.world, servers: [one, two, hidden] });
    assert.notEqual((await inMachine(settings, 2, "ping -c1 -W1 10.0.1.99")).exitCode, 0);
  });

  it("moves a floating IP by a route, and lets an unassigned one vanish", async () => {
    const floatingIp = floating.cidr.replace("/32", "");
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
    await reconcile({ ...lab.world, floatingAddresses: [{ ...floating, serverId: 2 }] });
    assert.equal(await ask(), "node2");
    await reconcile({ ...lab.world, floatingAddresses: [{ ...floating, serverId: null }] });
    assert.equal(await ask(), "");
    await reconcile({ ...lab.world, floatingAddresses: [floating] });
    assert.equal(await ask(), "node1");
  });

  it("filters the public side only, and keeps what is established", async () => {
    const port = `http://${two.publicIpv4}:8080/`;
    assert.equal(await outside(["curl", "-s", "-m", "2", port]), "node2");
    const closed: ServerSpec = {
      ...two,
      firewall: [{ direction: "in", protocol: "tcp", ranges: ["0.0.0.0/0"], port: "22" }],
    };
    await reconcile({ ...lab.world, servers: [one, closed, hidden] });
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
    await reconcile({ ...lab.world, servers: [one, two, hidden] });
  });

  it("carries a private machine's traffic through a NAT server that an API route names", async () => {
    const routed = {
      ...labNetwork,
      routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.11" }],
    };
    await reconcile({ ...lab.world, networks: [routed] });
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
      await reconcile({ ...lab.world, networks: [labNetwork] });
    }
  });
}

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

/** A floating IPv6 network goes from one machine to the other, and to nobody. */
export async function movesNetwork(lab: RoomLab): Promise<void> {
  const { settings, outside } = lab;
  const former = lab.world;
  const network = { id: 10, cidr: settings.ipv6Range.replace("::/48", ":99::/64") };
  const address = firstHost6(network.cidr);
  const route = (serverId: number | null) =>
    lab.reconcile({
      ...former,
      floatingAddresses: [...former.floatingAddresses, { ...network, serverId }],
    });
  const ask = () => outside(["curl", "-s", "-g", "-m", "2", `http://[${address}]:8086/`]);
  for (const id of [1, 2]) {
    await mustRun(settings, id, `ip -6 address replace ${address}/128 dev eth0 nodad preferred_lft 0`);
    await mustRun(settings, id, "mkdir -p /srv/www6 && hostname >/srv/www6/index.html");
    const server = "python3 -m http.server 8086 --bind ::";
    await mustRun(settings, id, `systemd-run -q --unit=www6 -p WorkingDirectory=/srv/www6 ${server}`);
  }
  for (const id of [1, 2]) {
    await route(id);
    await eventually(`node${id} serves`, async () => (await ask()) === `node${id}`);
  }
  await route(null);
  assert.equal(await ask(), "");
  await lab.reconcile(former);
}
