import { apiFaults } from "./apiFaults";
import type { FailoverFault } from "./fault";
import { networkFaults } from "./networkFaults";
import { processFaults } from "./processFaults";

/** In the order of the table. */
export const failoverFaults: readonly FailoverFault[] = [...processFaults, ...networkFaults, ...apiFaults];

/** @param names separated by commas @throws with the names that there are when one is unknown */
export function chooseFaults(names: string | undefined): readonly FailoverFault[] {
  const wanted = (names ?? "").split(",").filter((name) => name !== "");
  const known = failoverFaults.map(({ name }) => name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no fault ${unknown.join(", ")}; there are ${known.join(", ")}`);
  return failoverFaults.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}
