import { ensureTool } from "../../../toolchain/build";
import type { Progress } from "../../../toolchain/cacheDir";
import type { AcmeAnswer } from "../contract/control";
import { askControl } from "../control/socket";
import { type LocalCloudSettings, localCloudSettings } from "../settings/cloud";

/**
 * An ACME server in the cloud that is up, begun when none runs.
 *
 * @param program Pebble. @default - built from its sources, which only a checkout can
 * @throws when it does not answer, and when no cloud is up
 */
export async function ensureAcmeServer(
  progress: Progress = () => {},
  program?: string,
  settings: LocalCloudSettings = localCloudSettings(),
): Promise<AcmeAnswer> {
  const asked = { program: program ?? (await ensureTool("pebble", progress)) };
  const { acme } = await askControl<{ acme: AcmeAnswer }>(settings, "POST", "/acme", asked);
  return acme;
}
