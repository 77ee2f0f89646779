import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execa } from "execa";
import { machineBase } from "../../../../components/machine/base";
import { appNodeSetup } from "../../../../components/roles/app/setup";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import { renderSetup } from "../../../../components/setup/render";
import type { CompleteSetup } from "../../../../components/setup/types";
import { shellcheck } from "../../../support/shellcheck";
import { settings, stack, topology } from "./support/stack";

const [first, second] = topology.app;
assert.ok(first !== undefined && second !== undefined);
const setup = appNodeSetup(first, stack);
const content = (of: CompleteSetup, path: string) => of.files.find((file) => file.path === path)?.content;
const hash = (of: CompleteSetup) => content(of, "/etc/platform/stack-hash");

describe("app node setup", () => {
  it("S0-4 S0-10 is byte-identical on all nodes but for name and address", () => {
    const neutral = (text: string, node: typeof first) =>
      text.replaceAll(node.hostname, "NAME").replaceAll(node.privateIp, "ADDRESS");
    assert.equal(
      neutral(JSON.stringify(setup), first),
      neutral(JSON.stringify(appNodeSetup(second, stack)), second),
    );
    assert.match(hash(setup) ?? "", /^[0-9a-f]{64}\n$/);
    const encrypted = { ...stack, overTls: true };
    assert.equal(hash(appNodeSetup(first, encrypted)), hash(appNodeSetup(second, encrypted)));
  });

  it("S0-10 has another fingerprint as soon as the stack differs", () => {
    const { web } = stack.services;
    assert.ok(web !== undefined);
    const others = [
      { ...stack, traefikImage: "traefik@sha256:2" },
      { ...stack, services: { ...stack.services, web: { ...web, replicas: 3 } } },
      { ...stack, services: { ...stack.services, web: { ...web, environment: { COLOR: "blue" } } } },
    ];
    const hashes = [stack, ...others].map((one) => hash(appNodeSetup(first, one)));
    assert.equal(new Set(hashes).size, 4);
  });

  it("runs every replica and Traefik as a unit, replicas of a service one after the other", () => {
    const groups = setup.units.map((unit) => [unit.name, unit.group]);
    assert.deepEqual(groups, [
      ["admin-1.service", "admin"],
      ["api-1.service", "api"],
      ["api-2.service", "api"],
      ["web-1.service", "web"],
      ["web-2.service", "web"],
      ["worker-1.service", "worker"],
      ["worker-2.service", "worker"],
      ["traefik.service", undefined],
    ]);
    for (const unit of setup.units) assert.ok(unit.ready !== undefined, unit.name);
  });

  describe("takes a replica for ready", () => {
    const command = setup.units.find(({ name }) => name === "web-1.service")?.ready ?? "false";
    const cases: [string, (host: string) => number, number][] = [
      ["that answers 200", () => 200, 0],
      ["that answers 204", () => 204, 0],
      ["that answers to the domain alone", (host) => (host === "www.example.com" ? 200 : 400), 0],
      ["not when it answers 301, which load balancers refuse", () => 301, 1],
      ["not when it answers 503", () => 503, 1],
    ];
    for (const [name, status, expected] of cases) {
      it(name, async () => {
        const server = createServer((request, response) => {
          response.writeHead(status(request.headers.host ?? ""), { Location: "/" }).end();
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        const here = command.replaceAll(/172\.20\.\d+\.\d+:3000/g, `127.0.0.1:${port}`);
        const { exitCode, stdout } = await execa("bash", ["-c", here], { reject: false });
        server.close();
        assert.equal(exitCode, expected, stdout);
        if (expected !== 0) assert.match(stdout, /answers (?:301|503), and 2xx means ready/);
      });
    }
  });

  it("tells each replica who it is", () => {
    assert.deepEqual(content(setup, "/etc/platform/web-2.env")?.trim().split("\n").sort(), [
      "APP_MODE=web",
      "NODE_NAME=prod-app1",
      "PORT=3000",
      "RELEASE=1.4.2",
      "REPLICA=2",
    ]);
    assert.doesNotMatch(content(setup, "/etc/platform/worker-1.env") ?? "", /PORT/);
  });

  it("keeps the connection strings in files that root alone reads", () => {
    const holding = setup.files.filter((file) => file.content.includes("planted-"));
    assert.equal(holding.length, 7);
    for (const file of holding) assert.equal(file.mode, "0600", file.path);
    assert.ok(!JSON.stringify([setup.units, setup.steps, setup.checks]).includes("planted-"));
  });

  it("gives a secret to the service that names it and to no other, and a new value restarts that one alone", () => {
    const { web } = stack.services;
    assert.ok(web !== undefined);
    const services = { ...stack.services, web: { ...web, secrets: { STRIPE_KEY: "stripeKey" } } };
    const before = appNodeSetup(first, { ...stack, services });
    const holding = before.files.filter((file) => file.content.includes("planted-stripe"));
    assert.deepEqual(
      holding.map(({ path, mode }) => [path, mode]),
      [
        ["/etc/platform/web-1.secret.env", "0600"],
        ["/etc/platform/web-2.secret.env", "0600"],
      ],
    );
    assert.ok(!JSON.stringify(before).includes("planted-mail"));

    const secrets = { ...stack.secrets, stripeKey: "planted-rotated" };
    const after = appNodeSetup(first, { ...stack, services, secrets });
    const changed = after.files.filter(({ path, content: text }) => content(before, path) !== text);
    const restarted = after.units.filter(({ reads }) => changed.some(({ path }) => reads.includes(path)));
    assert.deepEqual(
      restarted.map(({ name }) => name),
      ["web-1.service", "web-2.service"],
    );
    // Nodes that have it already and nodes that do not run the same stack.
    assert.equal(hash(after), hash(before));
  });

  it("gives a service no credentials of a store that it does not use", () => {
    const { worker } = stack.services;
    assert.ok(worker !== undefined);
    const alone = {
      worker: { ...worker, uses: ["cache" as const] },
      web: { ...stack.services.web, ...worker, port: 80, pathPrefix: "/" },
    };
    const files = appNodeSetup(first, { ...stack, services: alone });
    assert.equal(
      content(files, "/etc/platform/worker-1.secret.env"),
      "REDIS_URL=redis://app:planted-cache@10.0.3.11:6379/0\n",
    );
    const none = appNodeSetup(first, { ...stack, services: { ...alone, worker: { ...worker, uses: [] } } });
    assert.equal(content(none, "/etc/platform/worker-1.secret.env"), undefined);
  });

  it("does not restart Traefik when only routes change", () => {
    const traefik = setup.units.find((unit) => unit.name === "traefik.service");
    assert.ok(!traefik?.reads.some((path) => path.includes("dynamic")));
  });

  it("fails when a service has no image", () => {
    assert.throws(() => appNodeSetup(first, { ...stack, images: {} }), /service admin has no image/);
  });

  it("gives a script without findings of shellcheck, together with base and Docker", async function () {
    this.timeout(20_000);
    const whole = mergeSetups(
      machineBase(first, topology.plan, settings),
      dockerSetup(settings.images),
      setup,
    );
    assert.equal(await shellcheck(renderSetup(first.hostname, whole), ["SC2016"]), "");
    const commands = [
      ...setup.units.map((unit) => unit.ready ?? ""),
      ...setup.steps.flatMap((step) => [step.unless, step.run]),
      ...setup.checks.map((check) => check.command),
    ];
    assert.equal(await shellcheck(`${commands.join("\n")}\n`), "");
  });
});
