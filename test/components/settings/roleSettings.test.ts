import assert from "node:assert/strict";
import { appSettings } from "../../../components/roles/app/settings";
import { databaseSettings } from "../../../components/roles/database/settings";
import { edgeSettings } from "../../../components/roles/edge/settings";
import { storageSettings } from "../../../components/roles/storage/settings";
import { SettingsError } from "../../../components/settings/problems";
import { parseRole } from "../../../components/settings/roleSettings";

const around = { location: "nbg1" };
const web = { image: "example/shop:1.4.2", port: 3000, pathPrefix: "/" };

const lines = (parse: () => unknown): string[] => {
  try {
    parse();
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message.split("\n");
  }
};

describe("parseRole", () => {
  it("gives a program the complete settings of one role, without a stack and without the others", () => {
    const database = parseRole(databaseSettings, { serverType: "ccx33", cacheEngine: "redis" }, around);
    assert.deepEqual(database, {
      vcpus: 8,
      memoryGb: 32,
      serverType: "ccx33",
      cacheEngine: "redis",
      databaseName: "app",
    });
    const edge = parseRole(edgeSettings, {}, { ...around, domain: "www.example.com" });
    assert.deepEqual([edge.engine, edge.otherHosts, edge.redirectToHttps], ["haproxy", undefined, true]);
    const app = parseRole(appSettings, { services: { web } }, around);
    assert.deepEqual([app.count, app.memoryGb, app.services.web?.healthPath], [2, 16, "/health/ready"]);
    const storage = parseRole(storageSettings, { bulk: "storageBox" }, around);
    assert.deepEqual([storage.volumeGb, storage.bulkGb, storage.backup.retentionDays], [50, 2000, 14]);
  });

  it("fails with every mistake at once, with paths as in a stack's file and the rules of the role", () => {
    const wrong = { memoryGb: 2, vcpus: 1, databaseName: "public", cachEngine: "redis" };
    const [first, ...rest] = lines(() => parseRole(databaseSettings, wrong, around));
    assert.equal(first, "role database: 3 mistakes in the configuration");
    assert.match(rest.join("\n"), /database\.databaseName: got "public"/);
    assert.match(rest.join("\n"), /database\.cachEngine: .*did you mean cacheEngine\?/);
    assert.match(rest.join("\n"), /database\.memoryGb: got 2, allowed at least 4 GB/);
  });

  it("looks at what the caller says of other sections", () => {
    const services = { web: { ...web, secrets: { KEY: "mail" } } };
    assert.match(
      lines(() => parseRole(appSettings, { services }, around)).join("\n"),
      /app\.services\.web\.secrets\.KEY: .*there are none yet/,
    );
    assert.deepEqual(
      lines(() => parseRole(appSettings, { services }, around, { secrets: { mail: "x" } })),
      [],
    );
    assert.match(
      lines(() => parseRole(storageSettings, { objectStoreEngine: "minio" }, around)).join("\n"),
      /images\.objectStore: got nothing/,
    );
  });
});
