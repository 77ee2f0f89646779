import assert from "node:assert/strict";
import { tierTakes } from "../../../../components/roles/edge/tierTakes";
import { renewScript } from "../../../../components/setup/tiers/renewScript";
import { shellcheck } from "../../../support/shellcheck";

describe("tierTakes", () => {
  const machine = { hostname: "prod-edge1", role: "edge", privateIp: "10.0.1.11" };

  for (const [engine, program] of Object.entries(tierTakes)) {
    it(`has ${engine} take a certificate by a script that shellcheck has nothing against`, async () => {
      assert.equal(program.unit, `${engine}.service`);
      assert.equal(await shellcheck(renewScript(machine, [program])), "");
    });
  }
});
