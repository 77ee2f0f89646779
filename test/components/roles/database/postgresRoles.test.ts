import assert from "node:assert/strict";
import {
  checkDatabaseName,
  rolesAreCurrentSql,
  rolesSql,
} from "../../../../components/roles/database/postgresRoles";

const passwords = { application: "marker-one", backup: "marker-two", restore: "marker-three" };

describe("checkDatabaseName", () => {
  for (const name of [
    "app",
    "shop_2",
    "a",
    "a".repeat(63),
    "_shop",
    "order",
    "user",
    "asc",
    "all",
    "replication",
    "backup",
    "restore",
  ]) {
    it(`accepts ${name}`, () => checkDatabaseName(name));
  }
  const refused = [
    "",
    "App",
    "2shop",
    "my-shop",
    "a b",
    'a"b',
    "a;drop",
    "postgres",
    "template1",
    "pg_shop",
    "platform_backup",
    "platform_restore",
    "platform_restoring",
    "public",
    "none",
    "a".repeat(64),
    "shöp",
  ];
  for (const name of refused) {
    it(`fails when it is ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkDatabaseName(name), /database name ".*" must be 1 to 63 lower-case letters/);
    });
  }
});

describe("rolesSql", () => {
  it("holds no password, only verifiers", () => {
    const sql = rolesSql("app", passwords) + rolesAreCurrentSql("app", passwords);
    for (const password of Object.values(passwords)) assert.ok(!sql.includes(password));
    assert.equal(sql.match(/SCRAM-SHA-256\$4096:/g)?.length, 6);
  });

  it("is the same text for the same passwords and another one for others", () => {
    assert.equal(rolesSql("app", passwords), rolesSql("app", passwords));
    assert.notEqual(rolesSql("app", passwords), rolesSql("app", { ...passwords, backup: "other" }));
  });
});
