import { type CompleteSetup, completeSetup } from "../../setup/types";

const unitPath = "/etc/systemd/system/platform-floating-ip.service";

/**
 * Every floating IP on both load balancers, always: who gets the traffic is the API's routing alone, so a move
 * needs nothing to happen on the machines.
 */
export function floatingAddressSetup(floatingIps: readonly string[]): CompleteSetup {
  return completeSetup({
    packages: ["iproute2"],
    files: [{ path: unitPath, content: unitFile(floatingIps) }],
    units: [{ name: "platform-floating-ip.service", reads: [unitPath] }],
    checks: floatingIps.map((floatingIp, index) => ({
      name: `floating IP${index === 0 ? "" : ` ${index + 1}`} is configured`,
      command: `ip -o -4 address show dev lo to ${floatingIp} | grep -q . || { echo "${floatingIp} is not on lo"; false; }`,
      timeoutSeconds: 10,
    })),
  });
}

/** The label finds the address again when it has changed. */
function unitFile(floatingIps: readonly string[]): string {
  const added = floatingIps.map(
    (floatingIp) => `ExecStart=/usr/sbin/ip address replace ${floatingIp}/32 dev lo label lo:platform\n`,
  );
  return `[Unit]
Description=Floating IP on the loopback interface
After=network-pre.target
Before=haproxy.service nginx.service keepalived.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/usr/sbin/ip address flush dev lo label lo:platform
${added.join("")}ExecStop=-/usr/sbin/ip address flush dev lo label lo:platform

[Install]
WantedBy=multi-user.target
`;
}
