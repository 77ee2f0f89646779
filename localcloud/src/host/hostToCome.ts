import type { Health, Host } from "./contract";

type Asked<Name extends keyof Host> = Parameters<Host[Name]>;

/**
 * A host that is still being looked at, for an API that answers already: what is asked of it waits until it is there,
 * and fails when it never comes. What must be answered at once is answered as if there were nothing yet.
 */
export class HostToCome implements Host {
  #host: Host | undefined;

  constructor(private readonly coming: Promise<Host>) {
    this.#whenReady((host) => {
      this.#host = host;
    });
  }

  reconcileNetwork = async (...asked: Asked<"reconcileNetwork">) =>
    (await this.coming).reconcileNetwork(...asked);
  reconcileNames = async (...asked: Asked<"reconcileNames">) => (await this.coming).reconcileNames(...asked);
  createServer = async (...asked: Asked<"createServer">) => (await this.coming).createServer(...asked);
  rebuildServer = async (...asked: Asked<"rebuildServer">) => (await this.coming).rebuildServer(...asked);
  start = async (...asked: Asked<"start">) => (await this.coming).start(...asked);
  powerOff = async (...asked: Asked<"powerOff">) => (await this.coming).powerOff(...asked);
  requestShutdown = async (...asked: Asked<"requestShutdown">) =>
    (await this.coming).requestShutdown(...asked);
  requestReboot = async (...asked: Asked<"requestReboot">) => (await this.coming).requestReboot(...asked);
  setRootPassword = async (...asked: Asked<"setRootPassword">) =>
    (await this.coming).setRootPassword(...asked);
  removeServer = async (...asked: Asked<"removeServer">) => (await this.coming).removeServer(...asked);
  running = async (...asked: Asked<"running">) => (await this.coming).running(...asked);
  usage = async (...asked: Asked<"usage">) => (await this.coming).usage(...asked);
  createVolume = async (...asked: Asked<"createVolume">) => (await this.coming).createVolume(...asked);
  resizeVolume = async (...asked: Asked<"resizeVolume">) => (await this.coming).resizeVolume(...asked);
  removeVolume = async (...asked: Asked<"removeVolume">) => (await this.coming).removeVolume(...asked);
  attachVolume = async (...asked: Asked<"attachVolume">) => (await this.coming).attachVolume(...asked);
  detachVolume = async (...asked: Asked<"detachVolume">) => (await this.coming).detachVolume(...asked);
  createSnapshot = async (...asked: Asked<"createSnapshot">) => (await this.coming).createSnapshot(...asked);
  removeSnapshot = async (...asked: Asked<"removeSnapshot">) => (await this.coming).removeSnapshot(...asked);
  requireLoadBalancer = async (...asked: Asked<"requireLoadBalancer">) =>
    (await this.coming).requireLoadBalancer(...asked);
  issueCertificate = async (...asked: Asked<"issueCertificate">) =>
    (await this.coming).issueCertificate(...asked);
  settleStorageBox = async (...asked: Asked<"settleStorageBox">) =>
    (await this.coming).settleStorageBox(...asked);
  removeStorageBox = async (...asked: Asked<"removeStorageBox">) =>
    (await this.coming).removeStorageBox(...asked);
  createStorageBoxSnapshot = async (...asked: Asked<"createStorageBoxSnapshot">) =>
    (await this.coming).createStorageBoxSnapshot(...asked);
  removeStorageBoxSnapshot = async (...asked: Asked<"removeStorageBoxSnapshot">) =>
    (await this.coming).removeStorageBoxSnapshot(...asked);
  rollbackStorageBox = async (...asked: Asked<"rollbackStorageBox">) =>
    (await this.coming).rollbackStorageBox(...asked);
  storageBoxUsage = async (...asked: Asked<"storageBoxUsage">) =>
    (await this.coming).storageBoxUsage(...asked);
  storageBoxFolders = async (...asked: Asked<"storageBoxFolders">) =>
    (await this.coming).storageBoxFolders(...asked);
  removeEverything = async (...asked: Asked<"removeEverything">) =>
    (await this.coming).removeEverything(...asked);

  targetHealth(...question: Asked<"targetHealth">): Health {
    return this.#host?.targetHealth(...question) ?? "unknown";
  }

  traffic(loadBalancerId: number): ReturnType<Host["traffic"]> {
    return this.#host?.traffic(loadBalancerId) ?? [];
  }

  onExit(listener: Asked<"onExit">[0]): void {
    this.#whenReady((host) => host.onExit(listener));
  }

  onZoneTransfer(listener: Asked<"onZoneTransfer">[0]): void {
    this.#whenReady((host) => host.onZoneTransfer(listener));
  }

  /** Failures are told to those who wait. */
  #whenReady(work: (host: Host) => void): void {
    this.coming.then(work, () => undefined);
  }
}
