import assert from "node:assert/strict";
import { TestCloud } from "./testCloud";

const server = { name: "a", server_type: "cx23", image: "debian-13", location: "fsn1" };

describe("local cloud API: what is wrong with a field is told in the API's words", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());

  for (const [path, body, field, message] of [
    ["/networks", { name: "x".repeat(129), ip_range: "10.0.0.0/16" }, "name", "is too long"],
    ["/networks", { name: "", ip_range: "10.0.0.0/16" }, "name", "is too short"],
    ["/networks", { name: 7, ip_range: "10.0.0.0/16" }, "name", "Not a valid string."],
    ["/networks", { name: "n" }, "ip_range", "Missing data for required field."],
    ["/placement_groups", { name: "p" }, "type", "Missing data for required field."],
    ["/placement_groups", { name: "p", type: "pack" }, "type", "Must be one of: spread."],
    ["/floating_ips", { type: "ipv5" }, "type", "Must be one of: ipv4, ipv6."],
    ["/servers", { ...server, server_type: undefined }, "server_type", "Missing data for required field."],
    ["/servers", { ...server, server_type: {} }, "server_type", "Not a valid value."],
    ["/servers", { ...server, automount: "yes" }, "automount", "Not a valid boolean."],
    ["/servers", { ...server, volumes: 4 }, "volumes", "Not a valid list."],
    ["/servers", { ...server, volumes: [1.5] }, "volumes.0", "Not a valid integer."],
    ["/servers", { ...server, labels: "a=b" }, "labels", "Not a valid object."],
    ["/volumes", { name: "v", size: 9, location: "fsn1" }, "size", "Must be greater than or equal to 10."],
  ] as const) {
    it(`POST ${path} with ${field}: ${message}`, async () => {
      const error = await cloud.fails("invalid_input", "POST", path, body);
      assert.deepEqual(error.details.fields, [{ name: field, messages: [message] }]);
      assert.equal(error.message, `invalid input in field '${field}': ${message}`);
    });
  }
});
