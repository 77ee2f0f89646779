import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { appNodeSetup, traefikTakes } from "../../../../components/roles/app/setup";
import { containerRunSetup } from "../../../../components/setup/containerRun";
import { mergeSetups } from "../../../../components/setup/merge";
import { tierSetup } from "../../../../components/setup/tiers/identity";
import type { MachineSetup } from "../../../../components/setup/types";
import { ensureTool } from "../../../../toolchain/build";
import { bootDocker } from "../../setup/support/containers";
import { type TestMachine, whyNoMachine } from "../database/support/machine";
import { stack, topology } from "./support/stack";

const [node] = topology.app;
const [edge] = topology.edge;
const { web } = stack.services;

/** The node as it is set up, but for its replicas: one stands in for them that knows no Docker. */
function setup(): MachineSetup {
  assert.ok(node && web);
  const services = { web: { ...web, replicas: 1 } };
  const whole = appNodeSetup(node, { ...stack, services, traefikImage: "traefik:1", overTls: true });
  const seed = Buffer.alloc(32, 7).toString("base64");
  const tiers = { machine: node, servers: [node], clients: [node, edge], programs: [traefikTakes], seed };
  const merged = mergeSetups(tierSetup(tiers), containerRunSetup, {
    files: whole.files.filter(({ path }) => path.includes("traefik")),
    units: whole.units.filter(({ name }) => name === "traefik.service"),
    checks: whole.checks.filter(({ name }) => name === "visitors are served"),
  });
  return { ...merged, packages: [] };
}

/** Answers every request with 200. */
const replica = (address: string) => `use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "${address}", LocalPort => 3000, Listen => 64, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  while (defined(my $line = <$client>)) { last if $line =~ /^\\r?$/ }
  print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok";
  close $client;
}
`;

describe("Traefik in its container shows the certificate of its machine", function () {
  this.timeout(300_000);
  let machine: TestMachine;
  const own = "/etc/platform/tiers/own.pem";
  const ask = (options: string, scheme = "https") =>
    machine.run(
      `curl -sS -m 10 -o /dev/null -w '%{http_code}' -H 'Host: www.example.com' ${options} --resolve ${node?.hostname}:443:${node?.privateIp} ${scheme}://${node?.hostname}:443/page`,
    );
  const asMachine = `--cacert /etc/platform/tiers/servers.pem --cert ${own}`;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    const traefik = await ensureTool("traefik", (line) => console.log(`    ${line}`));
    assert.ok(node && web);
    machine = await bootDocker(node.hostname);
    await machine.install(traefik, "/run/image/traefik");
    const [{ address } = assert.fail()] = planReplicas({ web: { ...web, replicas: 1 } });
    await machine.succeed(`for address in ${node.privateIp} ${address}; do ip address add $address/32 dev lo; done
printf '%s %s\\n' ${node.privateIp} ${node.hostname} >>/etc/hosts
mkdir -p /run/image/tmp /run/image/etc && chmod +x /run/image/traefik
tar -C /run/image -c . | docker import --change 'ENTRYPOINT ["/traefik"]' - traefik:1 >/dev/null
cat >/run/replica.pl <<'END'
${replica(address)}END
systemd-run -q --unit=replica perl /run/replica.pl`);
    // It ends with the setup's own check that visitors are served.
    await machine.apply(setup());
  });
  after(() => machine?.stop());

  it("answers whoever shows one of a machine that may ask, and nobody else", async () => {
    assert.equal((await ask(asMachine)).output, "200");
    assert.notEqual((await ask("-k")).exitCode, 0);
    assert.equal((await ask("", "http")).output, "404");
  });

  it("reads the key as root without a capability", async () => {
    assert.match(await machine.succeed(`stat -c '%a %U' ${own}`), /^600 root/);
    const effective = await machine.succeed(
      "grep CapEff /proc/$(docker inspect -f '{{.State.Pid}}' traefik)/status",
    );
    // CAP_NET_BIND_SERVICE alone.
    assert.match(effective, /:\s0000000000000400$/m);
  });

  it("shows a renewed one without a restart", async () => {
    const container = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' traefik";
    const shown = `{ openssl s_client -connect ${node?.privateIp}:443 -cert ${own} -key ${own} </dev/null 2>/dev/null || true; } | openssl x509 -noout -fingerprint`;
    const [before, started] = [await machine.succeed(shown), await machine.succeed(container)];
    await machine.succeed(`rm ${own} && systemctl start platform-tiers.service`);
    await machine.succeed(
      `for try in {1..200}; do [ "$(${shown})" != "$(openssl x509 -noout -fingerprint -in ${own})" ] || exit 0; sleep 0.1; done; exit 1`,
    );
    assert.notEqual(await machine.succeed(shown), before);
    assert.equal(await machine.succeed(container), started);
    assert.equal((await ask(asMachine)).output, "200");
  });
});
