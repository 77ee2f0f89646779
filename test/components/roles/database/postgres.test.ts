import assert from "node:assert/strict";
import { pgHba, postgresqlConf } from "../../../../components/roles/database/postgres";

const config = {
  database: "app",
  privateIp: "10.0.3.11",
  vcpus: 8,
  memoryMb: 19456,
  applicationAddresses: ["10.0.2.11", "10.0.2.12"],
  backupAddresses: ["10.0.4.11"],
};

describe("pgHba", () => {
  const lines = pgHba(config)
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));

  it("admits the application from the app nodes and the machine itself", () => {
    const addresses = lines.filter(([, , role]) => role === '"app"').map(([, , , address]) => address);
    assert.deepEqual(addresses, ["127.0.0.1/32", "10.0.2.11/32", "10.0.2.12/32"]);
  });

  it("admits backup and restore from the storage node only, and restore not to the application's database", () => {
    const storage = lines.filter(([, , role]) => role?.startsWith("platform_"));
    assert.deepEqual(storage, [
      ["host", '"app",postgres', "platform_backup", "10.0.4.11/32", "scram-sha-256"],
      ["host", '"app"', "platform_restore", "10.0.4.11/32", "reject"],
      ["host", "all", "platform_restore", "10.0.4.11/32", "scram-sha-256"],
    ]);
  });

  for (const database of ["all", "replication", "sameuser"]) {
    it(`admits the application to its own database only when that is called ${database}`, () => {
      const own = pgHba({ ...config, database })
        .split("\n")
        .filter((text) => text.includes("10.0.2.11"));
      assert.deepEqual(own, [`host\t"${database}"\t"${database}"\t10.0.2.11/32\tscram-sha-256`]);
    });
  }

  it("names no role or address that is not one of these", () => {
    assert.equal(lines.length, 1 + 3 + 3);
    assert.ok(lines.every(([type, , role]) => type === "host" || role === "postgres"));
    assert.ok(!pgHba(config).includes("trust"));
  });
});

describe("postgresqlConf", () => {
  it("listens on localhost and the private address", () => {
    assert.match(postgresqlConf(config), /^listen_addresses = 'localhost,10\.0\.3\.11'$/m);
  });

  it("names every setting once", () => {
    const names = postgresqlConf(config)
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    assert.equal(new Set(names).size, names.length);
  });
});
