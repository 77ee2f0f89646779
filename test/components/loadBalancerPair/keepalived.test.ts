import assert from "node:assert/strict";
import { keepalivedConfig } from "../../../components/loadBalancerPair/keepalived";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { lb1, lb2 } from "./support/options";

describe("keepalived", () => {
  it("is accepted by keepalived 2.3 of Debian 13 without a remark", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    const { exitCode, output } = await inDebian13("keepalived -t -f /tmp/keepalived.conf", {
      "/tmp/keepalived.conf": keepalivedConfig(lb1, lb2),
    });
    assert.equal(exitCode, 0, output);
    assert.equal(output, "");
  });

  it("differs between the machines only in who is who", () => {
    const neutral = (text: string, own: string, other: string) =>
      text
        .replaceAll(own, "OWN")
        .replaceAll(other, "OTHER")
        .replaceAll(/prod-lb\d/g, "NAME");
    assert.equal(
      neutral(keepalivedConfig(lb1, lb2), lb1.privateIp, lb2.privateIp),
      neutral(keepalivedConfig(lb2, lb1), lb2.privateIp, lb1.privateIp),
    );
  });

  it("names no interface, as names differ between images", () => {
    assert.doesNotMatch(keepalivedConfig(lb1, lb2), /^\s*interface/m);
  });
});
