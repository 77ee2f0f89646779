// What can be broken from the page: which fields a fault has and which request they make. The server judges the
// values, so nothing is checked twice here.
/** @import { ApiFault, Fault } from "../contract/control" */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label with the unit
 * @property {"number" | "text" | "select" | "server"} type `server` offers the other servers
 * @property {string} value
 * @property {string} [step]
 * @property {string} [hint] shown while the field is empty
 * @property {readonly (readonly [value: string, label: string])[]} [options]
 * @property {readonly string[]} [only] effects of the API fault that have this field; all by default
 */

/** @typedef {Readonly<Record<string, string>>} Values */

/**
 * @typedef {object} FaultForm
 * @property {string} id
 * @property {string} label of its button
 * @property {string} explains
 * @property {readonly Field[]} fields none: the button is enough
 * @property {(server: string, values: Values) => Fault} fault
 */

/** Seconds that a fault lasts unless somebody says otherwise. */
export const usualSeconds = 60;

/** @type {readonly FaultForm[]} */
export const serverFaults = [
  {
    id: "power-off",
    label: "Power cut",
    explains: "pulls the plug; it is started again when this ends",
    fields: [],
    fault: (server) => ({ kind: "power-off", server }),
  },
  {
    id: "freeze",
    label: "Freeze",
    explains: "all its processes stop where they are",
    fields: [],
    fault: (server) => ({ kind: "freeze", server }),
  },
  ...[
    /** @type {const} */ ({ from: "internet", label: "Cut off from the internet" }),
    /** @type {const} */ ({ from: "private", label: "Cut off from private networks" }),
    /** @type {const} */ ({ from: "everything", label: "Cut off from everything" }),
  ].map(({ from, label }) => ({
    id: `partition-${from}`,
    label,
    explains: "packets vanish in both directions",
    fields: [],
    fault: (/** @type {string} */ server) => ({ kind: /** @type {const} */ ("partition"), server, from }),
  })),
  {
    id: "metadata-slow",
    label: "Slow metadata",
    explains: "the metadata service answers late",
    fields: [],
    fault: (server) => ({ kind: "metadata", server, how: "slow" }),
  },
  {
    id: "metadata-route",
    label: "Poison metadata route",
    explains: "a route of the guest leads the metadata service's address nowhere",
    fields: [],
    fault: (server) => ({ kind: "metadata", server, how: "poisoned-route" }),
  },
  {
    id: "network",
    label: "Bad network",
    explains: "loss and delay on one side",
    fields: [
      {
        name: "side",
        label: "Side",
        type: "select",
        value: "public",
        options: [
          ["public", "public"],
          ["private", "private"],
        ],
      },
      { name: "lossPercent", label: "Loss in %", type: "number", value: "10" },
      { name: "delayMs", label: "Delay in ms", type: "number", value: "100" },
      { name: "jitterMs", label: "Jitter in ms", type: "number", value: "20" },
    ],
    fault: (server, values) => ({
      kind: "network",
      server,
      side: values.side === "private" ? "private" : "public",
      lossPercent: Number(values.lossPercent),
      delayMs: Number(values.delayMs),
      jitterMs: Number(values.jitterMs),
    }),
  },
  {
    id: "partition-server",
    label: "Cut off from a server",
    explains: "these two do not reach each other",
    fields: [{ name: "other", label: "Other server", type: "server", value: "" }],
    fault: (server, values) => ({ kind: "partition", server, from: { server: values.other ?? "" } }),
  },
  {
    id: "full-disk",
    label: "Fill the disk",
    explains: "writes below the path fail for want of space",
    fields: [{ name: "path", label: "Path", type: "text", value: "/" }],
    fault: (server, values) => ({ kind: "full-disk", server, path: values.path ?? "" }),
  },
  {
    id: "clock-shift",
    label: "Shift the clock",
    explains: "forward, or back with a minus",
    fields: [{ name: "shift", label: "By seconds", type: "number", value: "300" }],
    fault: (server, values) => ({ kind: "clock-shift", server, seconds: Number(values.shift) }),
  },
];

/** @type {readonly (readonly [ApiFault["effect"], string])[]} */
const effects = [
  ["rate-limit", "429 rate limit exceeded"],
  ["unavailable", "503 unavailable"],
  ["server-error", "500 server error"],
  ["bad-gateway", "502 bad gateway, no JSON"],
  ["timeout", "504 timeout"],
  ["no-answer", "no answer at all"],
  ["dropped-connection", "connection dropped"],
  ["latency", "late answers"],
  ["no-capacity", "412 no capacity"],
  ["locked", "423 locked"],
  ["conflict", "409 conflict"],
  ["quota", "403 quota reached"],
  ["maintenance", "403 maintenance"],
  ["sold-out", "server type sold out"],
  ["stuck-action", "actions never end"],
  ["failed-action", "actions fail"],
];

/** @type {FaultForm} */
export const apiFault = {
  id: "api",
  label: "Break the API",
  explains: "requests or actions that match fail in this way",
  fields: [
    { name: "effect", label: "Effect", type: "select", value: "unavailable", options: effects },
    {
      name: "pattern",
      label: "Requests, or actions by command",
      type: "text",
      value: "",
      hint: "all, or POST /servers",
    },
    { name: "project", label: "Project", type: "text", value: "", hint: "all" },
    { name: "share", label: "Share, 0 to 1", type: "number", value: "1", step: "0.05" },
    { name: "count", label: "End after hits", type: "number", value: "", hint: "only by time" },
    { name: "delayMs", label: "Delay in ms", type: "number", value: "2000", only: ["latency"] },
    { name: "serverType", label: "Server type", type: "text", value: "cx23", only: ["sold-out"] },
  ],
  fault: (_server, values) => {
    const number = (/** @type {string} */ name) => (values[name] ? { [name]: Number(values[name]) } : {});
    const text = (/** @type {string} */ name) => (values[name] ? { [name]: values[name] } : {});
    const effect = /** @type {ApiFault["effect"]} */ (values.effect);
    return {
      kind: "api",
      effect,
      ...text("pattern"),
      ...text("project"),
      ...number("share"),
      ...number("count"),
      ...(effect === "latency" ? number("delayMs") : {}),
      ...(effect === "sold-out" ? text("serverType") : {}),
    };
  },
};

/** @type {FaultForm} */
export const hostFailure = {
  id: "host-failure",
  label: "Fail a host",
  explains: "all machines on one physical host lose power, at most one of a spread group",
  fields: [{ name: "host", label: "Host number", type: "number", value: "1" }],
  fault: (_server, values) => ({ kind: "host-failure", host: Number(values.host) }),
};

/**
 * Two or three words for the badge of a card.
 *
 * @param {Fault} fault
 */
export function badgeWords(fault) {
  switch (fault.kind) {
    case "power-off":
      return "power cut";
    case "freeze":
      return "frozen";
    case "partition":
      return typeof fault.from === "string" ? `cut off: ${fault.from}` : "cut off";
    case "network":
      return `bad ${fault.side} network`;
    case "full-disk":
      return "disk full";
    case "clock-shift":
      return "clock shifted";
    case "metadata":
      return "metadata broken";
    case "api":
      return `API: ${fault.effect}`;
    case "host-failure":
      return `host ${fault.host} failed`;
  }
}
