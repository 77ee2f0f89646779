// A full file system: a unit of the machine's own systemd holds all free space in a file without a name. With
// the unit the space is free again, also after a power cut, and nothing has to be found and deleted.
import { execa } from "execa";
import { refuse } from "../contract/errors";
import { mountPoints } from "../linux/mounts";
import { findInit } from "../machines/boot";
import { machineFolders } from "../machines/folders";
import { enterArguments } from "../machines/guest";
import type { LocalCloudSettings } from "../settings/cloud";
import type { Store } from "../state/store";
import type { FaultRecord } from "./record";
import type { FaultDriver, FaultOf } from "./registry";
import { runningServer } from "./targets";

const unitOf = (id: number) => `local-cloud-fault-${id}.service`;

/** Block devices of this kind are volumes and servers' disks: files of real size. */
const loopMajor = "7";

// Blocks are allocated, not written: the volume's file on the host stays as small as it is. The last few, smaller
// than any allocation, are written. Path and name come as arguments.
const fill = `cd -- "$1" || exit 3
name=.local-cloud-fault-$$
exec 3>"$name" && rm -f "$name" || exit 4
offset=0
step=$(($(stat -f -c '%f * %S' .)))
while [ "$step" -ge 4096 ]; do
  if fallocate -o "$offset" -l "$step" /proc/self/fd/3 2>/dev/null
  then offset=$((offset + step))
  else step=$((step / 2)); fi
done
head -c 16777216 /dev/zero >>/proc/self/fd/3 2>/dev/null
exec sleep infinity`;

// Tells whether one more block can be written; leaves nothing.
const probe = `name=$1/.local-cloud-probe-$$
head -c 65536 /dev/zero >"$name" 2>&1; result=$?
rm -f "$name"
exit "$result"`;

type Record = FaultRecord<FaultOf<"full-disk">>;

/** Runs a command in a machine; undefined when it does not run. */
type InGuest = (
  server: number,
  command: readonly string[],
) => Promise<{ readonly exitCode: number; readonly output: string } | undefined>;

export function fullDiskDriver(
  settings: LocalCloudSettings,
  store: Store,
): FaultDriver<FaultOf<"full-disk">> {
  const inGuest = guestOf(settings);
  const begin = (record: Record) => fillDisk(inGuest, record);
  return {
    async targets({ server: name, path }) {
      const { id } = runningServer(store, name);
      await requireLimitedDisk(settings, inGuest, id, path);
      return [id];
    },
    begin,
    // The unit runs on without the daemon.
    resume: async (record) => {
      const { output } =
        (await inGuest(record.servers[0] ?? 0, ["systemctl", "is-active", unitOf(record.id)])) ?? {};
      if (output === "inactive") await begin(record);
    },
    async end({ id, servers: [server = 0] }) {
      const stopped = await inGuest(server, ["systemctl", "stop", unitOf(id)]);
      // 5: no such unit, it has ended already.
      if (stopped === undefined || stopped.exitCode === 0 || stopped.exitCode === 5) return;
      throw new Error(`unit ${unitOf(id)} of server ${server} does not stop: ${stopped.output}`);
    },
  };
}

function guestOf(settings: LocalCloudSettings): InGuest {
  return async (server, command) => {
    const init = await findInit(settings, server);
    if (init === undefined) return undefined;
    const { exitCode, stdout, stderr } = await execa("nsenter", enterArguments(init, command), {
      reject: false,
      timeout: 30_000,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
      extendEnv: false,
    });
    return { exitCode, output: `${stdout ?? ""}${stderr ?? ""}`.trim() };
  };
}

/** Resolves when not one block is free any more. */
async function fillDisk(inGuest: InGuest, { id, fault, servers: [server = 0], ends }: Record): Promise<void> {
  const { path } = fault;
  const seconds = Math.max(1, Math.ceil((Date.parse(ends) - Date.now()) / 1000));
  const properties = [`RuntimeMaxSec=${seconds + 5}`, "KillSignal=SIGKILL", "OOMPolicy=continue"];
  const started = await inGuest(server, [
    ...["systemd-run", "--quiet", "--collect", "--expand-environment=no", `--unit=${unitOf(id)}`],
    `--description=a fault of the local cloud: full disk at ${path}`,
    ...properties.map((property) => `--property=${property}`),
    ...["sh", "-c", fill, "sh", path],
  ]);
  if (started?.exitCode !== 0) {
    throw new Error(`${path} of ${fault.server} cannot be filled: ${started?.output ?? "it does not run"}`);
  }
  for (let waited = 0; waited < 20_000; waited += 100) {
    if ((await inGuest(server, ["sh", "-c", probe, "sh", path]))?.exitCode !== 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} of ${fault.server} is not full after 20 s`);
}

/** @throws ControlError when filling the folder would fill a disk of the host */
async function requireLimitedDisk(
  settings: LocalCloudSettings,
  inGuest: InGuest,
  server: number,
  path: string,
): Promise<void> {
  const stat = (what: string) => inGuest(server, ["stat", "--format=%F,%Hd,%d", "--", what]);
  const [folder, root] = [await stat(path), await stat("/")];
  if (folder?.exitCode !== 0)
    throw refuse("fault.path", path, `is not there: ${folder?.output ?? "no machine"}`);
  const [kind, major, device] = folder.output.split(",");
  if (kind !== "directory") throw refuse("fault.path", path, `must be a folder, it is a ${kind}`);
  // The root is an overlay, whose upper layer lies on the server's disk where the host can limit it.
  const { layers } = machineFolders(settings, server);
  const limitedRoot = device === root?.output.split(",")[2] && (await mountPoints()).includes(layers);
  if (major === loopMajor || limitedRoot) return;
  throw refuse(
    "fault.path",
    path,
    "is on no disk of limited size: filling it would fill the host's own disk or memory; name a folder on a volume",
  );
}
