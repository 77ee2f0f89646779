// Hetzner's Go client, which the provider, the CLI and the Kubernetes controllers are built on.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readToken, TOKEN } from "../../localcloud/test/api/testCloud";
import { assertDocumented } from "./documentation";
import { type GoTestResult, runGoTests } from "./goTest";
import { type Listener, listen, servedOperations } from "./listener";
import { hcloudGoDirectory } from "./prepare";

const directory = hcloudGoDirectory;
const HETZNERS_REQUESTS_PER_HOUR = 3600;

/** Go tests, with the operation that they need. */
const tests: Readonly<Record<string, string>> = {
  TestServer: "POST /servers",
  TestImage: "POST /servers/{id}/actions/create_image",
  TestNetwork: "POST /networks",
  TestFirewall: "POST /firewalls",
  TestFloatingIP: "POST /floating_ips",
  TestPrimaryIP: "POST /primary_ips",
  TestVolume: "POST /volumes",
  TestSSHKey: "POST /ssh_keys",
  TestPlacementGroup: "POST /placement_groups",
  TestCatalogue: "GET /server_types",
  TestErrors: "POST /networks",
  TestActions: "GET /actions",
  TestCertificate: "POST /certificates",
  TestLoadBalancer: "POST /load_balancers",
  TestZone: "POST /zones",
  TestStorageBox: "POST /storage_boxes",
};

describe("clients: hcloud-go", () => {
  let listener: Listener;
  let limited: Listener;
  let results: GoTestResult[] = [];

  before(async function () {
    this.timeout("3m");
    listener = await listen();
    limited = await listen({ requestsPerHour: HETZNERS_REQUESTS_PER_HOUR });
    // The bucket is nearly empty when the client comes: it gets one request back each second.
    for (let count = 0; count < HETZNERS_REQUESTS_PER_HOUR - 5; count++)
      await limited.cloud.get("/locations");
    results = await runGoTests(directory, {
      HCLOUD_ENDPOINT: listener.endpoint,
      HCLOUD_TOKEN: TOKEN,
      READ_TOKEN: readToken,
      LIMITED_ENDPOINT: limited.endpoint,
      SERVED_OPERATIONS: servedOperations().join("\n"),
    });
  });
  after(async () => {
    await listener?.stop();
    await limited?.stop();
  });

  for (const [test, operation] of Object.entries(tests)) {
    it(test.replace("Test", ""), function () {
      if (!servedOperations().includes(operation)) this.skip();
      const own = results.filter(({ name }) => name === test || name.startsWith(`${test}/`));
      const failed = own.filter(({ outcome }) => outcome === "fail");
      assert.equal(failed.length, 0, failed.map(({ output }) => output).join(""));
      assert.ok(own.filter(({ outcome }) => outcome === "pass").length > 3, "it ran");
    });
  }

  it("has no test that is not listed here", () => {
    const unknown = results.filter(({ name }) => !((name.split("/", 1)[0] as string) in tests));
    assert.deepEqual(unknown, []);
  });

  it("caused no failure inside the local cloud", () => {
    assert.deepEqual([...listener.problems(), ...limited.problems()], []);
  });

  it("is documented with its version and the number of its operations", async () => {
    const module = await readFile(join(directory, "go.mod"), "utf8");
    const version = /hcloud-go\/v2 v(\S+)/.exec(module)?.[1] ?? "";
    const operations = results.filter(
      ({ name, outcome }) =>
        outcome === "pass" && !results.some((other) => other.name.startsWith(`${name}/`)),
    );
    await assertDocumented("hcloud-go", version, operations.length);
  });
});
