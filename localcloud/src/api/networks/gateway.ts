import { formatIpv4, range4 } from "../../addresses/ip";

/** The first address of the whole range is the gateway of every subnet (HC-S13). */
export const gatewayOf = (ipRange: string) => formatIpv4(range4(ipRange).first + 1);
