import type { MachineSetup } from "../../components/setup/types";
import { type Desired, reloading } from "./desired";

/** The desired state in this project's own words. */
export function setupOf({ packages, user, files, units }: Desired): MachineSetup {
  const readers = [
    ...new Set([...units, ...files.map(({ reader }) => reader).filter((name) => name !== "")]),
  ];
  const { name, id, home, shell } = user;
  return {
    packages,
    files: files.map(({ path, content, owner, group, mode, validate }) => ({
      ...{ path, content, owner, group, mode },
      ...(validate !== "" && { validate: validate.replace("%s", '"$1"') }),
    })),
    steps: [
      {
        name: `user ${name}`,
        unless: `[ "$(getent passwd ${name} | cut -d: -f3,6,7)" = ${id}:${home}:${shell} ]`,
        run: `getent group ${name} >/dev/null || groupadd --system --gid ${id} ${name}
useradd --system --uid ${id} --gid ${name} --home-dir ${home} --create-home --shell ${shell} ${name}`,
      },
    ],
    units: readers.map((unit) => ({
      name: unit,
      reads: files.filter(({ reader }) => reader === unit).map(({ path }) => path),
      onChange: reloading.includes(unit) ? "reload" : "restart",
    })),
  };
}
