import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** The key of the copies outside, and the passwords of the object store. */
export function createSecrets(
  name: string,
  backupKey: pulumi.Input<string> | undefined,
  protect: boolean,
  parent: pulumi.Resource,
) {
  // Made in any case: it must not leave the stack with a setting.
  const ownKey = password(`${name}-backup-key`, parent, protect);
  return {
    backupKey: backupKey === undefined ? ownKey : pulumi.secret(backupKey),
    objectStore: {
      root: password(`${name}-objects-root`, parent),
      application: password(`${name}-objects-app`, parent),
    },
  };
}

function password(name: string, parent: pulumi.Resource, protect = false): pulumi.Output<string> {
  // Letters and digits only: they stand unquoted in URLs and configuration files.
  return pulumi.secret(
    new random.RandomPassword(name, { length: 40, special: false }, { parent, protect }).result,
  );
}
