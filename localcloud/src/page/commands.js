// Commands to copy. What the API's clients chose as names never comes into them unless it is plain.
/** @import { Thing } from "./state.js" */

const cli = "npm run localcloud --";

/**
 * A name which a shell takes as one plain word, else the id: the command line knows both.
 *
 * @param {{ name: string, id: number }} server
 */
const wordFor = ({ name, id }) => (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? name : String(id));

/**
 * @param {string} address IPv4, IPv6 or an IPv6 network
 */
const hostOf = (address) => {
  const [host = ""] = address.split("/", 1);
  return host.includes(":") ? `[${host.endsWith("::") ? `${host}1` : host}]` : host;
};

/**
 * @param {Thing} thing
 * @returns {{ does: string, command: string }[]}
 */
export function commandsFor(thing) {
  switch (thing.kind) {
    case "server": {
      const word = wordFor(thing.of);
      const ssh = { does: "SSH as root with your key", command: `${cli} ssh ${word}` };
      return [
        ...(thing.of.publicIpv4 === null ? [] : [ssh]),
        { does: "Shell without SSH", command: `${cli} exec ${word}` },
        { does: "Follow its journal", command: `${cli} logs --follow ${word}` },
      ];
    }
    case "floating_ip":
    case "primary_ip":
      return visit(thing.of.address);
    case "load_balancer":
      return thing.of.publicIpv4 === null ? [] : visit(thing.of.publicIpv4);
    default:
      return [];
  }
}

/** @param {string} address */
const visit = (address) =>
  /^[0-9a-fA-F.:/]+$/.test(address)
    ? [
        {
          does: "Visit it as a client outside",
          command: `${cli} internet -- curl -si http://${hostOf(address)}/`,
        },
      ]
    : [];
