import { defineRole } from "../../machine/roleDefinition";
import { edgeRole } from "./role";
import { edgeSecrets, edgeSettings } from "./settings";

/** The pair of load balancers in a platform. */
export const edgeDefinition = defineRole({ ...edgeSettings, secrets: edgeSecrets, role: edgeRole });
