import assert from "node:assert/strict";
import { withRoot } from "../../src/acme/roots";

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;

describe("roots of the ACME server", () => {
  it("are all that there were, the newest first", () => {
    const first = withRoot("", `${pem("b25l")}\n`);
    assert.equal(first, `${pem("b25l")}\n`);
    assert.equal(withRoot(first, pem("dHdv")), `${pem("dHdv")}\n${pem("b25l")}\n`);
  });

  it("stay as they are when the server has the one of before", () => {
    const both = `${pem("dHdv")}\n${pem("b25l")}\n`;
    for (const known of ["dHdv", "b25l"]) assert.equal(withRoot(both, pem(known)), both);
  });

  it("are never lost to an answer that is none", () => {
    assert.throws(() => withRoot(`${pem("b25l")}\n`, "<html>"), /answered no root/);
  });
});
