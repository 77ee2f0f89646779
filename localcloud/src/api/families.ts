// All of the API but the catalogue: its routes, and the works that they begin.
import type { AnyWork } from "../actions/work";
import { floatingIpRoutes, floatingIpWorks } from "./addresses/floatingIps";
import { primaryIpRoutes, primaryIpWorks } from "./addresses/primaryIps";
import { changeDnsPtr } from "./addresses/reverseDns";
import { globalActionRoutes } from "./calls/actionRoutes";
import type { Route } from "./calls/call";
import { catalogueRoutes } from "./catalogue/catalogueRoutes";
import { certificateRoutes, certificateWorks } from "./certificates/certificates";
import { firewallActionRoutes, firewallWorks } from "./firewalls/firewallActions";
import { firewallRoutes } from "./firewalls/firewalls";
import { imageRoutes, imageWorks } from "./images/images";
import { loadBalancerRoutes, loadBalancerWorks } from "./loadBalancers/loadBalancers";
import { networkActionRoutes, networkWorks } from "./networks/networkActions";
import { networkRoutes } from "./networks/networks";
import { placementGroupRoutes } from "./placement/placementGroups";
import { serverActionRoutes, serverActionWorks } from "./servers/actions";
import { serverImageRoutes, serverImageWorks } from "./servers/serverImages";
import { serverNetworkRoutes, serverNetworkWorks } from "./servers/serverNetworks";
import { serverPowerRoutes, serverPowerWorks } from "./servers/serverPower";
import { serverRoutes, serverWorks } from "./servers/servers";
import { sshKeyRoutes } from "./sshKeys/sshKeys";
import { storageBoxRoutes, storageBoxWorks } from "./storageBoxes";
import { volumeActionRoutes, volumeWorks } from "./volumes/volumeActions";
import { volumeRoutes } from "./volumes/volumes";
import { zoneRoutes, zoneWorks } from "./zones";

export const familyRoutes: readonly Route[] = [
  ...globalActionRoutes,
  ...sshKeyRoutes,
  ...placementGroupRoutes,
  ...networkRoutes,
  ...networkActionRoutes,
  ...firewallRoutes,
  ...firewallActionRoutes,
  ...floatingIpRoutes,
  ...primaryIpRoutes,
  ...volumeRoutes,
  ...volumeActionRoutes,
  ...imageRoutes,
  ...serverRoutes,
  ...serverPowerRoutes,
  ...serverNetworkRoutes,
  ...serverImageRoutes,
  ...storageBoxRoutes,
  ...zoneRoutes,
  ...serverActionRoutes,
  ...certificateRoutes,
  ...loadBalancerRoutes,
];

export const works: readonly AnyWork[] = [
  changeDnsPtr,
  ...networkWorks,
  ...firewallWorks,
  ...floatingIpWorks,
  ...primaryIpWorks,
  ...volumeWorks,
  ...imageWorks,
  ...serverWorks,
  ...serverPowerWorks,
  ...serverNetworkWorks,
  ...serverImageWorks,
  ...storageBoxWorks,
  ...zoneWorks,
  ...serverActionWorks,
  ...certificateWorks,
  ...loadBalancerWorks,
];

/** Every route of the API. */
export const routes: readonly Route[] = [...catalogueRoutes, ...familyRoutes];
