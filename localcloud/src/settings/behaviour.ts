import { type ApiSettings, timeScales } from "./api";

type Environment = Readonly<Record<string, string | undefined>>;

/** How the API of this cloud behaves, where it may behave in more than one way. */
export type Behaviour = Pick<
  Required<ApiSettings>,
  | "timeScale"
  | "requestsPerHour"
  | "soldOut"
  | "datacenterFields"
  | "datacenterEndpoint"
  | "assigneeTypeUnassigned"
  | "loadBalancerPrimaryIps"
  | "strictFloatingIpAssignment"
>;

/**
 * Behaviour from the environment, given when the daemon starts:
 *
 * - `LOCALCLOUD_TIME`: `instant` ends an action with its work, `hetzner` not before Hetzner is estimated to have
 *   done it, a number is a factor of that. Default `instant`
 * - `LOCALCLOUD_REQUESTS_PER_HOUR`: of each project. Default 3600, Hetzner's
 * - `LOCALCLOUD_SOLD_OUT`: server types that cannot be had, `cx23,cx33@fsn1`. Default none
 * - `LOCALCLOUD_API_DATE`: the API as it answers on that day (HC-S22). Default: as the pinned clients know it
 * - `LOCALCLOUD_STRICT_FLOATING_IPS`: `true` refuses to assign an address that another server has (HC-V2)
 *
 * @throws with the name of the variable, its value and what is allowed
 */
export function behaviourOf(env: Environment): Behaviour {
  const date = dateOf(env);
  const since = (day: string) => date !== undefined && date >= day;
  return {
    timeScale: timeScaleOf(env),
    requestsPerHour: requestsPerHourOf(env),
    soldOut: (env.LOCALCLOUD_SOLD_OUT ?? "").split(",").filter((type) => type !== ""),
    datacenterFields: !since("2026-07-01"),
    datacenterEndpoint: !since("2026-10-02"),
    assigneeTypeUnassigned: since("2026-08-01"),
    // The pinned clients take both.
    loadBalancerPrimaryIps: date === undefined || since("2026-10-05"),
    strictFloatingIpAssignment: flagOf(env, "LOCALCLOUD_STRICT_FLOATING_IPS"),
  };
}

function timeScaleOf(env: Environment): number {
  const text = env.LOCALCLOUD_TIME ?? "instant";
  const named = Object.entries(timeScales).find(([name]) => name === text);
  if (named !== undefined) return named[1];
  const factor = Number(text);
  if (text.trim() !== "" && factor >= 0 && factor <= 10) return factor;
  throw wrong("LOCALCLOUD_TIME", text, `${Object.keys(timeScales).join(", ")} or a factor from 0 to 10`);
}

function requestsPerHourOf(env: Environment): number {
  const text = env.LOCALCLOUD_REQUESTS_PER_HOUR ?? "3600";
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw wrong("LOCALCLOUD_REQUESTS_PER_HOUR", text, "a whole number from 1");
}

function dateOf(env: Environment): string | undefined {
  const text = env.LOCALCLOUD_API_DATE;
  if (text === undefined || text === "") return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw wrong("LOCALCLOUD_API_DATE", text, "a day such as 2026-10-02");
}

function flagOf(env: Environment, variable: string): boolean {
  const text = env[variable] ?? "false";
  if (text === "true" || text === "false") return text === "true";
  throw wrong(variable, text, "true or false");
}

const wrong = (variable: string, value: string, allowed: string) =>
  new Error(`${variable} must be ${allowed}, got ${JSON.stringify(value)}`);
