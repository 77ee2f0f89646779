import type { IncomingMessage } from "node:http";
import { ApiError } from "./calls/errors";

const mostBytes = 1024 * 1024;

/**
 * The body of a request, whatever its content type: a JSON object, and `{}` when there is none (HC-T7).
 *
 * @throws ApiError `json_error` when it is something else, larger than 1 MB, or ends early
 */
export function readJsonBody(request: IncomingMessage): Promise<object> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on("data", (part: Buffer | string) => {
      const chunk = Buffer.from(part);
      bytes += chunk.length;
      // What comes after is read and thrown away: only then does the client hear why.
      if (bytes <= mostBytes) parts.push(chunk);
      else reject(unreadable(`it has more than ${mostBytes} bytes`));
    });
    request.on("end", () => {
      try {
        resolve(objectIn(Buffer.concat(parts).toString("utf8")));
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", (error) => reject(unreadable(error.message)));
    request.on("close", () => reject(unreadable("the connection ended before it did")));
  });
}

const unreadable = (why: string) => new ApiError("json_error", `request cannot be read: ${why}`);

function objectIn(text: string): object {
  if (text === "") return {};
  const body = parse(text);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw new ApiError("json_error", "invalid JSON in the request body: must be a JSON object");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError("json_error", `invalid JSON in the request body: ${(error as Error).message}`);
  }
}
