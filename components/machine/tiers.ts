import type { MachinePlan, Plan } from "../plan/plan";
import { tierNeighbours } from "../plan/tiers";
import { tierSetup } from "../setup/tiers/identity";
import type { TierProgram } from "../setup/tiers/renewScript";
import type { MachineSetup } from "../setup/types";

/**
 * What a machine shows to those that it speaks with over mutual TLS, and whom it believes; empty where there are none.
 * Secret.
 *
 * @param seed of the platform's authorities
 * @param programs that show the machine's certificate
 * @throws when the flows ask for certificates and there is no seed
 */
export function machineTiers(
  machine: MachinePlan,
  plan: Plan,
  seed: string | undefined,
  programs: readonly TierProgram[],
): MachineSetup {
  const neighbours = tierNeighbours(plan, machine);
  if (neighbours === undefined) return {};
  if (seed === undefined) throw new Error("machines show each other certificates, and there is no authority");
  return tierSetup({ machine, ...neighbours, programs, seed });
}
