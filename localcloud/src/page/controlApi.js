// The control API as this page uses it; its contract is localcloud/src/contract/control.ts.
/** @import { CloudState, FaultRequest, NumberedRequest, RequestsAnswer } from "../contract/control" */

/** @returns {Promise<RequestsAnswer>} */
const getRequests = async () => (await call("GET", "/requests")).json();

/**
 * @param {FaultRequest} request
 * @returns {Promise<unknown>}
 * @throws with the server's own message
 */
export const postFault = async (request) => (await call("POST", "/faults", request)).json();

/**
 * @param {number} id
 * @throws with the server's own message
 */
export const endFault = async (id) => {
  await call("DELETE", `/faults/${id}`);
};

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  }).catch(() => {
    throw new Error("the local cloud does not answer");
  });
  if (!response.ok) throw new Error(await messageOf(response));
  return response;
}

/** @param {Response} response */
async function messageOf(response) {
  const text = await response.text();
  try {
    return String(JSON.parse(text).error.message);
  } catch {
    return text === "" ? `the local cloud answered ${response.status}` : text;
  }
}

/**
 * What the server pushes. A connection that is lost is opened again; each time it begins with the
 * whole state and the whole log, because the daemon may be another one.
 *
 * @param {object} listeners
 * @param {(state: CloudState) => void} listeners.onState
 * @param {(request: NumberedRequest) => void} listeners.onRequest
 * @param {(requests: readonly NumberedRequest[]) => void} listeners.onAllRequests
 * @param {() => void} listeners.onOpen
 * @param {() => void} listeners.onLost
 */
export function connect({ onState, onRequest, onAllRequests, onOpen, onLost }) {
  let failures = 0;
  const open = () => {
    const source = new EventSource("/events");
    let isLost = false;
    const lose = () => {
      if (isLost) return;
      isLost = true;
      source.close();
      const seconds = Math.min(5, 0.5 * 2 ** failures);
      failures += 1;
      onLost();
      setTimeout(open, seconds * 1000);
    };
    // The server sends it at once, and whenever it changed.
    source.addEventListener("state", ({ data }) => onState(JSON.parse(data)));
    source.addEventListener("request", ({ data }) => onRequest(JSON.parse(data)));
    source.addEventListener("error", lose);
    source.addEventListener("open", () => {
      getRequests().then(({ requests }) => {
        failures = 0;
        onAllRequests(requests);
        onOpen();
      }, lose);
    });
  };
  open();
}
