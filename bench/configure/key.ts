import { randomBytes } from "node:crypto";
import { type DeployKey, deployKey } from "../../components/machine/deployKey";

/** A key that this run alone knows. */
export function freshDeployKey(): DeployKey {
  return deployKey(randomBytes(32).toString("base64"), "bench");
}
