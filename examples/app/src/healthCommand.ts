import { request } from "node:http";
import type { Environment } from "./config";

/**
 * Asks the process of this container whether it is alive: over its port, or over the socket of a worker,
 * which has no port. Answers the exit status for Docker's HEALTHCHECK.
 */
export function checkHealth(environment: Environment): Promise<number> {
  const target =
    environment.APP_MODE === "worker"
      ? { socketPath: environment.HEALTH_SOCKET || "/tmp/sample-app.sock" }
      : { host: "127.0.0.1", port: Number(environment.PORT || 8080) };
  return new Promise((resolve) => {
    const asked = request({ ...target, path: "/health", timeout: 3000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 0 : 1);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 3 s")));
    asked.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    asked.end();
  });
}
