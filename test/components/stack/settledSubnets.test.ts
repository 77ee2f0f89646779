import assert from "node:assert/strict";
import { type ParsedPlatform, parsePlatform } from "../../../components/stack/parse";
import { refusedChanges, settledSettings } from "../../../components/stack/settledSettings";
import { startingPoint } from "../../../scripts/settingChanges/changes";

const containers = { one: { image: "example/one:1" } };

/** A platform with roles of its own, each with the subnet that it names or none. */
function platform(own: Readonly<Record<string, string | undefined>>, more: object = {}): ParsedPlatform {
  const roles = Object.entries(own).map(([name, subnet]) => [
    name,
    { containers, ...(subnet !== undefined && { subnet }) },
  ]);
  return parsePlatform({ ...startingPoint, ...more, roles: Object.fromEntries(roles) }, "prod");
}

/** What the update of the platform is told, `path: remedy` each. */
function refused(before: ParsedPlatform, after: ParsedPlatform): string[] {
  const remembered = settledSettings(before.settings, before.plan);
  return refusedChanges(remembered, after.settings, after.plan).map(
    ({ path, before: was, after: is, remedy }) => `${path}: ${was} -> ${is}; ${remedy}`,
  );
}

const subnetsOf = ({ plan }: ParsedPlatform, ...roles: string[]) =>
  roles.map((role) => plan.network.subnets[role]);

describe("subnets of roles", () => {
  const erp = platform({ erp: undefined });

  it("are the next free ones after those of the platform's own roles, where nobody names one", () => {
    assert.deepEqual(subnetsOf(erp, "storage", "erp"), ["10.0.4.0/24", "10.0.5.0/24"]);
    const named = platform({ erp: undefined, search: "10.0.5.0/24" });
    assert.deepEqual(subnetsOf(named, "erp", "search"), ["10.0.6.0/24", "10.0.5.0/24"]);
  });

  it("are all remembered, those of the stack file's roles too", () => {
    const { settings, plan } = platform({ erp: undefined, search: "10.0.20.0/24" });
    const record = settledSettings(settings, plan);
    assert.equal(record["network.subnets.erp"], "10.0.5.0/24");
    assert.equal(record["network.subnets.search"], "10.0.20.0/24");
    assert.equal(record["network.subnets.edge"], "10.0.1.0/24");
  });

  it("stay when a role comes after them, and when the last one goes", () => {
    const both = platform({ erp: undefined, search: undefined });
    assert.deepEqual(refused(erp, both), []);
    assert.deepEqual(refused(both, erp), []);
  });

  it("fail with the line to write when a role that comes before another would move it", () => {
    const before = platform({ crm: undefined, erp: undefined });
    assert.deepEqual(refused(erp, before), [
      "roles.erp.subnet: 10.0.5.0/24 -> 10.0.6.0/24; it follows from the other roles while nobody names it: set roles.erp.subnet: 10.0.5.0/24",
    ]);
    const pinned = platform({ crm: undefined, erp: "10.0.5.0/24" });
    assert.deepEqual(refused(erp, pinned), []);
    assert.deepEqual(subnetsOf(pinned, "crm", "erp"), ["10.0.6.0/24", "10.0.5.0/24"], "the next free one");
  });

  it("fail with the line to write when a role that goes would move another", () => {
    const both = platform({ crm: undefined, erp: undefined });
    const [change, more] = refused(both, erp);
    assert.match(
      change ?? "",
      /^roles\.erp\.subnet: 10\.0\.6\.0\/24 -> .*set roles\.erp\.subnet: 10\.0\.6\.0\/24$/,
    );
    assert.equal(more, undefined);
    assert.deepEqual(refused(both, platform({ erp: "10.0.6.0/24" })), []);
  });

  it("fail when a named one is changed, also of the platform's own roles", () => {
    const named = platform({ erp: "10.0.20.0/24" });
    const moved = platform({ erp: "10.0.21.0/24" });
    assert.match(refused(named, moved).join(), /^roles\.erp\.subnet: .*; set it back to 10\.0\.20\.0\/24: /);
    const network = { subnets: { database: "10.0.33.0/24" } };
    const changes = refused(named, platform({ erp: "10.0.20.0/24" }, { network }));
    assert.match(changes.join(), /^network\.subnets\.database: .*; set it back to 10\.0\.3\.0\/24: /);
  });

  it("fail when a new role has that of one which goes in the same update, and are free afterwards", () => {
    const renamed = platform({ crm: undefined });
    assert.deepEqual(refused(erp, renamed), [
      "roles.crm.subnet: 10.0.5.0/24 of erp -> 10.0.5.0/24; set roles.crm.subnet: 10.0.6.0/24, or run up once without crm",
    ]);
    assert.deepEqual(refused(erp, platform({ crm: "10.0.6.0/24" })), []);
    const without = platform({});
    assert.deepEqual(refused(erp, without), []);
    assert.deepEqual(refused(without, renamed), []);
  });

  it("are not spoken of when the whole range is another one, which is refused by itself", () => {
    const elsewhere = platform({ erp: undefined }, { network: { range: "10.9.0.0/16" } });
    const paths = refused(erp, elsewhere).map((line) => line.split(":")[0]);
    assert.deepEqual(paths, ["network.range"]);
  });

  it("fail when the range has none left for a role, or none that holds its machines", () => {
    const full = () =>
      platform(Object.fromEntries([..."abcdefgh"].map((name) => [name, undefined])), {
        network: { range: "10.0.0.0/24" },
      });
    assert.throws(full, /network\.range: .*a free subnet for \w of the stack file/);
    const many = () =>
      parsePlatform(
        { ...startingPoint, network: { range: "10.0.0.0/24" }, roles: { erp: { containers, count: 30 } } },
        "prod",
      );
    assert.throws(many, /roles\.erp\.subnet: .*a subnet that holds the role's last address/);
  });
});
