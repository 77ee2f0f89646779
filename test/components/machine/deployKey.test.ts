import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { deployKey } from "../../../components/machine/deployKey";

describe("deployKey", () => {
  for (const fill of [0, 7, 255]) {
    it(`makes a key that ssh-keygen reads and derives the same public key from (seed of ${fill}s)`, async () => {
      const key = deployKey(Buffer.alloc(32, fill).toString("base64"), "platform@prod");
      const folder = await mkdtemp(join(tmpdir(), "deploy-key-"));
      try {
        await writeFile(join(folder, "key"), key.privateKey, { mode: 0o600 });
        const derived = await execa("ssh-keygen", ["-y", "-f", join(folder, "key")]);
        assert.equal(derived.stdout, key.publicKey);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  it("fails when the seed is too short", () => {
    assert.throws(() => deployKey(Buffer.alloc(31).toString("base64"), "x"), /must be 32 bytes, got 31/);
  });
});
