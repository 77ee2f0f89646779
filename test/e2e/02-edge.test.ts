import assert from "node:assert/strict";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";
import { ipv6Works } from "../../localcloud/src/network/forwarding";
import { api, eventually, fromInternet, must, servers } from "./support/cloud";
import { describeLoad, startLoad } from "./support/load";
import { curl, platformIsUp, up, url, virtualIp, virtualIpv6s } from "./support/platform";

async function openPorts(address: string): Promise<string[]> {
  const family = address.includes(":") ? "-6 " : "";
  const scan = await fromInternet(
    `nmap ${family}-Pn -n -T5 --min-rate 20000 --max-retries 1 -p- --open -oG - ${address}`,
    300,
  );
  assert.match(scan.stdout, /Nmap done/, scan.stderr);
  return [...scan.stdout.matchAll(/(\d+)\/open\/tcp/g)].map((match) => match[1] ?? "");
}

describe("edge", function () {
  this.timeout("10m");
  before("the platform is up", platformIsUp);

  it("S0-1: HAProxy runs on both load balancers", async () => {
    for (const name of ["local-edge1", "local-edge2"]) {
      assert.equal(await must(name, "systemctl is-active haproxy keepalived"), "active\nactive");
      assert.match(await must(name, "haproxy -v"), /HAProxy version 3\.0/);
    }
  });

  it("S0-2: a stranger finds ports 80 and 443 of the load balancers over IPv4 and nothing else of the platform, nothing at all over IPv6", async () => {
    await ensureHostPackages(["nmap"]);
    const open = (await servers()).filter(({ public_net: { ipv4, ipv6 } }) => ipv4 !== null || ipv6 !== null);
    assert.deepEqual(
      open.map(({ name }) => name).sort(),
      ["local-edge1", "local-edge2"],
      "only the load balancers have public addresses",
    );
    const addresses = open.flatMap(({ public_net: own }) => {
      assert.ok(own.ipv4 !== null && own.ipv6 !== null);
      return [own.ipv4.ip, own.ipv6.ip.replace("::/64", "::1")];
    });
    // Most of a scan is waiting for answers that do not come.
    const found = await Promise.all(
      [virtualIp(), ...addresses].map(async (address) => [address, await openPorts(address)]),
    );
    // Visitors come over IPv4 while nothing else is said; over IPv6 nothing listens.
    assert.deepEqual(
      found,
      [virtualIp(), ...addresses].map((address) => [address, address.includes(":") ? [] : ["80", "443"]]),
    );
  });

  it("visitors of the domain get a certificate of the ACME server, the same from both load balancers, and from HTTP they are sent there", async () => {
    const seen = `-o /dev/null -w '%{http_code} %{http_version} %{redirect_url}'`;
    const domain = new URL(url()).hostname;
    assert.equal((await fromInternet(`${curl()} ${seen} ${url()}/whoami`)).stdout, "200 2 ");
    assert.equal(
      (await fromInternet(`${curl()} ${seen} http://${domain}/whoami?a=1`)).stdout,
      `308 1.1 https://${domain}/whoami?a=1`,
    );
    const { exitCode, stderr } = await fromInternet(
      `${curl()} --cacert /etc/ssl/certs/ca-certificates.crt ${url()}`,
    );
    assert.equal(exitCode, 60, `whoever does not know the authority does not believe it: ${stderr}`);
    const look = `openssl s_client -connect 127.0.0.1:443 -servername ${domain} </dev/null 2>/dev/null | openssl x509 -noout -issuer -fingerprint -ext subjectAltName`;
    // Who does not own the address serves its placeholder, of the same name, until its next look takes the pair's.
    const served = await eventually("both serve the same", 90, async () => {
      const [one, other] = await Promise.all(["local-edge1", "local-edge2"].map((name) => must(name, look)));
      return one === other ? one : undefined;
    });
    assert.match(served, /^issuer=CN ?= ?Pebble Intermediate/);
    assert.match(served, new RegExp(`DNS:${domain}$`));
    for (const name of ["local-edge1", "local-edge2"]) {
      const { certificate } = JSON.parse(await must(name, "platform-status --json || true"));
      assert.deepEqual([certificate.up, certificate.issued, certificate.failures], [true, true, 0]);
    }
  });

  it("S0-9: each node's Traefik routes by path", async () => {
    for (const node of ["10.0.2.11", "10.0.2.12"]) {
      for (const [path, service] of [
        ["/whoami", "web"],
        ["/admin/whoami", "admin"],
        ["/api/whoami", "api"],
      ] as const) {
        const answer = JSON.parse(
          await must("local-edge1", `curl -sS --max-time 5 http://${node}${path}`),
        ) as {
          service: string;
        };
        assert.equal(answer.service, service, `${node}${path}`);
      }
    }
  });

  it("S0-24: 10 000 requests are shared within 5 %", async () => {
    const result = await startLoad(`${url()}/api/whoami`, 16, "10000x").result;
    console.log(`      ${describeLoad(result)}`);
    assert.equal(result.failed, 0);
    for (const [node, count] of Object.entries(result.nodes)) {
      assert.ok(Math.abs(count - 5000) <= 250, `${node} answered ${count} of 10000`);
    }
  });
});

describe("edge, where visitors come over IPv6 too", function () {
  this.timeout("10m");
  const edges = ["local-edge1", "local-edge2"];

  before("the platform has a floating IPv6 network, and a name more for its certificate", async function () {
    if (!(await ipv6Works())) this.skip();
    await ensureHostPackages(["nmap"]);
    await up({ "edge.ipv6": true, aliases: ["www.platform.test"] });
  });
  after("it has none again", async () => {
    if (await ipv6Works()) await up();
  });

  it("a visitor finds its address in DNS and is served there", async () => {
    const [address = ""] = virtualIpv6s();
    const { rrset } = await api<{ rrset: { records: { value: string }[] } }>(
      "/zones/platform.test/rrsets/@/AAAA",
    );
    assert.deepEqual(
      rrset.records.map(({ value }) => value),
      [address],
    );
    const seen = `-o /dev/null -w '%{http_code} %{http_version} %{remote_ip}'`;
    const { stdout, stderr } = await fromInternet(`${curl(`[${address}]`)} ${seen} ${url()}/whoami`);
    assert.equal(stdout, `200 2 ${address}`, stderr);
  });

  it("a stranger finds ports 80 and 443 of the network and of the load balancers, and nothing else", async () => {
    const own = (await servers()).flatMap(({ public_net: { ipv6 } }) =>
      ipv6 === null ? [] : [ipv6.ip.replace("::/64", "::1")],
    );
    const addresses = [...virtualIpv6s(), ...own];
    assert.equal(addresses.length, 3);
    const found = await Promise.all(addresses.map(async (address) => [address, await openPorts(address)]));
    assert.deepEqual(
      found,
      addresses.map((address) => [address, ["80", "443"]]),
    );
  });

  it("the ACME server asks over IPv6 whose the names are, and issues a certificate", async () => {
    const [address = ""] = virtualIpv6s();
    const look = `openssl s_client -connect [${address}]:443 -servername platform.test </dev/null 2>/dev/null | openssl x509 -noout -issuer -ext subjectAltName`;
    await eventually("the certificate has both names", 120, async () => {
      const { stdout } = await fromInternet(look);
      return (/Pebble/.test(stdout) && /DNS:www\.platform\.test/.test(stdout)) || undefined;
    });
    const asked =
      "journalctl -u haproxy -o cat --since -10min | grep -F /.well-known/acme-challenge/ || true";
    await eventually("challenges over IPv6 are in the journal", 30, async () => {
      const lines = await Promise.all(edges.map((name) => must(name, asked)));
      return (
        lines
          .join("\n")
          .split("\n")
          .some((line) => /^\S*2001:db8:\S+ \[/.test(line)) || undefined
      );
    });
  });

  it("platform-status of both says where the network leads", async () => {
    const [address = ""] = virtualIpv6s();
    const states = await Promise.all(
      edges.map(async (name) => JSON.parse(await must(name, "platform-status --json || true"))),
    );
    for (const { network } of states) assert.deepEqual([network.up, network.ip], [true, address]);
    assert.equal(states.filter(({ network }) => network.here).length, 1);
    assert.ok(states.every(({ network, address: other }) => network.here === other.here));
  });
});
