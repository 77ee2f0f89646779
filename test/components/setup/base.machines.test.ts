import assert from "node:assert/strict";
import { hostNameSetup } from "../../../components/setup/base";
import { eventually } from "../../support/eventually";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";

describe("a server that gets another name", function () {
  this.timeout(600_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("renamed", []);
    await machine.succeed("echo prod-db1 >/etc/hostname; hostname prod-db1");
  });
  after(() => machine?.stop());

  it("is called by it on the machine too, at once and at the next boot, and logs under it", async () => {
    await machine.apply(hostNameSetup("prod-database1"));
    assert.equal((await machine.succeed("hostname")).trim(), "prod-database1");
    assert.equal((await machine.succeed("cat /etc/hostname")).trim(), "prod-database1");
    await eventually(async () => {
      const look = "logger -t renamed here; journalctl --quiet -t renamed _HOSTNAME=prod-database1";
      return (await machine.run(look)).output.includes("here");
    }, "the journal to take the new name");
  });

  it("is left alone by a second set-up", async () => {
    await machine.succeed("stat -c %Y.%i /etc/hostname >/run/before");
    await machine.apply(hostNameSetup("prod-database1"));
    await machine.succeed("stat -c %Y.%i /etc/hostname | cmp - /run/before");
  });
});
