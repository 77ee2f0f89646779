// A database of everything comes back three ways, the last on new machines; destroys the local platform twice.
import assert from "node:assert/strict";
import { localStack } from "../../scripts/localStack";
import { assertSamePortrait, everythingSql, portrait } from "../components/roles/storage/support/everything";
import { must, onMachine } from "../e2e/support/cloud";
import { up } from "../e2e/support/platform";

const [database, storage] = ["local-database1", "local-storage1"];
const rclone = "rclone --config=/etc/platform/backup/rclone.conf";
const withBox = { "storage.bulk": "storageBox", "storage.bulkGb": 1000 };
// What the platform notes of its own roles follows from their passwords, which are new on new machines.
const look = async (name: string) =>
  (await portrait((script) => must(database, script, 300), name)).replace(
    /(platform roles, revision) \w+/,
    "$1",
  );
const restore = (args: string) => must(storage, `platform-restore ${args}`, 600);

describe("a database of everything comes back on the platform, three ways", function () {
  this.timeout("1h");
  let original = "";
  let newest = "";

  before("the platform has a storage box and the database of everything", async () => {
    await up(withBox);
    await must(
      database,
      "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -v app=app -v db=app -d app >/dev/null",
      300,
      everythingSql,
    );
    original = await look("app");
    await must(storage, "systemctl start platform-backup.service", 600);
    newest = await must(storage, "cat /srv/storage/backups/last-success");
  });

  it("beside", async () => {
    await restore("--target-database beside");
    assertSamePortrait(await look("beside"), original);
  });

  it("in place, under the running application", async () => {
    await must(database, "runuser -u postgres -- psql -XqAt -d app -c 'delete from shop.sorted'");
    await restore("--target-database app --overwrite app");
    assertSamePortrait(await look("app"), original);
  });

  it("on new machines, from the copy outside alone and the key that was kept", async () => {
    const stack = await localStack();
    const key = String((await stack.outputs()).backupKey?.value);
    // What the box's provider holds; the box itself goes with the stack.
    const outside = await must(
      storage,
      `${rclone} copy box:platform /srv/storage/outside && tar -C /srv/storage/outside -czf - . | base64 -w0`,
      300,
    );
    await stack.destroy({ color: "never" });
    await up(withBox);
    await must(
      storage,
      `mkdir /srv/storage/outside && base64 -d | tar -C /srv/storage/outside -xzf - && ${rclone} copy /srv/storage/outside box:platform`,
      300,
      outside,
    );
    const refused = await onMachine(
      storage,
      "platform-restore --from box --target-database app --overwrite app",
    );
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /there is no box backup, but one of another key/);

    await up(withBox, { backupKey: key });
    const said = await restore("--from box --target-database app --overwrite app");
    assert.match(said, new RegExp(`restored ${newest} into app`));
    assertSamePortrait(await look("app"), original);
    await must(storage, "platform-restore-objects --from box --target-bucket app --overwrite app", 600);
    await must(storage, "systemctl start platform-backup.service", 600);
  });
});
