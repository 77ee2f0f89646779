import { connect } from "node:net";

const timeoutMs = 1_000;

/**
 * Sends one command to a socket of HAProxy and reads until it closes.
 *
 * @throws when nobody listens, or nothing was answered within a second: a command that comes while the master
 * makes itself anew is lost
 */
export function ask(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    const parts: Buffer[] = [];
    connection.setTimeout(timeoutMs, () => {
      const message = `the proxy did not answer ${command} within ${timeoutMs / 1000} s`;
      connection.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
    });
    connection.on("error", reject);
    connection.on("data", (part) => parts.push(part));
    connection.on("close", () => resolve(Buffer.concat(parts).toString("utf8")));
    // A master keeps the connection for another command unless it sees the end of this side.
    connection.end(`${command}\n`);
  });
}
