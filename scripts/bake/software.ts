// What the machines of a role install, as their own set-up says it: an image may hold it before they exist.
import { createHash } from "node:crypto";
import { defaultImage } from "../../components/machine/context";
import type { Plan } from "../../components/plan/plan";

/** The part of a role's set-up that an image can hold. */
export interface RoleSoftware {
  readonly role: string;
  /** The set-up's script until its packages are there. It holds no secret. */
  readonly script: string;
  readonly packages: readonly string[];
  /** Units that the set-up itself enables, once they have something to read. */
  readonly units: readonly string[];
  /** References of container images, as the stack's file writes them. */
  readonly images: readonly string[];
}

/** Changes when the same packages and images are made into another image. */
const format = 1;

/**
 * What the machines of each role of the plan install.
 *
 * @param setups scripts by host name, with words in place of secrets: `renderSetups`
 * @throws when a machine has no script, or one without packages
 */
export function roleSoftware(plan: Plan, setups: ReadonlyMap<string, string>): RoleSoftware[] {
  return plan.roles.flatMap(({ name, parts }) => {
    const machine = plan.machines.find(({ role }) => role === name);
    if (machine === undefined) return [];
    const script = setups.get(machine.hostname);
    if (script === undefined) throw new Error(`the set-up of ${machine.hostname} was not rendered`);
    const images = [...new Set(parts.flatMap(({ image }) => image ?? []))].sort();
    return [{ role: name, images, ...packagePart(script) }];
  });
}

/** A set-up's script until its packages are there. @throws when it is no set-up's script */
export function packagePart(setup: string): Pick<RoleSoftware, "script" | "packages" | "units"> {
  const call = /^install_packages(?: '[^']+')+$/m.exec(setup);
  if (call === null) throw new Error("a set-up that installs no packages");
  const units =
    /^manifest_begin unit-names <<'END_OF_NAMES'\n([\s\S]*?)^END_OF_NAMES$/m.exec(setup)?.[1] ?? "";
  return {
    script: setup.slice(0, call.index + call[0].length),
    packages: [...call[0].matchAll(/'([^']+)'/g)].map(([, name = ""]) => name),
    units: units.split("\n").filter((name) => name !== ""),
  };
}

/** Names what an image of the software holds: the same for the same packages, images and files that packages read. */
export function contentHash({ script, images }: RoleSoftware): string {
  const early = script.slice(script.lastIndexOf("\nstage files\n"));
  const content = JSON.stringify([format, defaultImage, early, images]);
  return createHash("sha256").update(content).digest("hex").slice(0, 24);
}
