import { execFileSync } from "node:child_process";
import { hostname, userInfo } from "node:os";

/** Who deploys what. */
export interface Origin {
  /** Login of the person or the machine. */
  readonly who: string;
  /** Commit, or a tag. */
  readonly revision: string;
  /** Page of the run at the CI service. */
  readonly run?: string;
  /** Why it could not wait for the stack's window. @default - it had not to */
  readonly anyway?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * As CI services say it in the environment of their jobs; elsewhere the user and the checkout's commit.
 */
export function originOf(env: Environment = process.env): Origin {
  const { PLATFORM_DEPLOY_ANYWAY: anyway } = env;
  return { ...whoAndWhat(env), ...(anyway && { anyway }) };
}

/** GitHub Actions and GitLab are known. */
function whoAndWhat(env: Environment): Origin {
  if (env.GITHUB_ACTIONS === "true") {
    const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_REF_TYPE, GITHUB_REF_NAME } = env;
    const revision = GITHUB_REF_TYPE === "tag" ? GITHUB_REF_NAME : env.GITHUB_SHA;
    const run = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
    return { who: env.GITHUB_ACTOR ?? "unknown", revision: revision ?? "unknown", run };
  }
  if (env.GITLAB_CI === "true") {
    const revision = env.CI_COMMIT_TAG ?? env.CI_COMMIT_SHA ?? "unknown";
    return { who: env.GITLAB_USER_LOGIN ?? "unknown", revision, run: env.CI_JOB_URL };
  }
  return { who: `${userInfo().username}@${hostname()}`, revision: checkedOut() };
}

/** What the stack's history keeps of an update: `v1.4.2 by ada, https://...`. */
export function originText({ who, revision, run, anyway }: Origin): string {
  const short = /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 12) : revision;
  const parts = [`${short} by ${who}`, run, anyway && `anyway: ${anyway}`];
  return parts.filter((part) => part !== undefined && part !== "").join(", ");
}

function checkedOut(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "no commit";
  }
}
