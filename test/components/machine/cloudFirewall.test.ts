import assert from "node:assert/strict";
import { cloudFirewallRules } from "../../../components/machine/cloudFirewall";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";

const { plan } = planned(seedSettings);
const short = (ranges: string[]) =>
  cloudFirewallRules(plan, "edge", ranges).map((rule) => [
    rule.protocol,
    rule.port,
    rule.sourceIps.join(" "),
  ]);

describe("cloudFirewall", () => {
  it("S0-2, S1-30, S3-109: opens HTTP, HTTPS and ICMP to the internet, and SSH to administrators alone", () => {
    assert.deepEqual(short(["198.51.100.1/32"]), [
      ["tcp", "80", "0.0.0.0/0 ::/0"],
      ["tcp", "443", "0.0.0.0/0 ::/0"],
      ["icmp", undefined, "0.0.0.0/0 ::/0"],
      ["tcp", "22", "198.51.100.1/32"],
    ]);
  });

  it("has no SSH rule without administrators, because the API refuses a rule without sources", () => {
    assert.ok(!short([]).some(([, port]) => port === "22"));
  });
});
