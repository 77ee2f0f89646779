// What each account sees, as mounts in the namespace of the box's server. Pure: room.ts makes it so.
import type { StorageBoxSpec } from "../host/storageBoxes";
import { dataOwner } from "./fileSystem";
import { accountFolder, userId } from "./serverFiles";

/** Where the file system of the box is inside of its server. */
export const boxInside = "/box";

export interface AccountMount {
  readonly target: string;
  /** Arguments of `mount`, one list for each call. */
  readonly commands: readonly (readonly string[])[];
  /** Root and options by which /proc/PID/mountinfo shows that it is there. */
  readonly root: string;
  readonly readonly: boolean;
  /** Whose processes hold the old view when this one replaces it. */
  readonly userId: number;
}

const locked = "nosuid,nodev,noexec";

export function mountsOf(box: StorageBoxSpec): AccountMount[] {
  return box.accounts.flatMap(({ username, home, readonly }, index) => {
    const folder = accountFolder(username);
    const id = userId(username);
    const mode = readonly ? "ro" : "rw";
    const map = id === dataOwner ? "" : `,X-mount.idmap=b:${dataOwner}:${id}:1`;
    const data = home === "" ? "/data" : `/data/${home}`;
    const at = (target: string, root: string, commands: readonly (readonly string[])[], ro = false) => ({
      target: `${folder}/${target}`,
      commands,
      root,
      readonly: ro,
      userId: id,
    });
    const bind = (source: string, target: string, options: string) => [
      // Not resolved here but by the kernel, which follows no link in the box's file system.
      [
        "--no-canonicalize",
        "--bind",
        "-o",
        `${options}${map}`,
        `${boxInside}${source}`,
        `${folder}/${target}`,
      ],
      // An account may use its own links: its root is the end of the world.
      ["-o", `remount,bind,symfollow,${options}`, `${folder}/${target}`],
    ];
    const snapshots = index === 0 && box.snapshotsVisible;
    return [
      at("usr", "/usr", [["--bind", "-o", "ro", "/usr", `${folder}/usr`]], true),
      at("dev", "/", [["--bind", "/dev", `${folder}/dev`]]),
      at("tmp", "/", [["-t", "tmpfs", "-o", `${locked},mode=1777,size=16m`, "tmpfs", `${folder}/tmp`]]),
      at("home", data, bind(data, "home", `${mode},${locked}`), readonly),
      ...(snapshots
        ? [at(snapshotsTarget, "/snapshots", bind("/snapshots", snapshotsTarget, `ro,${locked}`), true)]
        : []),
    ];
  });
}

/** As ZFS shows them, which Hetzner's boxes are on. */
const snapshotsTarget = "home/.zfs/snapshot";

export interface MountChanges {
  /** Mount points to take away, with all below them; the deepest first. */
  readonly unmount: readonly string[];
  readonly mount: readonly AccountMount[];
  /** Users whose processes must not go on with what they had. */
  readonly end: ReadonlySet<number>;
}

/** From what is mounted, by /proc/PID/mountinfo, to what should be. */
export function mountChanges(wanted: readonly AccountMount[], mountinfo: string): MountChanges {
  const present = parseMountinfo(mountinfo).filter(({ target }) => target.startsWith("/accounts/"));
  const isAsWanted = (mount: AccountMount) =>
    present.some(
      ({ target, root, readonly }) =>
        target === mount.target && root === mount.root && readonly === mount.readonly,
    );
  const kept = new Set(wanted.filter(isAsWanted).map(({ target }) => target));
  const stale = [...new Set(present.map(({ target }) => target))].filter((target) => !kept.has(target));
  const below = (target: string) => stale.some((above) => target.startsWith(`${above}/`));
  const end = new Set<number>();
  for (const target of stale) {
    const username = target.split("/")[2] ?? "";
    if (target.endsWith("/home")) end.add(userId(username));
  }
  return {
    unmount: stale.sort((a, b) => b.length - a.length),
    mount: wanted.filter(({ target }) => !kept.has(target) || below(target)),
    end,
  };
}

interface PresentMount {
  readonly target: string;
  readonly root: string;
  readonly readonly: boolean;
}

function parseMountinfo(text: string): PresentMount[] {
  return text.split("\n").flatMap((line) => {
    const [, , , root, target, options] = line.split(" ");
    if (root === undefined || target === undefined || options === undefined) return [];
    return [
      { root: unescaped(root), target: unescaped(target), readonly: options.split(",").includes("ro") },
    ];
  });
}

/** The kernel writes a space as `\040`. */
const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
