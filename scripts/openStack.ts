import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { localStack, localStackName, projectRoot } from "./localStack";

/**
 * A stack that is there, by name; the local one with its own engine and backend, every other one as `pulumi` finds it.
 *
 * @throws when there is no such stack, or no login to its backend
 */
export function openStack(name: string): Promise<Stack> {
  return name === localStackName
    ? localStack()
    : LocalWorkspace.selectStack({ stackName: name, workDir: projectRoot });
}
