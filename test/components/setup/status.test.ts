import assert from "node:assert/strict";
import { mergeSetups } from "../../../components/setup/merge";
import { renderSetup } from "../../../components/setup/render";
import { type Probe, statusScript } from "../../../components/setup/status";
import { completeSetup } from "../../../components/setup/types";

const disk: Probe = { name: "disk", title: "disk", command: `jq -n '{reasons: []}'` };
const route: Probe = { name: "route", title: "default route", command: `jq -n '{reasons: []}'` };

describe("platform-status of a setup", () => {
  it("asks what its parts name, in their order, and brings what it needs", () => {
    const script = renderSetup("app1", mergeSetups({ probes: [disk] }, { probes: [route] }));
    assert.match(script, /^put_file '\/usr\/local\/sbin\/platform-status' 'root' 'root' '0755' <</m);
    assert.match(script, /^for name in disk route; do ask/m);
    assert.match(script, /^install_packages 'jq'$/m);
  });

  it("is no command of a setup without parts that can be asked", () => {
    assert.doesNotMatch(renderSetup("app1", { packages: ["curl"] }), /platform-status/);
  });

  it("refuses two parts of the same name, of which the table would show one", () => {
    assert.throws(() => mergeSetups({ probes: [disk] }, { probes: [disk] }), /probe disk is set up twice/);
  });

  it("is as wide as the longest title", () => {
    assert.match(statusScript([disk, route]), /row\("disk {11}"; empty\)/);
    assert.deepEqual(completeSetup({}).probes, []);
  });
});
