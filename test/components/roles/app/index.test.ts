import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AppNodes, type AppNodesArgs } from "../../../../components/roles/app";
import { clearTextPaths, isSecretValue, recordProgram } from "../../../support/mocks";
import { settings, stack, topology } from "./support/stack";

const args: AppNodesArgs = {
  settings,
  plan: topology.plan,
  serverType: "ccx13",
  context: {
    location: "nbg1",
    image: "debian-13",
    network: { id: 9, range: "10.0.0.0/16" },
    sshKey: "deploy",
    privateKey: pulumi.secret("planted-private-key"),
    labels: { environment: "prod" },
  },
  bastion: { host: "198.51.100.11", hostKey: "ssh-ed25519 AAAA" },
  images: stack.images,
  traefikImage: stack.traefikImage,
  stores: { database: { DATABASE_URL: "postgresql://app:planted-password@db/app" } },
};

const record = (preview = false) =>
  recordProgram(() => new AppNodes("app", args), {
    preview,
    outputs: (type) => (type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {}),
  });

describe("AppNodes", function () {
  this.timeout(20_000);

  it("S0-3 S0-4 creates identical private servers, spread over physical hosts", async () => {
    const servers = (await record()).filter((resource) => resource.type.endsWith(":Server"));
    assert.deepEqual(
      servers.map((server) => server.inputs.name),
      ["prod-app1", "prod-app2"],
    );
    for (const server of servers) {
      assert.equal(server.inputs.serverType, "ccx13");
      assert.deepEqual(server.inputs.publicNets, [{ ipv4Enabled: false, ipv6Enabled: false }]);
      assert.ok(Number(server.inputs.placementGroupId) > 0);
    }
  });

  it("shows no secret in clear, and sends the setups as secrets", async () => {
    const resources = await record();
    for (const marker of ["planted-password", "planted-private-key"]) {
      for (const resource of resources) {
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
      }
    }
    const setups = resources.filter((resource) => resource.name.endsWith("-setup"));
    assert.equal(setups.length, 2);
    for (const setup of setups) assert.ok(isSecretValue(setup.inputs.stdin));
  });

  it("fails when a service uses a store that is not there", async () => {
    await recordProgram(() => {
      assert.throws(
        () => new AppNodes("app", { ...args, stores: {}, images: {} }),
        /no image for service web, admin, api, worker; stores: no database for service web; stores: no database/,
      );
    });
  });

  it("gives all names once", async () => {
    const names = (await record()).map((resource) => `${resource.type} ${resource.name}`);
    assert.equal(new Set(names).size, names.length);
  });

  it("does not choke on what is unknown in a preview", async () => {
    assert.equal((await record(true)).filter((resource) => resource.type.endsWith(":Server")).length, 2);
  });

  it("fails when a service has no image", async () => {
    await recordProgram(() => {
      assert.throws(() => new AppNodes("app", { ...args, images: {} }), /no image for service web, admin/);
    });
  });

  it("fails before any resource when a service asks for a secret and there are none, has a host that is none or another one's route, or nobody could be served", async () => {
    const web = settings.app.services.web;
    assert.ok(web !== undefined);
    const given = (services: typeof settings.app.services): AppNodesArgs => {
      const images = Object.fromEntries(
        Object.keys(services).map((name) => [name, "example/shop@sha256:abc"]),
      );
      return { ...args, images, settings: { ...settings, app: { ...settings.app, services } } };
    };
    const cases: [AppNodesArgs, RegExp][] = [
      [
        given({ web: { ...web, secrets: { KEY: "key" } } }),
        /secrets: none are given, and service web asks for one/,
      ],
      [given({ web: { ...web, host: "a.example.com/x" } }), /services\.web\.host: got "a\.example\.com\/x"/],
      [
        given({ web: { ...web, host: "a.example.com" }, shop: { ...web, host: "a.example.com" } }),
        /services\.shop: web has the same host/,
      ],
      [
        given({ web: { ...web, port: undefined, pathPrefix: undefined } }),
        /no service has a port and a path prefix/,
      ],
    ];
    for (const [wrong, message] of cases) {
      const resources = await recordProgram(() => {
        assert.throws(() => new AppNodes("app", wrong), message);
      });
      assert.deepEqual(
        resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
        [],
      );
    }
    // The same path under another name is another route.
    await recordProgram(() => new AppNodes("app", given({ web, shop: { ...web, host: "a.example.com" } })));
  });
});
