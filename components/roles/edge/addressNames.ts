import { text } from "../../settings/leaves";

/** Whether a text may be the name or the number of a floating IP. */
export function isAddressName(value: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/.test(value);
}

export const addressNameAllowed = "the name or the number of a floating IP of the project: visitors, 4711";

/** One entry of the setting. */
export const broughtAddress = text(isAddressName, {
  allowed: addressNameAllowed,
  remedy: "write it as the Cloud Console shows it, a number in quotes",
});

/** Whether they are as many as there are to be, each once. */
export function areComplete(floatingIps: readonly string[], many: number): boolean {
  return floatingIps.length === many && new Set(floatingIps).size === many;
}
