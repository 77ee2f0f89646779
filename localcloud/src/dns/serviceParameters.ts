// Parameters of SVCB and HTTPS records (RFC 9460): `alpn="h2,h3" port=443 ipv4hint=192.0.2.1`.
import ipaddr from "ipaddr.js";
import { isQuoted, octetsOf, quote } from "./masterFile";
import { RecordDataError } from "./recordDataError";

type Check = (value: string) => boolean;

const list = (each: Check) => (value: string) => value.split(",").every(each);
const isBase64 = (value: string) =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value);
const isKey = (key: string) => Object.hasOwn(knownParameters, key) || /^key(0|[1-9][0-9]{0,4})$/.test(key);

const knownParameters: Readonly<Record<string, Check>> = {
  mandatory: list((key) => key !== "mandatory" && isKey(key)),
  alpn: list((id) => /^[\x21-\x2b\x2d-\x7e]{1,255}$/.test(id)),
  "no-default-alpn": (value) => value === "",
  port: (value) => /^[0-9]{1,5}$/.test(value) && Number(value) <= 65_535,
  ipv4hint: list((address) => ipaddr.IPv4.isValidFourPartDecimal(address)),
  ech: (value) => value !== "" && isBase64(value),
  ipv6hint: list((address) => ipaddr.IPv6.isValid(address) && !address.includes("%")),
  dohpath: (value) => value.startsWith("/") && value.includes("{?dns}"),
};

/** @throws RecordDataError when a key is unknown or appears twice, or a value is not of its key */
export function serviceParameters(words: readonly string[]): readonly string[] {
  const keys = new Set<string>();
  let mandatory: readonly string[] = [];
  const written = words.map((word) => {
    const at = word.indexOf("=");
    const key = at < 0 ? word : word.slice(0, at);
    const value = octetsOfValue(at < 0 ? "" : word.slice(at + 1), word);
    if (!isKey(key)) throw new RecordDataError(`parameter '${key}' is not known`);
    if (keys.has(key)) throw new RecordDataError(`parameter '${key}' appears twice`);
    keys.add(key);
    const check = Object.hasOwn(knownParameters, key) ? knownParameters[key] : undefined;
    if (check !== undefined && !check(value.toString("latin1"))) {
      throw new RecordDataError(`parameter '${key}' has a wrong value: ${word.slice(at + 1)}`);
    }
    if (key === "mandatory") mandatory = value.toString("latin1").split(",");
    return value.length === 0 ? key : `${key}=${quote(value)}`;
  });
  const missing = mandatory.find((key) => !keys.has(key));
  if (missing !== undefined) throw new RecordDataError(`mandatory parameter '${missing}' is missing`);
  return written;
}

function octetsOfValue(text: string, word: string): Buffer {
  const octets = text.includes('"') && !isQuoted(text) ? null : octetsOf(text);
  if (octets === null) throw new RecordDataError(`parameter ${word} is not valid`);
  return octets;
}
