import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's default and the value that every client library expects. */
const iterations = 4096;

/**
 * What PostgreSQL stores instead of a password (RFC 5803). The database machine gets this and never the
 * password, and neither a log line nor a process list can show it. The salt comes from the password, so that
 * the same password gives the same text and a second run finds nothing to change; both are random and long.
 */
export function scramVerifier(role: string, password: string): string {
  const salt = createHash("sha256").update(`scram-salt\0${role}\0${password}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
