/** One piece of software on a machine: all that the platform must know of it, as a plain value. */
export interface Part {
  /** `postgresql`. */
  readonly name: string;
  /** How people call it, as `describe` prints it: `PostgreSQL running as primary database (app)`. */
  readonly title: string;
  /** @default - nothing listens */
  readonly listens?: readonly Listener[];
  /** What others may need: `postgresql`. One role offers a thing at most. @default - nothing */
  readonly offers?: readonly string[];
  /** It takes the place of whoever offers the same. @default - of nobody */
  readonly standsBefore?: Standing;
  /** What of others it cannot work without: they start before it. @default - nothing */
  readonly needs?: readonly Need[];
  /** It runs in Docker: image by tag, `traefik:v3.6`. @default - as a unit of the machine */
  readonly image?: string;
  /** Its share of the machine's memory in MiB. @default - part of what the system takes */
  readonly memoryMb?: number;
  /** Further facts for people, a line each. @default - none */
  readonly notes?: readonly string[];
  /** What of it must be backed up, as nothing can make it again: `objects`. @default - nothing */
  readonly backup?: string;
  /** What it keeps copies of. @default - nothing */
  readonly backsUp?: Copies;
  /** Kind of work: with `strictRoles` a machine does one. @default - the name of its role */
  readonly layer?: string;
  /** No component builds it yet: it is planned, described and priced, and `up` refuses it. @default false */
  readonly comesLater?: boolean;
  /** For software of the operator's, which `describe` shows apart. @default - the platform's own */
  readonly service?: Service;
}

/** A service that the operator brings. */
export interface Service {
  readonly image: string;
  readonly replicas: number;
  /** Undefined for a worker, which nobody can reach. */
  readonly port: number | undefined;
  readonly pathPrefix: string | undefined;
  /** Host name that visitors must use for it. @default - any */
  readonly host?: string | undefined;
  /** Its visitors go to the replica where they were before. @default false */
  readonly sticky?: boolean;
  /** Seconds that its answer may take to begin. @default 30 */
  readonly timeoutSeconds?: number | undefined;
  /** Stores whose credentials it gets. */
  readonly uses: readonly string[];
  /** Variables that hold its secrets. */
  readonly secrets: readonly string[];
}

/** Copies of what other parts keep. */
export interface Copies {
  /** Whose data they are, by what is offered with it: `database`. */
  readonly offers: readonly string[];
  /** They are kept outside of the platform's servers and volumes too. */
  readonly outside: boolean;
}

/** A place between those who need something and those who offer it. */
export interface Standing {
  /** What both offer: `site`. */
  readonly offer: string;
  /** What the others offer instead, to this part: `application`. */
  readonly behindIt: string;
}

/** Something that another part offers. */
export interface Need {
  /** `postgresql`. */
  readonly offer: string;
  /** Why, in the table of flows. @default - the listener's own purpose */
  readonly purpose?: string;
}

/** Where a part listens, and for whom. */
export interface Listener {
  readonly protocol: Protocol;
  /** Absent for protocols without ports. */
  readonly port?: number;
  readonly from: readonly Sender[];
  /** Both sides show a certificate of the platform's own authorities; nothing else is answered. @default - plain text, or TLS of its own */
  readonly tls?: "mutual";
  /** In the words of the table of flows: `sessions, cache and jobs`. */
  readonly purpose: string;
}

export type Protocol = "tcp" | "udp" | "icmp" | "vrrp";

/**
 * Who may reach a listener: everybody (`internet`), the administrators' ranges (`admin`), every machine of the
 * platform (`any`), the roles that need what the part offers (`needers`), one role by its name, or a range: `203.0.113.0/24`.
 */
export type Sender = "internet" | "admin" | "any" | "needers" | (string & {});

/** Words that no role can have as its name. */
export const reservedSenders = ["internet", "admin", "any", "needers"] as const;
