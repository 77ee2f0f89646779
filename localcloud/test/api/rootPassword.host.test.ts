import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { newRootPassword, newSalt, passwordHash, rootPasswordHash } from "../../src/api/servers/rootPassword";

describe("local cloud API: root passwords", () => {
  it("hashes as the specification's example does", () => {
    assert.equal(
      passwordHash("Hello world!", "saltstring"),
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    );
  });

  it("hashes as the specification's example with rounds of its own does", () => {
    assert.equal(
      passwordHash("Hello world!", "saltstringsaltst", 10_000),
      "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    );
  });

  it("gives generated passwords the least rounds that the specification has", () => {
    assert.match(
      rootPasswordHash(newRootPassword()),
      /^\$6\$rounds=1000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/,
    );
  });

  it("hashes as openssl does, whatever the length", function () {
    if (spawnSync("openssl", ["version"]).status !== 0) this.skip();
    for (const password of ["", "x", newRootPassword(), "é".repeat(40), "y".repeat(64), "z".repeat(130)]) {
      const salt = newSalt();
      const { stdout } = spawnSync("openssl", ["passwd", "-6", "-salt", salt, "-stdin"], {
        input: `${password}\n`,
      });
      if (password !== "") assert.equal(passwordHash(password, salt), stdout.toString().trim());
    }
  });
});
