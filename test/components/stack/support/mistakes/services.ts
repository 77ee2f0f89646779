import { all, type Mistake, set, web } from "../changes";

/** Mistakes in the services of the application. */
export const serviceMistakes: readonly Mistake[] = [
  ["no service", set("app.services", {}), "app.services", /at least one service/],
  ["services missing", set("app", {}), "app.services", /got nothing/],
  ["workers only", set(web, undefined), "app.services", /only workers: worker/],
  ["service that is no label", set("app.services.Web_1", { image: "a:1" }), "app.services.Web_1", /RFC 1123/],
  [
    "service whose containers Docker could not name",
    set(`app.services.${"a".repeat(61)}`, { image: "a:1" }),
    `app.services.${"a".repeat(61)}`,
    /1 to 60/,
  ],
  ...["platform-ping", "platform-ready", "platform-any-web"].map(
    (name): Mistake => [
      `service ${name}, whose route would be the platform's own`,
      set(`app.services.${name}`, { image: "a:1", port: 80, pathPrefix: "/x" }),
      `app.services.${name}`,
      /without platform- at the beginning/,
    ],
  ),
  [
    "more services than a node has addresses for",
    set(
      "app.services",
      Object.fromEntries(
        Array.from({ length: 255 }, (_, i) => [
          `s${i}`,
          { image: "a:1", port: 80, pathPrefix: `/${i}`, memoryMb: 32 },
        ]),
      ),
    ),
    "app.services",
    /got 255 services, allowed at most 254/,
  ],
  ["no replica", set(`${web}.replicas`, 0), `${web}.replicas`, /got 0/],
  ["negative replicas", set(`${web}.replicas`, -1), `${web}.replicas`, /got -1/],
  ["image missing", set(`${web}.image`, undefined), `${web}.image`, /got nothing/],
  ["image without tag", set(`${web}.image`, "example/shop"), `${web}.image`, /append the version/],
  ["image latest", set(`${web}.image`, "example/shop:latest"), `${web}.image`, /other than latest/],
  ["registry port is no tag", set(`${web}.image`, "registry.example.com:5000/shop"), `${web}.image`, /tag/],
  ["image with two dots", set(`${web}.image`, "a..b/shop:1"), `${web}.image`, /a\.\.b/],
  ["image on a port that is none", set(`${web}.image`, "r.example:70000/shop:1"), `${web}.image`, /70000/],
  ["image with a name of 256", set(`${web}.image`, `${"a".repeat(256)}:1`), `${web}.image`, /append/],
  ["image in capitals", set(`${web}.image`, "Example/Shop:1"), `${web}.image`, /Example\/Shop/],
  ["port 0", set(`${web}.port`, 0), `${web}.port`, /from 1 to 65535/],
  ["port above all", set(`${web}.port`, 65_536), `${web}.port`, /from 1 to 65535/],
  [
    "port without prefix",
    set(`${web}.pathPrefix`, undefined),
    `${web}.pathPrefix`,
    /port and pathPrefix together/,
  ],
  ["prefix without port", set(`${web}.port`, undefined), `${web}.port`, /add port/],
  ["prefix without slash", set(`${web}.pathPrefix`, "shop"), `${web}.pathPrefix`, /begins with a slash/],
  ["prefix with a slash at the end", set(`${web}.pathPrefix`, "/shop/"), `${web}.pathPrefix`, /does not end/],
  [
    "same prefix twice",
    set("app.services.shop", { image: "example/shop:1", port: 80, pathPrefix: "/" }),
    "app.services.shop.pathPrefix",
    /app\.services\.web has this one/,
  ],
  ["prefix of the platform's own", set(`${web}.pathPrefix`, "/.platform"), `${web}.pathPrefix`, /for itself/],
  [
    "prefix that proxies resolve",
    set(`${web}.pathPrefix`, "/a/../b"),
    `${web}.pathPrefix`,
    /parts \. and \.\./,
  ],
  ["prefix of 256 characters", set(`${web}.pathPrefix`, `/${"a".repeat(255)}`), `${web}.pathPrefix`, /255/],
  [
    "health path of a worker",
    set("app.services.worker.healthPath", "/health"),
    "app.services.worker.healthPath",
    /got "\/health", allowed nothing for a worker.*remove healthPath, or add port/,
  ],
  [
    "host of a worker",
    set("app.services.worker.host", "a.example"),
    "app.services.worker.host",
    /for a worker/,
  ],
  ["host with a path", set(`${web}.host`, "a.example.com/x"), `${web}.host`, /without a path/],
  [
    "same prefix twice under one host",
    all(
      set(`${web}.host`, "a.example.com"),
      set("app.services.shop", { image: "example/shop:1", port: 80, pathPrefix: "/", host: "a.example.com" }),
    ),
    "app.services.shop.pathPrefix",
    /app\.services\.web has this one under host a\.example\.com/,
  ],
  [
    "service called __proto__, which JavaScript would lose",
    (values) => {
      const app = JSON.parse('{"services": {"__proto__": {"image": "a:1"}}}');
      Object.assign(app.services, (values.app as { services: object }).services);
      return { ...values, app };
    },
    "app.services.__proto__",
    /lost on its way through JavaScript; rename it/,
  ],
  [
    "variable called __proto__",
    set(`${web}.environment`, JSON.parse('{"__proto__": "1"}')),
    `${web}.environment.__proto__`,
    /rename it/,
  ],
  [
    "secret called secure, which Pulumi takes for an encrypted value",
    set("secrets", { secure: "one", mail: "two" }),
    "secrets.secure",
    /got a secret of this name, .*\{secure: \.\.\.\}.*; rename it/,
  ],
  [
    "secret called secure that is encrypted itself",
    set("secrets", { secure: { secure: "v1:a" } }),
    "secrets.secure",
    /rename it/,
  ],
  ["health path that is a URL", set(`${web}.healthPath`, "http://x/health"), `${web}.healthPath`, /slash/],
  ["memory that does not fit", set(`${web}.memoryMb`, 9000), "app.services", /18512 MB.*15360 MB/],
];
