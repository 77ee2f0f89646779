import { Command, InvalidArgumentError } from "commander";
import { stopSignal } from "../toolchain/signals";
import { type Attempt, attempt, type Deployed, type Outcome } from "./deploy/attempt";
import { noticeText, tell } from "./deploy/notice";
import { originOf, originText } from "./deploy/origin";
import { openStack } from "./openStack";

const exitCodes: Readonly<Record<Outcome, number>> = {
  previewed: 0,
  done: 0,
  refused: 1,
  failed: 2,
  unwell: 3,
};

interface DeployOptions {
  readonly preview?: true;
  readonly policyPack: readonly string[];
  readonly wait: number;
  readonly path: string;
  readonly direct?: true;
  readonly siteWithin: number;
}

const command = new Command("npm run deploy --")
  .description(
    "Deploys a stack unattended: previews it with the policies, changes it, asks the site as a visitor, and tells how it ended.",
  )
  .argument("<stack>", "for example prod")
  .option("--preview", "show what would change, and change nothing")
  .option("--policy-pack <folders...>", "policies that must be kept: policy", [])
  .option("--wait <minutes>", "how long another run of the stack is waited for", readAmount, 15)
  .option("--path <path>", "what a visitor asks for afterwards", "/")
  .option("--direct", "visitors ask the virtual IP, wherever DNS leads: before the name is there")
  .option("--site-within <seconds>", "how soon the site must answer", readAmount, 120)
  .addHelpText(
    "after",
    `
DEPLOY_WEBHOOK, where set, is told how it ended: {"text": ...}, as Slack and Mattermost take it. In GitHub Actions the
summary of the job has the same words. The stack's history keeps who deployed which commit: pulumi stack history.
PLATFORM_DEPLOY_ANYWAY, with a reason, deploys outside of the stack's deployWindow; the history keeps the reason.
Ctrl-C and SIGTERM let the engine come to an orderly end.

Exit code: 0 done, 1 refused before anything was changed, 2 failed, perhaps in part, 3 changed, but the site does not
answer.

Examples:
  npm run deploy -- qa --preview
  npm run deploy -- prod --policy-pack policy --path /health`,
  )
  .action(deploy);

async function deploy(name: string, options: DeployOptions): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const origin = originOf();
  const began = Date.now();
  const ended = await deployed(name, options, originText(origin), say).catch(
    (error: unknown): Deployed => ({
      ...{ outcome: "refused", changes: {}, seconds: (Date.now() - began) / 1000 },
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
  process.exitCode = exitCodes[ended.outcome];
  const text = noticeText(name, origin, ended);
  (exitCodes[ended.outcome] === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  if (ended.outcome === "previewed") return;
  const { DEPLOY_WEBHOOK: webhook, GITHUB_STEP_SUMMARY: summary } = process.env;
  await tell(text, webhook || undefined, summary, say);
}

async function deployed(
  name: string,
  options: DeployOptions,
  message: string,
  say: Attempt["say"],
): Promise<Deployed> {
  const stack = await openStack(name);
  // Outside of the stack's window the preview is refused already.
  if (options.preview !== true) stack.workspace.envVars.PLATFORM_DEPLOY_WINDOW = "strict";
  return attempt({
    ...{
      stack,
      message,
      say,
      stopped: stopSignal((signal) => say(`${signal}: the engine comes to its end`)),
    },
    policyPacks: options.policyPack,
    waitMinutes: options.wait,
    previewOnly: options.preview === true,
    siteWithinSeconds: options.siteWithin,
    siteOf: ({ url, virtualIp }) => ({
      url: new URL(options.path, String(url)).href,
      ...(options.direct && { address: String(virtualIp) }),
    }),
  });
}

function readAmount(text: string): number {
  const amount = Number(text);
  if (!(amount >= 0)) throw new InvalidArgumentError("a number from 0 up");
  return amount;
}

void command.parseAsync();
