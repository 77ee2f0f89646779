import { eachPlain, type InputProblem, plainProblem } from "../../machine/inputErrors";
import { pairAddresses } from "./addresses";
import { addressNameAllowed, areComplete, completeAllowed, isAddressName } from "./addressNames";
import type { EdgeMode } from "./settings";

/** What says which addresses a pair has. */
export interface AddressArgs {
  readonly mode?: EdgeMode;
  readonly ipv6?: boolean;
  readonly floatingIps?: string[];
}

/** What is wrong with the floating IPs that are brought along, as far as it can be known before they are looked up. */
export function broughtProblems({ mode, ipv6 = false, floatingIps }: AddressArgs): InputProblem[] {
  const count = { many: pairAddresses(mode).length, ipv6 };
  return [
    ...eachPlain("floatingIps", floatingIps, isAddressName, addressNameAllowed),
    ...plainProblem("floatingIps", floatingIps, (all) => areComplete(all, count), completeAllowed(count)),
  ];
}
