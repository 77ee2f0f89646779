import type { Subject } from "../subject";
import { addressSubjects } from "./addresses";
import { loadBalancerSubjects } from "./loadBalancers";
import { nameSubjects } from "./names";
import { networkSubjects } from "./networks";
import { serverSubjects } from "./servers";
import { storageSubjects } from "./storage";

/** One for each resource of the provider. */
export const subjects: readonly Subject[] = [
  ...serverSubjects,
  ...networkSubjects,
  ...addressSubjects,
  ...loadBalancerSubjects,
  ...nameSubjects,
  ...storageSubjects,
];
